"""Hours and days of local time, and which tables cover a time range."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.time_buckets import (
    LAST_HOUR,
    LATEST,
    LocalHours,
    TableRange,
    day_text,
    hour_start,
    local_hour,
    milliseconds,
    recent_ranges,
    table_ranges,
)

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
DAY = datetime(2026, 11, 22, tzinfo=UTC).toordinal()


def unix(day, hour=0, minute=0, tz=UTC):
    return datetime(2026, 11, day, hour, minute, tzinfo=tz).timestamp()


def hour(day, number=0):
    return datetime(2026, 11, day, tzinfo=UTC).toordinal() * 24 + number


def test_hours_follow_local_time():
    """Half past midnight in Berlin is the day before in UTC."""
    at = unix(22, 23, 30)
    assert local_hour(at, UTC) == hour(22, 23)
    assert local_hour(at, BERLIN) == hour(23, 0)
    assert hour_start(hour(23), BERLIN) == unix(22, 23)
    assert day_text(hour(23) // 24) == "2026-11-23"


ODD = timezone(timedelta(hours=5, minutes=17, seconds=11))


@given(
    start=st.floats(0, 5e9),
    steps=st.lists(st.floats(-100, 100) | st.sampled_from([0.0, 3600.0, -7200.0]), max_size=20),
    tz=st.sampled_from([UTC, BERLIN, KOLKATA, ODD]),
)
def test_cached_hours_are_local_hours(start, steps, tz):
    """Even if the clock goes back, and if an hour begins within a minute of Unix time."""
    hours, at = LocalHours(tz), start
    for step in steps:
        at += step
        assert hours.of(at) == local_hour(at, tz)


@pytest.mark.parametrize("at", [float("nan"), float("inf"), -1.0])
def test_cached_hours_of_invalid_times_are_clamped(at):
    """Whatever is in the cache."""
    hours = LocalHours(UTC)
    for each in (unix(22), at, at, unix(22, 3)):
        assert hours.of(each) == local_hour(each, UTC)


@pytest.mark.parametrize("at", [-1.0, float("-inf"), float("inf"), float("nan"), 1e300, LATEST * 2])
def test_invalid_times_are_clamped(at):
    """To a time that has a date."""
    assert 0 < local_hour(at, UTC) < LAST_HOUR
    assert 0 <= milliseconds(at) <= LATEST * 1000


def test_whole_days_are_read_from_days():
    """From midnight to midnight, nothing else is read."""
    assert table_ranges(unix(20), unix(22), kept=0, tz=UTC) == [
        TableRange("days", DAY - 2, DAY - 1)
    ]


def test_both_ends_are_read_from_hours_and_attempts():
    """Days lie between them."""
    assert table_ranges(unix(20, 21, 30), unix(22, 2, 15), kept=0, tz=UTC) == [
        TableRange("attempts", hour(20, 21), hour(20, 21)),
        TableRange("attempts", hour(22, 2), hour(22, 2)),
        TableRange("hours", hour(20, 22), hour(20, 23)),
        TableRange("days", DAY - 1, DAY - 1),
        TableRange("hours", hour(22, 0), hour(22, 1)),
    ]


def test_a_range_within_one_hour_is_read_once():
    """Both ends are in the same table range."""
    found = table_ranges(unix(22, 3, 10), unix(22, 3, 20), kept=0, tz=UTC)
    assert found == [TableRange("attempts", hour(22, 3), hour(22, 3))]


def test_a_range_that_ends_before_it_begins_is_empty():
    """So is one without length."""
    assert table_ranges(unix(22), unix(21), kept=0, tz=UTC) == []
    assert table_ranges(unix(22), unix(22), kept=0, tz=UTC) == []


def test_without_bounds_only_days_are_read():
    """All of them."""
    (piece,) = table_ranges(None, None, kept=0, tz=UTC)
    assert (piece.table, piece.first) == ("days", 0)
    assert piece.last * 24 + 23 == LAST_HOUR


def test_a_bound_includes_its_whole_day_where_attempts_were_removed():
    """Only sums of days are left there."""
    found = table_ranges(unix(10, 9, 30), unix(12, 9, 30), kept=hour(20), tz=UTC)
    assert found == [TableRange("days", DAY - 12, DAY - 10)]


def test_recent_attempts_are_read_one_by_one():
    """Those of this hour and of the two before, which include the last 60 minutes."""
    found = recent_ranges(unix(21), unix(22, 15, 30), kept=0, tz=UTC)
    assert found == [
        TableRange("days", DAY - 1, DAY - 1),
        TableRange("hours", hour(22), hour(22, 12)),
        TableRange("attempts", hour(22, 13), LAST_HOUR),
    ]
    assert recent_ranges(unix(22, 15), unix(22, 15, 30), kept=0, tz=UTC) == [
        TableRange("attempts", hour(22, 15), LAST_HOUR)
    ]


def test_a_clock_that_was_in_the_future_does_not_count_twice():
    """Hours whose attempts were removed are read as days, up to where attempts begin."""
    found = recent_ranges(unix(1), unix(5, 12), kept=hour(20), tz=UTC)
    assert found == [
        TableRange("days", DAY - 21, DAY - 3),
        TableRange("attempts", hour(20), LAST_HOUR),
    ]


MOMENTS = st.integers(
    min_value=int(datetime(2026, 10, 23, tzinfo=UTC).timestamp()),
    max_value=int(datetime(2026, 10, 28, tzinfo=UTC).timestamp()),  # the clocks go back on the 25th
)


def covered(part, at, since, until, tz):
    """Whether a piece has the attempt made at `at`."""
    number = local_hour(at, tz) // (24 if part.table == "days" else 1)
    is_within = part.table != "attempts" or (
        (since is None or at >= since) and (until is None or at < until)
    )
    return part.first <= number <= part.last and is_within


@given(
    moments=st.lists(MOMENTS, max_size=50),
    since=MOMENTS | st.none(),
    until=MOMENTS | st.none(),
    tz=st.sampled_from([UTC, BERLIN, KOLKATA]),
)
def test_every_attempt_of_a_range_is_in_exactly_one_table_range(moments, since, until, tz):
    """Whatever the clock does."""
    found = table_ranges(since, until, kept=0, tz=tz)
    counted = Counter(at for at in moments for part in found if covered(part, at, since, until, tz))
    expected = (
        at for at in moments if (since is None or at >= since) and (until is None or at < until)
    )
    assert counted == Counter(expected)


@given(moments=st.lists(MOMENTS, max_size=50), since=MOMENTS, now=MOMENTS)
def test_every_recent_attempt_is_in_exactly_one_table_range(moments, since, now):
    """Those of the last hour in `attempts`, even if the clock went back."""
    found = recent_ranges(since, now, kept=0, tz=BERLIN)
    hits = {at: [p.table for p in found if covered(p, at, since, None, BERLIN)] for at in moments}
    for at, tables in hits.items():
        assert len(tables) == (at >= since)
        assert tables in ([], ["attempts"]) or at < now - 3600
