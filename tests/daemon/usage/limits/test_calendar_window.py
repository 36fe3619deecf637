"""Usage of today or this month, also with clocks that jump."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from aircherd.usage.limits.calendar_window import MAX_PARTS, CalendarWindow
from helpers.ledger.machine_zone import MachineZone

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


def test_a_clock_set_ahead_renews_nothing():
    """Until the day is really over; then what was used by the date of the clock still counts."""
    today = used_at_noon()
    today.advance(NOON, DAY)
    today.add(NOON, 2, DAY)
    assert (today.used, today.resets_at()) == (7, MIDNIGHT)
    today.advance(NOON + 1)
    assert today.used == 7
    today.advance(MIDNIGHT)
    assert today.used == 2  # it was made on a day that has this date
    today.advance(NOON + 26 * 3600)
    assert today.used == 0


def test_a_clock_set_back_by_days_keeps_the_usage():
    """It counts until its day is really over."""
    today = used_at_noon()
    today.advance(NOON, -3 * DAY)
    assert today.used == 5
    today.advance(MIDNIGHT, -3 * DAY)
    assert today.used == 0


def test_a_second_before_midnight_is_no_way_around_a_day():
    """What is used there counts as long as what was used before the clock was set."""
    today = used_at_noon()
    almost = MIDNIGHT - NOON - 1
    today.advance(NOON, almost)
    today.add(NOON, 2, almost)
    assert today.used == 7
    today.advance(NOON + 2, almost)
    assert (today.used, today.resets_at()) == (7, MIDNIGHT)
    today.advance(NOON + 3, 0)
    assert today.used == 7


def test_a_clock_set_every_minute_fills_no_memory():
    """Usage of one day is one part then, and still counts."""
    today = used_at_noon(0)
    for number in range(MAX_PARTS + 100):
        today.advance(NOON + number, 5.0 * (number % 7000))
        today.add(NOON + number, 1, 5.0 * (number % 7000))
    assert today.used == MAX_PARTS + 100


HOUR = 3600.0


@pytest.mark.parametrize(
    ("zone", "used", "next_midnight"),
    [
        ("UTC", 5, MIDNIGHT),
        # 21:00 there: all that was used since 15:00 UTC of the day before.
        ("Asia/Tokyo", 12, MIDNIGHT - 9 * HOUR),
        # 02:00 of the next day there: what was used in the last two hours.
        ("Pacific/Kiritimati", 1, NOON + 22 * HOUR),
        # 01:00 there: what was used in the last hour.
        ("Pacific/Pago_Pago", 1, NOON + 23 * HOUR),
    ],
)
def test_today_is_that_of_another_zone_after_a_journey(zone, used, next_midnight):
    """What was used since the new midnight counts, and until the next one."""
    machine = MachineZone("UTC")
    today = CalendarWindow("day", machine)
    for at, amount in ((NOON - 20 * HOUR, 7), (NOON - 11 * HOUR, 4), (NOON - HOUR / 2, 1)):
        today.advance(at)
        today.add(at, amount)
    today.advance(NOON)
    assert today.used == 5
    machine.travel(zone)
    today.change_zone()
    assert (today.used, today.resets_at()) == (used, next_midnight)
    assert today.advance(next_midnight) > next_midnight
    assert today.used == 0


def test_changing_the_zone_and_back_loses_nothing():
    """As at a stop on a journey."""
    machine = MachineZone("UTC")
    today = CalendarWindow("day", machine)
    for minute in range(0, 720, 5):
        at = NOON - 12 * HOUR + minute * 60
        today.advance(at)
        today.add(at, 1)
    today.advance(NOON)
    for zone in ("Asia/Kathmandu", "America/Los_Angeles", "UTC"):
        machine.travel(zone)
        today.change_zone()
    assert (today.used, today.resets_at()) == (144, MIDNIGHT)


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
