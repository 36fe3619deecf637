"""The order of a chain's routes: the strategies."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from aircherd.config.model import Config, Route, Strategy
from aircherd.routing.state import RoutingState

_UNKNOWN_PRICE = Decimal("Infinity")
_UNMEASURED = -1.0

SortKey = Callable[[Route, Config, RoutingState], Any]
"""Returns the value to sort a route by."""


def _by_price(route: Route, config: Config, state: RoutingState) -> Decimal:
    provider = config.providers.get(route.provider)
    if provider is None:
        return _UNKNOWN_PRICE  # refused
    price = state.price(route.provider, state.models.find(provider, route.model))
    return _UNKNOWN_PRICE if price is None else price  # unknown is not cheap


def _by_latency(route: Route, _config: Config, state: RoutingState) -> float:
    # A route without a recent measurement goes first, or it would never be measured.
    latency = state.latency_of(route.provider, route.model)
    return _UNMEASURED if latency is None else latency


SORT_KEYS: dict[Strategy, SortKey | None] = {
    "priority": None,
    "cheapest": _by_price,
    "fastest": _by_latency,
}
"""What each strategy sorts by; None keeps the order of the chain."""


def sort_routes(
    routes: Sequence[Route], strategy: Strategy, config: Config, state: RoutingState
) -> Sequence[Route]:
    """Return `routes` in the order of `strategy`; equal ones keep the order of the chain."""
    sort_key = SORT_KEYS[strategy]
    if sort_key is None or len(routes) == 1:
        return routes
    return sorted(routes, key=lambda route: sort_key(route, config, state))


def move_to_front(
    preferred: tuple[str, str, str | None], routes: Sequence[Route]
) -> Sequence[Route]:
    """Return `routes` with that of the preferred provider, model and key first, if there is one."""
    provider, model, key = preferred
    found = next(
        (
            route
            for route in routes
            if (route.provider, route.model) == (provider, model) and route.key in (None, key)
        ),
        None,
    )
    if found is None or routes[0] == found:
        return routes
    return [found, *(route for route in routes if route != found)]
