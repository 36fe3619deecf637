"""In which order the routes of a chain are asked: the strategies."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from aircherd.config.model import Config, Route, Strategy
from aircherd.routing.state import RoutingState

_DEAREST = Decimal("Infinity")
_UNTRIED = -1.0

Rank = Callable[[Route, Config, RoutingState], Any]
"""What to sort by: anything that can be compared with its like."""


def _by_price(route: Route, config: Config, view: RoutingState) -> Decimal:
    price = view.price(
        route.provider, view.models.find(config.providers[route.provider], route.model)
    )
    return _DEAREST if price is None else price  # unknown is not cheap


def _by_speed(route: Route, _config: Config, view: RoutingState) -> float:
    # Who was not measured lately is tried once, or nobody would ever know that he is faster.
    speed = view.speed(route.provider, route.model)
    return _UNTRIED if speed is None else speed


RANKS: dict[Strategy, Rank | None] = {
    "priority": None,
    "cheapest": _by_price,
    "fastest": _by_speed,
}
"""What each strategy goes by; None leaves the order as the chain has it."""


def ordered(
    routes: Sequence[Route], strategy: Strategy, config: Config, view: RoutingState
) -> Sequence[Route]:
    """Return `routes` in the order of `strategy`; among equals the chain's own order holds."""
    rank = RANKS[strategy]
    if rank is None or len(routes) == 1:
        return routes
    return sorted(routes, key=lambda route: rank(route, config, view))


def first_to(held: Route, routes: Sequence[Route]) -> Sequence[Route]:
    """Put the route that a conversation is held by before the others, if it is one of them."""
    if held not in routes or routes[0] == held:
        return routes
    return [held, *(route for route in routes if route != held)]
