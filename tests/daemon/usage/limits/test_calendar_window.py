"""What is used today: it begins anew at midnight, and a clock that jumps gives nothing away."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aircherd.usage.limits.calendar_window import CalendarWindow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
MIDNIGHT = NOON + 12 * 3600
DAY = 24 * 3600


def used_at_noon(amount: int = 5) -> CalendarWindow:
    today = CalendarWindow("day", UTC)
    today.advance(NOON)
    today.add(NOON, amount)
    return today


def test_it_begins_anew_at_midnight():
    """Not a second before."""
    today = used_at_noon()
    assert today.advance(MIDNIGHT - 1) == MIDNIGHT
    assert today.used == 5
    assert today.advance(MIDNIGHT) == MIDNIGHT + DAY
    assert today.used == 0


def test_it_knows_when_all_is_free():
    """At midnight, whatever is asked."""
    today = used_at_noon()
    assert {today.frees_at(NOON, 1), today.resets_at(), today.ends_at(NOON)} == {MIDNIGHT}


def test_what_was_sent_yesterday_is_yesterdays():
    """Also if its end is told today."""
    today = used_at_noon()
    today.advance(MIDNIGHT)
    today.add(MIDNIGHT - 1, 3)
    assert today.used == 0


def test_a_clock_that_jumps_ahead_and_back_does_not_give_the_budget_twice():
    """What was counted before and what was counted in between are both today's."""
    today = used_at_noon()
    today.advance(NOON + DAY)
    today.add(NOON + DAY, 2)
    assert today.used == 2
    today.set_back(DAY)
    today.advance(NOON + 1)
    assert today.used == 7
    today.advance(MIDNIGHT)
    assert today.used == 0


def test_a_clock_that_goes_back_to_a_day_before_keeps_what_is_counted():
    """It counts for the day that it is now said to be."""
    today = used_at_noon()
    today.advance(NOON - DAY)
    assert today.used == 5
    today.advance(MIDNIGHT - DAY)
    assert today.used == 0


def test_a_day_of_25_hours_is_counted_as_one():
    """The hour that comes twice is within it."""
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 25, tzinfo=berlin).timestamp()
    today = CalendarWindow("day", berlin)
    for hour in range(25):
        today.advance(start + hour * 3600)
        today.add(start + hour * 3600, 1)
    assert today.used == 25
    today.advance(start + 25 * 3600)
    assert today.used == 0


def test_it_tells_whether_its_day_began_before():
    """A loss at midnight is the day's before."""
    today = used_at_noon()
    midnight = MIDNIGHT - DAY
    assert [today.began_before(at) for at in (midnight, midnight + 1)] == [False, True]
