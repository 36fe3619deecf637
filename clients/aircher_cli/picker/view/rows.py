"""The rows of the list and their groups."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal


class Mark(Enum):
    """The state of a row: a symbol, a word, and a style, so that colour is never alone."""

    READY = ("✓", "ready", "good")
    UNCHECKED = ("?", "not checked", "")
    LOCAL = ("⌂", "local", "good")
    STOPPED = ("⌂", "not running", "dim")
    LIMITED = ("⚠", "limited", "warn")
    COOLING = ("⚠", "cooling", "warn")
    LOCKED = ("⚠", "locked", "warn")
    REJECTED = ("✗", "refused", "bad")
    INVALID = ("✗", "invalid entry", "bad")
    NOT_CONFIGURED = ("○", "not signed in", "dim")

    @property
    def symbol(self) -> str:
        """One character."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The state in one or two words."""
        return self.value[1]

    @property
    def style(self) -> str:
        """A style of `console.STYLES`, or an empty string."""
        return self.value[2]


@dataclass(frozen=True)
class Row:
    """One line of the list: an alias or a model of a provider.

    Attributes:
        name: What `-m` takes: the alias, or `provider/model`.
        kind: Which of the two.
        provider: The provider; of an alias the one that would answer now, or else the first.
        model: The model's name at the provider; of an alias that of the same route.
        title: The model's display name, if it has one.
        mark: Its state.
        window: In tokens, None if unknown.
        price: "$3/$15" per million tokens of input and output, "free", or "?".
        abilities: Words such as "tools" and "images".
        left: What is left of budgets and rate limits, such as "82%"; empty if nothing limits it.
        chain: The names that would be tried, in order; for a model without a fallback only itself.
        is_default: Whether a request without a model uses it.
        is_favourite: Whether the user marked it.
        is_folded: Whether it is shown only with "all models" or a filter that names it.
        latency: Seconds to the first output, as measured in the last hour, None if not measured.
        released: "2025-09-29" or "2025-09", empty if unknown.
    """

    name: str
    kind: Literal["alias", "model"]
    provider: str
    model: str
    mark: Mark
    title: str = ""
    window: int | None = None
    price: str = "?"
    price_key: tuple[float, ...] = ()
    abilities: tuple[str, ...] = ()
    left: str = ""
    chain: tuple[str, ...] = field(default=())
    is_default: bool = False
    is_favourite: bool = False
    is_folded: bool = False
    latency: float | None = None
    released: str = ""


@dataclass(frozen=True)
class Group:
    """Rows under one heading; `folded` is the number of rows that are left out of `rows`."""

    title: str
    rows: tuple[Row, ...]
    mark: Mark | None = None
    folded: int = 0
