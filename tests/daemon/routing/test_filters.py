"""Who cannot serve a request now, and why: a table for each reason."""

from decimal import Decimal

import msgspec
import pytest

from aircherd.config.model import Provider
from aircherd.routing.candidate import Candidate
from aircherd.routing.filters import (
    ABILITIES,
    SIZE_TOLERANCE,
    FilterContext,
    check_filters,
    may_be_last_resort,
)
from aircherd.vocabulary.availability import Cooling, Limited, LimitStatus
from aircherd.vocabulary.chat import Requirements
from aircherd.vocabulary.models import Model
from helpers.routing import FakeRoutingState

PROVIDER = Provider(name="a", kind="openai", base_url="https://a/v1")
HERE = ("a", "default", "m")


def candidate(**known: object) -> Candidate:
    return Candidate(PROVIDER, Model(id="m", **known), "default")


def reason(context: FilterContext, **known: object) -> tuple[str, str, float | None] | None:
    """Return why the candidate is passed over, shortly."""
    found = check_filters(candidate(**known), context)
    return (found.reason, found.message, found.until) if found else None


def test_of_whom_nothing_is_known_nothing_is_held_against() -> None:
    """Unknown abilities, windows and prices pass: who cannot do it will say so."""
    needs = Requirements(abilities=tuple(ABILITIES), input_tokens=10**9)
    assert reason(FilterContext(needs, FakeRoutingState(), Decimal(0))) is None


@pytest.mark.parametrize("ability", ABILITIES)
def test_a_model_that_lacks_what_the_request_uses_is_left_out(ability: str) -> None:
    """Only that one; a request that does not use it is served."""
    needs = FilterContext(Requirements(abilities=(ability,)), FakeRoutingState())
    said = f"a/m {ABILITIES[ability]}"
    assert reason(needs, **{ability: False}) == ("bad_request", said, None)
    assert reason(needs, **{ability: True}) is None
    assert reason(FilterContext(Requirements(), FakeRoutingState()), **{ability: False}) is None


def test_every_ability_is_a_field_of_the_model() -> None:
    """By these names a request's needs are compared with it."""
    assert set(ABILITIES) <= set(Model.__struct_fields__)


@pytest.mark.parametrize(
    ("window", "wanted", "fits"),
    [
        (1000, 1000, True),
        (1000, 1001, True),
        (1000, 1000 * SIZE_TOLERANCE, True),
        (1000, 1000 * SIZE_TOLERANCE + 1, False),
        (None, 10**9, True),
    ],
)
def test_a_window_that_is_too_small_beyond_doubt_is_left_out(
    window: int | None, wanted: int, *, fits: bool
) -> None:
    """The size is a guess: where the prompt may fit, the model is asked."""
    found = reason(
        FilterContext(Requirements(input_tokens=wanted), FakeRoutingState()), window=window
    )
    said = f"a/m has a context window of {window} tokens, and the request has about {wanted}"
    assert found == (None if fits else ("context_too_long", said, None))


def test_who_cools_is_left_out_until_then() -> None:
    """With the reason of the failure that cooled it."""
    state = FakeRoutingState(cold={HERE: Cooling("rate_limited", 60.0, "too fast")})
    assert reason(FilterContext(Requirements(), state)) == ("rate_limited", "too fast", 60.0)


def test_one_that_is_due_for_a_probe_passes() -> None:
    """One real request finds out."""
    state = FakeRoutingState(
        cold={HERE: Cooling("rate_limited", 9e9, "too fast", is_probe_due=True)}
    )
    assert reason(FilterContext(Requirements(), state)) is None


@pytest.mark.parametrize(
    ("cooling", "known", "may"),
    [
        (Cooling("overloaded", 60.0, "no room", is_guess=True), {}, True),
        (Cooling("overloaded", 60.0, "no room", is_guess=True), {"images": False}, False),
        (Cooling("rate_limited", 60.0, "too fast"), {}, False),
        (None, {}, False),
    ],
)
def test_a_last_resort_is_who_cools_on_a_guess_and_for_no_other_reason(
    cooling: Cooling | None, known: dict[str, object], *, may: bool
) -> None:
    """A vendor's own word holds, and what a model cannot do it cannot do later either."""
    context = FilterContext(
        Requirements(abilities=("images",)),
        FakeRoutingState(cold={HERE: cooling} if cooling else {}),
    )
    assert may_be_last_resort(candidate(**known), context) is may


@pytest.mark.parametrize("code", ["limit_reached", "price_unknown"])
def test_who_would_break_a_limit_is_left_out(code: str) -> None:
    """With the limit's own words, and when there is room again."""
    state = FakeRoutingState(full={HERE: Limited(code, "a: 5.00 USD a day", 60.0)})
    assert reason(FilterContext(Requirements(), state)) == (code, "a: 5.00 USD a day", 60.0)


def test_a_price_that_is_missing_is_told_of_whose() -> None:
    """The limit is the provider's, and the cure is for each model."""
    status = LimitStatus(
        limit="a: 5.00 USD a day",
        counted="usd",
        per="day",
        max="5",
        used="0",
        reserved="0",
        left="5",
        share=0.0,
    )
    state = FakeRoutingState(full={HERE: Limited("price_unknown", "nobody knows", None, status)})
    said = (
        "a/m is under a limit in USD (a: 5.00 USD a day), and its price is not known: "
        'write it under [catalog."a/m"]'
    )
    assert reason(FilterContext(Requirements(), state)) == ("price_unknown", said, None)


@pytest.mark.parametrize(
    ("price", "max_price", "said"),
    [
        ("0.02", "0.01", "about $0.02, and the first choice's price allows for $0.01"),
        (
            "0.0000123",
            "0.00001",
            "about $0.000012, and the first choice's price allows for $0.00001",
        ),
        ("1234", "0", "about $1200, and the first choice's price allows for $0"),
        ("0.01", "0.01", None),
        ("0.02", None, None),
        (None, "0.01", None),
    ],
)
def test_who_costs_more_than_is_allowed_is_left_out(
    price: str | None, max_price: str | None, said: str | None
) -> None:
    """Both amounts are told so that one sees the difference; an unknown price passes."""
    state = FakeRoutingState(prices={} if price is None else {"m": Decimal(price)})
    found = reason(
        FilterContext(Requirements(), state, None if max_price is None else Decimal(max_price))
    )
    full = f"a/m would cost {said} (max_cost_increase)"
    assert found == (None if said is None else ("too_expensive", full, None))


def test_what_will_not_change_is_told_before_what_passes() -> None:
    """Nobody waits an hour for a model that cannot see pictures."""
    state = FakeRoutingState(
        cold={HERE: Cooling("overloaded", 60.0, "no room")},
        full={HERE: Limited("limit_reached", "full", 90.0)},
        prices={"m": Decimal(2)},
    )
    context = FilterContext(
        Requirements(abilities=("images",), input_tokens=5000), state, Decimal(1)
    )
    known: dict[str, object] = {"images": False, "window": 1000}
    told = []
    for name, mended in (
        ("images", True),
        ("window", None),
        ("cold", {}),
        ("full", {}),
        ("prices", {}),
    ):
        found = reason(context, **known)
        assert found is not None
        told.append(found[0])
        if name in known:
            known[name] = mended
        else:
            setattr(state, name, mended)
            context = msgspec.structs.replace(context, state=state)
    assert told == [
        "bad_request",
        "context_too_long",
        "overloaded",
        "limit_reached",
        "too_expensive",
    ]
    assert reason(context, **known) is None
