"""One name for a tool in a namespace: pure.

Only OpenAI has namespaces. Elsewhere a tool of one gets a name made of both, and a call of it has
the two again for the client.
"""

import hashlib
import re
from typing import Final, Literal, NamedTuple

SEARCH: Final = "tool_search"
"""The name of a client's search for more tools, and the beginning of its items' types."""

_MAX: Final = 64
"""Characters that every API takes in a tool's name."""
_OTHER: Final = re.compile(r"[^A-Za-z0-9_-]")


Form = Literal["function", "custom", "search"]
"""What a tool is to its client: a function, one that takes any text, a search for more tools."""


class Called(NamedTuple):
    """A tool as the client knows it."""

    name: str
    namespace: str | None = None
    form: Form = "function"


class Names:
    """The tools of a request whose name or form is another for the model."""

    __slots__ = ("_flat", "called")

    def __init__(self) -> None:
        self.called: dict[str, Called] = {}
        """The model's name -> the tool."""
        self._flat: dict[tuple[str | None, str], str] = {}

    def add(self, called: Called) -> str:
        """Return the model's name of a tool."""
        flat = flat_name(called.namespace, called.name)
        if called.namespace is not None or called.form != "function":
            self.called[flat] = called
            self._flat[called.namespace, called.name] = flat
        return flat

    def of(self, namespace: str | None, name: str) -> str:
        """Return the model's name of a tool that was called, which may be gone."""
        return self._flat.get((namespace, name)) or flat_name(namespace, name)


def flat_name(namespace: str | None, name: str) -> str:
    """Return one name for a tool. The same tool has always the same."""
    if not namespace:
        return name
    joint = "" if namespace.endswith("_") else "__"
    flat = _OTHER.sub("_", f"{namespace}{joint}{name}")
    if len(flat) <= _MAX:
        return flat
    digest = hashlib.sha256(f"{namespace}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{flat[: _MAX - 9]}_{digest[:8]}"
