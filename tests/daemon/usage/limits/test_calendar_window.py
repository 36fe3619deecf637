"""Usage of today or this month, also with clocks that jump."""

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


def test_usage_starts_at_zero_at_midnight():
    """Not a second earlier."""
    today = used_at_noon()
    assert today.advance(MIDNIGHT - 1) == MIDNIGHT
    assert today.used == 5
    assert today.advance(MIDNIGHT) == MIDNIGHT + DAY
    assert today.used == 0


def test_everything_frees_at_midnight():
    """However much is requested."""
    today = used_at_noon()
    assert {today.frees_at(NOON, 1), today.resets_at(), today.ends_at(NOON)} == {MIDNIGHT}


def test_usage_of_yesterday_does_not_count_today():
    """Even if it is reported today."""
    today = used_at_noon()
    today.advance(MIDNIGHT)
    today.add(MIDNIGHT - 1, 3)
    assert today.used == 0


def test_a_clock_that_jumps_ahead_and_back_grants_no_second_budget():
    """Usage from before and in between counts today."""
    today = used_at_noon()
    today.advance(NOON + DAY)
    today.add(NOON + DAY, 2)
    assert today.used == 2
    today.set_back(DAY)
    today.advance(NOON + 1)
    assert today.used == 7
    today.advance(MIDNIGHT)
    assert today.used == 0


def test_a_clock_set_back_by_days_keeps_the_usage():
    """It counts for the day that the clock now shows."""
    today = used_at_noon()
    today.advance(NOON - DAY)
    assert today.used == 5
    today.advance(MIDNIGHT - DAY)
    assert today.used == 0


def test_a_day_of_25_hours_is_one_day():
    """It contains the hour that occurs twice."""
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 25, tzinfo=berlin).timestamp()
    today = CalendarWindow("day", berlin)
    for hour in range(25):
        today.advance(start + hour * 3600)
        today.add(start + hour * 3600, 1)
    assert today.used == 25
    today.advance(start + 25 * 3600)
    assert today.used == 0


def test_began_before_compares_the_start_of_the_day():
    """A loss at midnight belongs to the day before."""
    today = used_at_noon()
    midnight = MIDNIGHT - DAY
    assert [today.began_before(at) for at in (midnight, midnight + 1)] == [False, True]
