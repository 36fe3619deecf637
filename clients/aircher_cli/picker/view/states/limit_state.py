"""The state of a model that one of the user's limits keeps from being asked."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aircher_cli.picker.view.limits import (
    costs_nothing,
    is_full,
    is_in_usd,
    is_leased,
    prices_known,
)
from aircher_cli.picker.view.sane_values import amount, moment
from aircher_cli.picker.view.states.table import (
    LEASED,
    NO_PRICE,
    NOTHING_ALLOWED,
    REFUSES,
    REFUSES_AWAY,
    USED_UP,
    State,
    StateText,
)
from aircher_cli.picker.view.wrapping import clean
from aircher_cli.values import Map, as_map, text

Names = frozenset[tuple[str, str]]


class Prices(NamedTuple):
    """The models that cost nothing, and those whose price is unknown: `(provider, model)` each.

    A provider all of whose models are so is in it too, with an empty name.
    """

    free: Names
    unknown: Names


NO_PRICES = Prices(frozenset(), frozenset())
"""What matters of prices where no limit counts costs."""


class PriceReader:
    """Reads the prices of a list once: it has thousands of models, and rarely changes."""

    def __init__(self) -> None:
        self._latest: tuple[Sequence[Map], Prices] | None = None

    def read(self, models: Sequence[Map]) -> Prices:
        """Return which models of the list are free, and which have no price."""
        if self._latest is None or self._latest[0] is not models:
            self._latest = models, _read(models)
        return self._latest[1]


def _read(models: Iterable[Map]) -> Prices:
    found: tuple[set[tuple[str, str]], ...] = (set(), set(), set())  # free, unknown, priced
    for row in models:
        prices = as_map(row.get("prices"))
        at = 0 if costs_nothing(prices) else 2 if prices_known(prices) else 1
        found[at].add((text(row.get("provider")), text(row.get("model"))))
    providers = [{provider for provider, _ in names} for names in found]
    free, unknown, _ = found
    return Prices(
        frozenset(free | {(each, "") for each in providers[0] - providers[1] - providers[2]}),
        frozenset(unknown | {(each, "") for each in providers[1] - providers[0] - providers[2]}),
    )


def explain_limits(limits: Iterable[Map], name: str, *, has_price: bool) -> State | None:
    """Return why limits keep a model from being asked, the most lasting reason first; or None.

    Args:
        limits: Those that count its requests.
        name: What is asked: `provider/model`.
        has_price: Whether the price of the model is known.
    """
    found = [(_text_of(each, has_price=has_price), each) for each in limits]
    refusing = [(row, each) for row, each in found if row is not None]
    if not refusing:
        return None
    row, limit = max(refusing, key=lambda pair: (_ORDER.index(pair[0]), _resets_at(pair[1])))
    return State(
        row.mark,
        clean(row.why.format(limit=text(limit.get("limit")))),
        row.action,
        row.advice.format(name=name),
        moment(limit.get("resets_at")) if row is USED_UP else None,
    )


_ORDER = (LEASED, USED_UP, REFUSES_AWAY, REFUSES, NO_PRICE, NOTHING_ALLOWED)
"""The last one is shown first: waiting does not help."""


def _text_of(limit: Map, *, has_price: bool) -> StateText | None:
    """Return the row of the table, None if the limit lets a request through."""
    if amount(limit.get("max")) == 0:
        return NOTHING_ALLOWED
    if is_in_usd(limit) and not has_price:
        return NO_PRICE
    if limit.get("refuses") is True:
        return REFUSES_AWAY if limit.get("shared") is True else REFUSES
    if is_leased(limit):
        return LEASED
    return USED_UP if is_full(limit) else None


def _resets_at(limit: Map) -> float:
    return moment(limit.get("resets_at")) or 0.0
