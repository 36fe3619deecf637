"""The order of rows in a group."""

from collections.abc import Callable
from typing import Literal, get_args

from aircher_cli.picker.view.listing.model_facts import Facts

Sort = Literal["best", "price", "window", "speed"]
"""`best` is the order of `model_facts.FactReader`: newest first in each provider."""

SORTS: tuple[Sort, ...] = get_args(Sort)

SortKey = tuple[object, ...]


def sort_facts(facts: list[Facts], sort: str) -> list[Facts]:
    """Return the rows in an order; those without the value come last, equal ones as they were."""
    key = _KEYS.get(sort)
    return sorted(facts, key=key) if key else facts


def next_sort(sort: str) -> Sort:
    """Return the order after this one, for a key that steps through them."""
    at = SORTS.index(sort) if sort in SORTS else -1
    return SORTS[(at + 1) % len(SORTS)]


def _by_price(facts: Facts) -> tuple[bool, tuple[float, ...]]:
    return not facts.price_key, facts.price_key


def _by_window(facts: Facts) -> tuple[bool, float]:
    return facts.window is None, -(facts.window or 0)


def _by_speed(facts: Facts) -> tuple[bool, float]:
    return facts.latency is None, facts.latency or 0.0


_KEYS: dict[str, Callable[[Facts], tuple[bool, tuple[float, ...]] | tuple[bool, float]]] = {
    "price": _by_price,
    "window": _by_window,
    "speed": _by_speed,
}
