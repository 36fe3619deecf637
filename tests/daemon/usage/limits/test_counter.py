"""One amount of one limit: room, notifications and descriptions."""

from datetime import UTC, datetime

import pytest

from aircherd.config.model import LimitScope
from aircherd.usage.limits.counter import (
    MAX_UNKNOWN,
    TRY_AGAIN_SECONDS,
    CounterKey,
    LimitCounter,
)
from aircherd.vocabulary.availability import LimitStatus

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
MIDNIGHT = NOON + 12 * 3600
USD = 10**9


def counter(amount="requests", per="day", most=10, warn_at=0.8, **scope) -> LimitCounter:
    made = LimitCounter(CounterKey(LimitScope(**scope), per, amount), UTC)
    made.set_maximum(most, warn_at)
    made.window.advance(NOON)
    return made


@pytest.mark.parametrize(
    ("used", "reserved", "needed", "has_room"),
    [(0, 0, 10, True), (0, 0, 11, False), (5, 4, 1, True), (5, 5, 1, False), (99, 0, 0, True)],
)
def test_there_is_room_up_to_the_maximum(used, reserved, needed, has_room):
    """Usage and reservations count alike; zero always has room."""
    limit = counter()
    limit.window.add(NOON, used)
    limit.reserved = reserved
    assert (limit.hold_for(needed, needed, is_known=True) is not None) is has_room


@pytest.mark.parametrize(
    ("per", "needed", "until"),
    [
        ("day", 1, MIDNIGHT),
        ("day", 10, MIDNIGHT),
        ("day", 11, None),
        ("minute", 1, NOON + 61),
        ("minute", 5, NOON + 61),
        ("minute", 6, NOON + 81),
        ("hour", 1, NOON + 3610),
    ],
)
def test_it_frees_when_enough_usage_has_expired(per, needed, until):
    """At midnight for a day, continuously for a minute, never for too much."""
    limit = counter(per=per)
    limit.window.add(NOON, 5)
    limit.window.add(NOON + 20, 5)
    assert limit.frees_at(NOON + 20, needed) == until


def test_the_warning_is_given_once_a_window():
    """From the configured share on, and again in the next window."""
    limit = counter()
    limit.window.add(NOON, 7)
    assert not limit.must_notify(NOON)
    limit.window.add(NOON, 1)
    assert [limit.must_notify(NOON), limit.must_notify(NOON + 60)] == [True, False]
    limit.window.advance(MIDNIGHT)
    limit.window.add(MIDNIGHT, 9)
    assert limit.must_notify(MIDNIGHT)


def test_exhaustion_is_reported_once():
    """Immediately, if there was no warning before."""
    limit = counter()
    limit.window.add(NOON, 8)
    assert limit.must_notify(NOON)
    limit.window.add(NOON, 2)
    assert [limit.must_notify(NOON + 60), limit.must_notify(NOON + 120)] == [True, False]
    limit.window.advance(MIDNIGHT)
    limit.window.add(MIDNIGHT, 10)
    assert [limit.must_notify(MIDNIGHT), limit.must_notify(MIDNIGHT)] == [True, False]


def test_a_changed_limit_warns_again():
    """An unchanged one does not."""
    limit = counter()
    limit.window.add(NOON, 9)
    assert limit.must_notify(NOON)
    limit.set_maximum(10, 0.8)
    assert not limit.must_notify(NOON)
    limit.set_maximum(11, 0.8)
    assert limit.must_notify(NOON)


def test_a_limit_of_zero_does_not_warn_of_zero_usage():
    """Zero of zero would be above any share."""
    limit = counter("usd", most=0)
    assert not limit.must_notify(NOON)


def test_a_refusal_has_limit_usage_and_time():
    """And the status, as in the protocol."""
    limit = counter("usd", most=5 * USD, provider="anthropic")
    limit.window.add(NOON, 4_900_000_000)
    limit.reserved = 50_000_000
    refused = limit.refusal(NOON, 100_000_001)
    assert (refused.reason, refused.until) == ("limit_reached", MIDNIGHT)
    assert refused.message == (
        "limit reached: anthropic: 5.00 USD a day (4.90 USD used, 0.05 USD reserved for requests "
        "in progress, this request may use 0.10 USD)"
    )
    assert not refused.is_pending
    assert refused.status == LimitStatus(
        limit="anthropic: 5.00 USD a day",
        counted="usd",
        per="day",
        max="5",
        used="4.9",
        reserved="0.05",
        left="0.05",
        share=0.98,
        resets_at=MIDNIGHT,
        provider="anthropic",
    )


def test_an_unknown_price_has_its_own_reason():
    """It has no end time."""
    refused = counter("usd", most=5 * USD, client="nvim").refusal(NOON, None)
    assert (refused.reason, refused.until) == ("price_unknown", None)
    assert "client nvim: 5.00 USD a day" in refused.message
    assert "price is not known" in refused.message


def test_usage_beyond_the_maximum_leaves_zero():
    """Requests may use more than was reserved."""
    limit = counter("tokens")
    limit.window.add(NOON, 15)
    status = limit.status()
    assert (status.used, status.left, status.share) == (15, 0, 1.5)


def test_times_for_people_are_those_of_the_clock():
    """Whatever it is ahead of the time that really passes."""
    limit = counter("usd", most=5, per="minute")
    limit.advance(NOON, 7200.0)
    limit.window.add(NOON, 5)
    assert limit.status().resets_at == NOON + 61 + 7200
    assert limit.refusal(NOON, 1).until == NOON + 61 + 7200


def test_calls_in_progress_may_leave_room():
    """Then the refusal is not for the rest of the day."""
    limit = counter("tokens", most=10)
    hold = limit.hold_for(8, 8, is_known=True)
    limit.add(hold)
    refused = limit.refusal(NOON, 4, is_known=False)
    assert (refused.is_pending, refused.until) == (True, NOON + TRY_AGAIN_SECONDS)
    assert "what this model really uses is not known yet" in refused.message
    limit.remove(hold)
    assert not limit.refusal(NOON, 11).is_pending
    requests = counter(most=1)
    requests.add(requests.hold_for(1, 1, is_known=True))
    assert not requests.refusal(NOON, 1).is_pending
    # What a request uses of a limit of requests is always known.
    assert "not known" not in requests.refusal(NOON, 1, is_known=False).message


def test_one_call_may_use_more_than_is_left():
    """The others wait for it; zero never does."""
    limit = counter("tokens", most=10)
    first = limit.hold_for(4, 40, is_known=True)
    assert (first.amount, first.is_alone) == (4, True)
    limit.add(first)
    assert limit.hold_for(4, 40, is_known=True) is None
    assert limit.hold_for(4, 4, is_known=True).is_alone is False
    assert limit.hold_for(0, 0, is_known=False).amount == 0
    limit.remove(first)
    assert limit.hold_for(4, 40, is_known=True).is_alone


def test_few_unknown_calls_are_in_progress():
    """However much is left, and one more that is alone."""
    limit = counter("tokens", most=10**9)
    for _ in range(MAX_UNKNOWN):
        limit.add(limit.hold_for(1, 4, is_known=False))
    last = limit.hold_for(1, 4, is_known=False)
    assert (last.amount, last.is_alone) == (1, True)
    limit.add(last)
    assert limit.hold_for(1, 4, is_known=False) is None
    assert limit.hold_for(1, 4, is_known=True).amount == 4
