"""The reasons to skip a candidate: a table for each."""

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
    """Return code, message and end of the skip, None if the candidate passes."""
    found = check_filters(candidate(**known), context)
    return (found.reason, found.message, found.until) if found else None


def test_unknown_model_passes() -> None:
    """Unknown abilities, windows and prices are no reason to skip it."""
    needs = Requirements(abilities=tuple(ABILITIES), input_tokens=10**9)
    assert reason(FilterContext(needs, FakeRoutingState(), Decimal(0))) is None


@pytest.mark.parametrize("ability", ABILITIES)
def test_missing_ability_is_skipped(ability: str) -> None:
    """Requests that do not use the ability pass."""
    needs = FilterContext(Requirements(abilities=(ability,)), FakeRoutingState())
    expected = f"a/m {ABILITIES[ability]}"
    assert reason(needs, **{ability: False}) == ("bad_request", expected, None)
    assert reason(needs, **{ability: True}) is None
    assert reason(FilterContext(Requirements(), FakeRoutingState()), **{ability: False}) is None


def test_every_ability_is_a_field_of_the_model() -> None:
    """The names are used to compare a request with a model."""
    assert set(ABILITIES) <= set(Model.__struct_fields__)


@pytest.mark.parametrize(
    ("window", "tokens", "fits"),
    [
        (1000, 1000, True),
        (1000, 1001, True),
        (1000, 1000 * SIZE_TOLERANCE, True),
        (1000, 1000 * SIZE_TOLERANCE + 1, False),
        (None, 10**9, True),
    ],
)
def test_much_too_small_window_is_skipped(window: int | None, tokens: int, *, fits: bool) -> None:
    """The size is an estimate: if the prompt may fit, the model is called."""
    found = reason(
        FilterContext(Requirements(input_tokens=tokens), FakeRoutingState()), window=window
    )
    expected = f"a/m has a context window of {window} tokens, and the request has about {tokens}"
    assert found == (None if fits else ("context_too_long", expected, None))


def test_cooling_candidate_is_skipped_until_the_end() -> None:
    """The skip has the reason of the failure."""
    state = FakeRoutingState(cooldowns={HERE: Cooling("rate_limited", 60.0, "too fast")})
    assert reason(FilterContext(Requirements(), state)) == ("rate_limited", "too fast", 60.0)


def test_candidate_due_for_a_probe_passes() -> None:
    """One real request tests it."""
    state = FakeRoutingState(
        cooldowns={HERE: Cooling("rate_limited", 9e9, "too fast", is_probe_due=True)}
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
def test_last_resort_has_only_a_guessed_cooldown(
    cooling: Cooling | None, known: dict[str, object], *, may: bool
) -> None:
    """A vendor's time is final, and a missing ability does not appear later."""
    context = FilterContext(
        Requirements(abilities=("images",)),
        FakeRoutingState(cooldowns={HERE: cooling} if cooling else {}),
    )
    assert may_be_last_resort(candidate(**known), context) is may


@pytest.mark.parametrize("code", ["limit_reached", "price_unknown"])
def test_exceeded_limit_is_skipped(code: str) -> None:
    """The skip has the limit's message and the time of its reset."""
    state = FakeRoutingState(limits_reached={HERE: Limited(code, "a: 5.00 USD a day", 60.0)})
    assert reason(FilterContext(Requirements(), state)) == (code, "a: 5.00 USD a day", 60.0)


def test_missing_price_names_the_model() -> None:
    """The limit names only the provider, but the fix is per model."""
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
    state = FakeRoutingState(
        limits_reached={HERE: Limited("price_unknown", "price unknown", None, status)}
    )
    expected = (
        "a/m is under a limit in USD (a: 5.00 USD a day), and its price is not known: "
        'write it under [catalog."a/m"]'
    )
    assert reason(FilterContext(Requirements(), state)) == ("price_unknown", expected, None)
    expected = (
        "a/m is under a limit in USD (a: 5.00 USD a day), and what extra.plugins costs is not "
        "known: leave it out, or write that limit in tokens or requests"
    )
    needs = Requirements(unpriced="extra.plugins")
    assert reason(FilterContext(needs, state)) == ("price_unknown", expected, None)


@pytest.mark.parametrize(
    ("price", "max_price", "expected"),
    [
        ("0.02", "0.01", "about $0.02, and the first choice's price allows for $0.01"),
        (
            "0.0000123",
            "0.00001",
            "about $0.000012, and the first choice's price allows for $0.00001",
        ),
        ("1234", "0", "about $1200, and the first choice is free, so only free ones are tried"),
        ("1234", "0E-7", "about $1200, and the first choice is free, so only free ones are tried"),
        ("0.01", "0.01", None),
        ("0.02", None, None),
        (None, "0.01", None),
    ],
)
def test_too_expensive_candidate_is_skipped(
    price: str | None, max_price: str | None, expected: str | None
) -> None:
    """The message has both amounts; an unknown price passes."""
    state = FakeRoutingState(prices={} if price is None else {"m": Decimal(price)})
    found = reason(
        FilterContext(Requirements(), state, None if max_price is None else Decimal(max_price))
    )
    message = f"a/m would cost {expected} (max_cost_increase)"
    assert found == (None if expected is None else ("too_expensive", message, None))


def test_permanent_reasons_come_before_temporary_ones() -> None:
    """Waiting does not help with a model that cannot read images."""
    state = FakeRoutingState(
        cooldowns={HERE: Cooling("overloaded", 60.0, "no room")},
        limits_reached={HERE: Limited("limit_reached", "full", 90.0)},
        prices={"m": Decimal(2)},
    )
    context = FilterContext(
        Requirements(abilities=("images",), input_tokens=5000), state, Decimal(1)
    )
    known: dict[str, object] = {"images": False, "window": 1000}
    codes = []
    for name, fixed in (
        ("images", True),
        ("window", None),
        ("cooldowns", {}),
        ("limits_reached", {}),
        ("prices", {}),
    ):
        found = reason(context, **known)
        assert found is not None
        codes.append(found[0])
        if name in known:
            known[name] = fixed
        else:
            setattr(state, name, fixed)
            context = msgspec.structs.replace(context, state=state)
    assert codes == [
        "bad_request",
        "context_too_long",
        "overloaded",
        "limit_reached",
        "too_expensive",
    ]
    assert reason(context, **known) is None
