"""Limits that refuse while it is not known what was used."""

from datetime import UTC, datetime

import pytest

from aircherd.config.model import Limit
from aircherd.usage.ledger.writer import LedgerState
from aircherd.usage.limits.reservation import LimitKey, Reservation
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.vocabulary.availability import Limited

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
KEY = LimitKey("anthropic", "default", "claude-x", "nvim")
OTHER = LimitKey("openai", "default", "gpt-x", "nvim")
LIMIT = Limit(per="day", requests=10, provider="anthropic")
BROKEN = LedgerState("degraded", "/l.db: the disk is full", NOON - 60)


class Ledger:
    outage: LedgerState | None = None
    lost_at = float("-inf")


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def tracker(ledger: Ledger) -> LimitTracker:
    return LimitTracker(
        lambda: NOON, UTC, lost_at=lambda: ledger.lost_at, outage=lambda: ledger.outage
    )


def restore(tracker: LimitTracker) -> None:
    for history in tracker.missing_history:
        tracker.restore(history, ())


def refusals(tracker: LimitTracker, key: LimitKey = KEY) -> list[str]:
    """What `check` and `reserve` say; both agree, and nothing stays reserved."""
    checked, reserved = tracker.check(key, 10, None), tracker.reserve(key, 10, None)
    if isinstance(reserved, Reservation):
        assert checked is None
        reserved.settle(None, None, produced=False)
        return []
    assert checked == reserved
    assert isinstance(reserved, Limited)
    assert reserved.reason == "limit_reached"
    assert not reserved.is_pending
    return [reserved.message]


def test_an_outage_refuses_what_a_limit_applies_to(tracker, ledger):
    """It says why, since when, and what to do; the rest is served, and all is when it ends."""
    tracker.configure([LIMIT], refuses_unknown=True)
    restore(tracker)
    assert (refusals(tracker), [row.refuses for row in tracker.status()]) == ([], [False])
    ledger.outage = BROKEN
    (message,) = refusals(tracker)
    assert message == (
        "limit cannot be checked: anthropic: 10 requests a day (the ledger does not work since "
        "2026-11-22 11:59: /l.db: the disk is full; to be served all the same, set [usage] "
        'on_failure = "serve")'
    )
    assert [row.refuses for row in tracker.status()] == [True]
    assert refusals(tracker, OTHER) == []
    ledger.outage = None
    assert refusals(tracker) == []


def test_usage_that_has_not_been_read_yet_refuses(tracker):
    """Until it is read."""
    tracker.configure([LIMIT], refuses_unknown=True)
    (message,) = refusals(tracker)
    assert "has not been read from the ledger yet" in message
    restore(tracker)
    assert refusals(tracker) == []


def test_lost_usage_refuses_while_it_is_in_the_window(tracker, ledger):
    """A day's limit refuses on that day, one of a minute only for a minute."""
    minute = Limit(per="minute", requests=10, provider="openai")
    tracker.configure([LIMIT, minute], refuses_unknown=True)
    restore(tracker)
    ledger.lost_at = NOON - 3600
    (message,) = refusals(tracker)
    assert "usage before 2026-11-22 11:00 was lost" in message
    assert refusals(tracker, OTHER) == []


def test_by_default_limits_count_what_they_know(tracker, ledger):
    """The setting applies from the next `configure` on, also to limits that do not change."""
    tracker.configure([LIMIT])
    ledger.outage, ledger.lost_at = BROKEN, NOON - 3600
    assert (refusals(tracker), [row.refuses for row in tracker.status()]) == ([], [False])
    tracker.configure([LIMIT], refuses_unknown=True)
    assert len(refusals(tracker)) == 1
    tracker.configure([LIMIT])
    assert refusals(tracker) == []
