"""The lines of the list, as data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from aircher_cli.render.marks import Mark


@dataclass(frozen=True)
class Row:
    """One line of the list: an alias or a model of a provider.

    Attributes:
        name: What `-m` takes: the alias, or `provider/model`. No two rows have the same.
        kind: Which of the two.
        provider: The provider; of an alias the one that would answer now, or else the first.
        model: The model's name at the provider; of an alias that of the same route.
        title: The model's display name, if it has one.
        mark: Its state.
        window: In tokens, None if unknown.
        price: "$3/$15" per million tokens of input and output, "free", or "?".
        abilities: Words such as "tools" and "images".
        left: What is left of budgets and rate limits, such as "82%"; empty if nothing limits it. Of
            a row that answers later, when: "in 45 min".
        chain: The names that would be tried, in order; for a model without a fallback only itself.
        is_default: Whether a request without a model uses it.
        is_favourite: Whether the user marked it.
        is_folded: Whether it is shown only with "all models" or a filter that names it.
        latency: Seconds to the first output, as measured in the last hour, None if not measured.
        released: "2025-09-29" or "2025-09", empty if unknown.
        chats: Whether it can be chosen; not for example a model for embeddings.
        matched: The characters of `name` that the filter matched.
        label: Of the only key that the route of an alias may use; empty for any.
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
    chats: bool = True
    matched: tuple[int, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Group:
    """Rows under one heading; `folded` is the number of rows that are left out of `rows`.

    `key` is "favourites", "recent", "aliases", "matches", "unavailable" or the provider's name,
    which is in `provider` too. `why` says why the provider cannot answer, and is empty if it can.
    """

    title: str
    rows: tuple[Row, ...]
    mark: Mark | None = None
    folded: int = 0
    key: str = ""
    provider: str = ""
    why: str = ""


def all_rows(groups: Sequence[Group]) -> list[Row]:
    """Return the rows of all groups in their order."""
    return [row for group in groups for row in group.rows]
