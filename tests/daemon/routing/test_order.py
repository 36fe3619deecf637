"""The strategies: tables, and what holds for every order."""

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


def test_every_strategy_has_its_rank() -> None:
    """A new one must be given a meaning."""
    assert set(SORT_KEYS) == set(get_args(Strategy))


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("priority", [A, B, C, D]),
        ("cheapest", [B, D, A, C]),
        ("fastest", [A, D, C, B]),
    ],
)
def test_a_strategy_orders_the_chain(strategy: Strategy, expected: list[Route]) -> None:
    """Equals stay as the chain has them, and who was not measured is tried."""
    state = FakeRoutingState(prices=PRICES, speeds=SPEEDS)
    assert list(sort_routes([A, B, C, D], strategy, CONFIG, state)) == expected


def test_an_unknown_price_is_not_a_low_one() -> None:
    """It comes last, and a price of nothing first."""
    state = FakeRoutingState(prices={"a": Decimal(1000), "g": Decimal(0)})
    assert list(sort_routes([B, A, C], "cheapest", CONFIG, state)) == [C, A, B]


@pytest.mark.parametrize(
    ("preferred", "expected"),
    [(A, [A, B, C]), (C, [C, A, B]), (D, [A, B, C])],
)
def test_who_holds_the_conversation_comes_first_if_it_is_one_of_them(
    preferred: Route, expected: list[Route]
) -> None:
    """The others stay as they are; a stranger does not join."""
    assert list(move_to_front(preferred, [A, B, C])) == expected


ROUTES = st.lists(
    st.builds(Route, st.sampled_from(list(CONFIG.providers)), st.sampled_from("klmn")), unique=True
)
AMOUNTS = st.decimals(0, 10, places=2)
VIEWS = st.builds(
    FakeRoutingState,
    prices=st.dictionaries(st.sampled_from("klmn"), AMOUNTS),
    speeds=st.dictionaries(
        st.tuples(st.sampled_from(list(CONFIG.providers)), st.sampled_from("klmn")),
        st.floats(0, 100),
    ),
)


@given(ROUTES, VIEWS, st.sampled_from(get_args(Strategy)))
def test_an_order_is_total_and_stable(
    routes: list[Route], state: FakeRoutingState, strategy: Strategy
) -> None:
    """Everybody is there once, the same way each time; to sort what is sorted changes nothing."""
    once = list(sort_routes(routes, strategy, CONFIG, state))
    assert sorted(map(str, once)) == sorted(map(str, routes))
    assert list(sort_routes(routes, strategy, CONFIG, state)) == once
    assert list(sort_routes(once, strategy, CONFIG, state)) == once


@given(ROUTES, VIEWS)
def test_priority_keeps_the_chain(routes: list[Route], state: FakeRoutingState) -> None:
    """Whatever prices and speeds are."""
    assert list(sort_routes(routes, "priority", CONFIG, state)) == routes


@given(ROUTES, VIEWS)
def test_cheapest_goes_up_in_price_and_ends_with_the_unknown(
    routes: list[Route], state: FakeRoutingState
) -> None:
    """Those of one price are in the chain's order."""
    found = sort_routes(routes, "cheapest", CONFIG, state)
    prices = [state.prices.get(route.model, Decimal("Infinity")) for route in found]
    assert prices == sorted(prices)
    for price in set(prices):
        alike = [route for route in routes if _price(route, state) == price]
        assert [route for route in found if _price(route, state) == price] == alike


@given(ROUTES, VIEWS)
def test_fastest_begins_with_who_was_not_measured_and_then_goes_up(
    routes: list[Route], state: FakeRoutingState
) -> None:
    """So everybody is measured once, and whoever is fast is found."""
    found = sort_routes(routes, "fastest", CONFIG, state)
    speeds = [state.speeds.get((route.provider, route.model)) for route in found]
    unmeasured = [
        route for route in routes if state.latency_of(route.provider, route.model) is None
    ]
    assert list(found[: len(unmeasured)]) == unmeasured
    measured = speeds[len(unmeasured) :]
    assert None not in measured
    assert measured == sorted(measured)


@given(ROUTES, st.data())
def test_fastest_comes_to_the_fastest_whatever_it_begins_with(
    routes: list[Route], data: st.DataObject
) -> None:
    """After one measurement of each it stays with the best."""
    truth = {route: data.draw(st.floats(0, 100)) for route in routes}
    state = FakeRoutingState()
    for _ in routes:
        first = sort_routes(routes, "fastest", CONFIG, state)[0]
        state.speeds[first.provider, first.model] = truth[first]
    if routes:
        first = sort_routes(routes, "fastest", CONFIG, state)[0]
        assert truth[first] == min(truth.values())


def _price(route: Route, state: FakeRoutingState) -> Decimal:
    return state.prices.get(route.model, Decimal("Infinity"))
