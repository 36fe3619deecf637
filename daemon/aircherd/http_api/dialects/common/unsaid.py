"""Collects what a request asks for that our vocabulary has no word for."""

from typing import Final

MAX_SHOWN: Final = 3
MAX_KEPT: Final = 16
"""Names that are kept, each once. A body can have hundreds of thousands; more are counted."""
MAX_LENGTH: Final = 200
"""Characters of a name, which may hold words of the client's."""


class Unsaid:
    """The names of such fields, for people."""

    __slots__ = ("_further", "names")

    def __init__(self) -> None:
        self.names: list[str] = []
        self._further = 0

    def add(self, name: str) -> None:
        """Note a field."""
        name = _shown(name)
        if name in self.names:
            return
        if len(self.names) < MAX_KEPT:
            self.names.append(name)
        else:
            self._further += 1

    def __str__(self) -> str:
        shown = ", ".join(self.names[:MAX_SHOWN])
        further = len(self.names) - MAX_SHOWN + self._further
        return f"{shown} and {further} more" if further > 0 else shown

    def text(self) -> str | None:
        """Return all of it in one line, None if there is nothing."""
        return str(self) if self.names else None


def _shown(name: str) -> str:
    """Return a name on one line, without control characters, and not too long."""
    if len(name) > MAX_LENGTH:
        name = f"{name[:MAX_LENGTH]}..."
    if name.isprintable():
        return name
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name)
