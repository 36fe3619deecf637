"""Periods, above all around clock changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.limits.windows import next_start, window_start

# Changes at 2:00, at midnight in both directions, at 0:01, by half an hour, by a day.
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600


def at(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


@pytest.mark.parametrize(("per", "length"), [("minute", 60), ("hour", 3600)])
def test_minutes_and_hours_are_sliding(per, length):
    """They begin that long ago, whatever local time is."""
    assert window_start(per, 1_700_000_000.5, BERLIN) == 1_700_000_000.5 - length


@pytest.mark.parametrize(
    ("per", "now", "start", "following"),
    [
        ("day", "2026-11-22T19:30", "2026-11-22", "2026-11-23"),
        ("day", "2026-11-22T00:00", "2026-11-22", "2026-11-23"),
        ("day", "2026-12-31T23:59", "2026-12-31", "2027-01-01"),
        ("month", "2026-11-22T19:30", "2026-11-01", "2026-12-01"),
        ("month", "2026-12-31T23:59", "2026-12-01", "2027-01-01"),
        ("month", "2024-01-31T12:00", "2024-01-01", "2024-02-01"),
        ("month", "2024-02-29T12:00", "2024-02-01", "2024-03-01"),
    ],
)
def test_days_and_months_follow_the_calendar_in_local_time(per, now, start, following):
    """From midnight to midnight."""
    assert window_start(per, at(now), BERLIN) == at(start)
    assert next_start(per, at(now), BERLIN) == at(following)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2018-11-04", "America/Sao_Paulo", 23),  # no midnight
        ("2018-02-17", "America/Sao_Paulo", 25),
        ("2025-11-02", "America/Havana", 25),  # two midnights
        ("2026-04-05", "Australia/Lord_Howe", 24.5),
    ],
)
def test_a_day_with_a_clock_change_is_one_day(day, zone, hours):
    """Of 23 or 25 hours."""
    tz = ZoneInfo(zone)
    noon = at(f"{day}T12:00", zone)
    start, following = window_start("day", noon, tz), next_start("day", noon, tz)
    assert (following - start) / HOUR == hours
    assert window_start("day", following, tz) == following


def test_a_skipped_day_ends_when_the_next_begins():
    """Samoa had no 30 December 2011."""
    tz = ZoneInfo("Pacific/Apia")
    last = at("2011-12-29T12:00", "Pacific/Apia")
    following = next_start("day", last, tz)
    assert datetime.fromtimestamp(following, tz).isoformat() == "2011-12-31T00:00:00+14:00"


@given(st.sampled_from(ZONES), st.sampled_from(["day", "month"]), st.floats(0, 4_000_000_000))
def test_now_is_always_within_its_window(zone, per, now):
    """Every moment of the window has the same start and end."""
    tz = ZoneInfo(zone)
    start, following = window_start(per, now, tz), next_start(per, now, tz)
    assert start <= now < following
    if zone != "America/St_Johns":  # one minute of a day preceded the last hour of another
        assert window_start(per, start, tz) == start
        assert next_start(per, start, tz) == following
        assert window_start(per, following, tz) == following


def test_the_second_of_two_midnights_counts():
    """St. John's went back to 23:01 at one minute past midnight."""
    zone = "America/St_Johns"
    second = at("2010-11-06T23:30", zone, fold=1)
    following = next_start("day", second, ZoneInfo(zone))
    assert following - second == 30 * 60


@pytest.mark.parametrize(("now", "year"), [(-1e9, 1970), (1e18, 9999)])
def test_an_invalid_clock_is_clamped(now, year):
    """To the nearest time that has a date."""
    start, following = window_start("day", now, UTC), next_start("month", now, UTC)
    assert datetime.fromtimestamp(start, UTC).isoformat() == f"{year}-01-01T00:00:00+00:00"
    assert datetime.fromtimestamp(following, UTC).isoformat() == f"{year}-02-01T00:00:00+00:00"
