"""The strategies: tables, and properties of every order."""

from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.model import Config, Route, Strategy, builtin_providers
from aircherd.routing.order import SORT_KEYS, move_to_front, sort_routes
from helpers.routing import FakeRoutingState

CONFIG = Config(providers=builtin_providers())
A, B, C, D = (Route(name, name[0]) for name in ("anthropic", "openai", "gemini", "openrouter"))
PRICES = {"a": Decimal(3), "o": Decimal("0.5"), "g": Decimal(3)}  # o is openai's and openrouter's
SPEEDS = {("openai", "o"): 0.9, ("gemini", "g"): 0.2}


def test_every_strategy_has_a_sort_key() -> None:
    """A new strategy needs one."""
    assert set(SORT_KEYS) == set(get_args(Strategy))


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("priority", [A, B, C, D]),
        ("cheapest", [B, D, A, C]),
        ("fastest", [A, D, C, B]),
    ],
)
def test_strategy_orders_the_chain(strategy: Strategy, expected: list[Route]) -> None:
    """Equal routes keep the order of the chain, and unmeasured ones come first."""
    state = FakeRoutingState(prices=PRICES, latencies=SPEEDS)
    assert list(sort_routes([A, B, C, D], strategy, CONFIG, state)) == expected


def test_unknown_price_comes_last() -> None:
    """A price of zero comes first."""
    state = FakeRoutingState(prices={"a": Decimal(1000), "g": Decimal(0)})
    assert list(sort_routes([B, A, C], "cheapest", CONFIG, state)) == [C, A, B]


@pytest.mark.parametrize(
    ("preferred", "expected"),
    [(A, [A, B, C]), (C, [C, A, B]), (D, [A, B, C])],
)
def test_preferred_route_comes_first(preferred: Route, expected: list[Route]) -> None:
    """The others keep their order, and a route outside the chain is not added."""
    answered = (preferred.provider, preferred.model, "default")
    assert list(move_to_front(answered, [A, B, C])) == expected


def test_a_route_with_another_key_is_not_preferred() -> None:
    """The prompt cache belongs to the account that answered."""
    work, own = Route("openai", "o", "work"), Route("openai", "o", "private")
    assert list(move_to_front(("openai", "o", "private"), [A, work, own])) == [own, A, work]
    assert list(move_to_front(("openai", "o", "third"), [A, work, own])) == [A, work, own]


ROUTES = st.lists(
    st.builds(Route, st.sampled_from(list(CONFIG.providers)), st.sampled_from("klmn")), unique=True
)
AMOUNTS = st.decimals(0, 10, places=2)
STATES = st.builds(
    FakeRoutingState,
    prices=st.dictionaries(st.sampled_from("klmn"), AMOUNTS),
    latencies=st.dictionaries(
        st.tuples(st.sampled_from(list(CONFIG.providers)), st.sampled_from("klmn")),
        st.floats(0, 100),
    ),
)


@given(ROUTES, STATES, st.sampled_from(get_args(Strategy)))
def test_order_is_total_and_stable(
    routes: list[Route], state: FakeRoutingState, strategy: Strategy
) -> None:
    """Each route appears once, and sorting again changes nothing."""
    once = list(sort_routes(routes, strategy, CONFIG, state))
    assert sorted(map(str, once)) == sorted(map(str, routes))
    assert list(sort_routes(routes, strategy, CONFIG, state)) == once
    assert list(sort_routes(once, strategy, CONFIG, state)) == once


@given(ROUTES, STATES)
def test_priority_keeps_the_chain(routes: list[Route], state: FakeRoutingState) -> None:
    """Prices and latencies do not matter."""
    assert list(sort_routes(routes, "priority", CONFIG, state)) == routes


@given(ROUTES, STATES)
def test_cheapest_sorts_by_price_with_unknown_last(
    routes: list[Route], state: FakeRoutingState
) -> None:
    """Routes of equal price keep the order of the chain."""
    found = sort_routes(routes, "cheapest", CONFIG, state)
    prices = [state.prices.get(route.model, Decimal("Infinity")) for route in found]
    assert prices == sorted(prices)
    for price in set(prices):
        alike = [route for route in routes if _price(route, state) == price]
        assert [route for route in found if _price(route, state) == price] == alike


@given(ROUTES, STATES)
def test_fastest_starts_with_unmeasured_routes(
    routes: list[Route], state: FakeRoutingState
) -> None:
    """The others follow by latency."""
    found = sort_routes(routes, "fastest", CONFIG, state)
    latencies = [state.latencies.get((route.provider, route.model)) for route in found]
    unmeasured = [
        route for route in routes if state.latency_of(route.provider, route.model) is None
    ]
    assert list(found[: len(unmeasured)]) == unmeasured
    measured = latencies[len(unmeasured) :]
    assert None not in measured
    assert measured == sorted(measured)


@given(ROUTES, st.data())
def test_fastest_finds_the_fastest_route(routes: list[Route], data: st.DataObject) -> None:
    """After one measurement of each route it stays with the best."""
    truth = {route: data.draw(st.floats(0, 100)) for route in routes}
    state = FakeRoutingState()
    for _ in routes:
        first = sort_routes(routes, "fastest", CONFIG, state)[0]
        state.latencies[first.provider, first.model] = truth[first]
    if routes:
        first = sort_routes(routes, "fastest", CONFIG, state)[0]
        assert truth[first] == min(truth.values())


def _price(route: Route, state: FakeRoutingState) -> Decimal:
    return state.prices.get(route.model, Decimal("Infinity"))
