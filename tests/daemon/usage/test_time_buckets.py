"""Hours and days of local time, and which tables hold a span."""

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


def test_an_hour_is_that_of_the_local_clock():
    """Half past midnight in Berlin is another day than in UTC."""
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
def test_a_remembered_hour_is_the_local_hour(start, steps, tz):
    """Also where the clock goes back, and where an hour begins within a minute of Unix time."""
    hours, at = LocalHours(tz), start
    for step in steps:
        at += step
        assert hours.of(at) == local_hour(at, tz)


@pytest.mark.parametrize("at", [float("nan"), float("inf"), -1.0])
def test_a_remembered_hour_of_no_real_time_is_that_of_a_real_one(at):
    """Whatever was remembered before."""
    hours = LocalHours(UTC)
    for each in (unix(22), at, at, unix(22, 3)):
        assert hours.of(each) == local_hour(each, UTC)


@pytest.mark.parametrize("at", [-1.0, float("-inf"), float("inf"), float("nan"), 1e300, LATEST * 2])
def test_a_clock_may_say_anything(at):
    """It becomes a time that has a date."""
    assert 0 < local_hour(at, UTC) < LAST_HOUR
    assert 0 <= milliseconds(at) <= LATEST * 1000


def test_whole_days_come_from_days():
    """From midnight to midnight nothing else is read."""
    assert table_ranges(unix(20), unix(22), kept=0, tz=UTC) == [
        TableRange("days", DAY - 2, DAY - 1)
    ]


def test_the_ends_come_from_hours_and_attempts():
    """In the order of what costs most."""
    assert table_ranges(unix(20, 21, 30), unix(22, 2, 15), kept=0, tz=UTC) == [
        TableRange("attempts", hour(20, 21), hour(20, 21)),
        TableRange("attempts", hour(22, 2), hour(22, 2)),
        TableRange("hours", hour(20, 22), hour(20, 23)),
        TableRange("days", DAY - 1, DAY - 1),
        TableRange("hours", hour(22, 0), hour(22, 1)),
    ]


def test_a_span_within_one_hour_is_read_once():
    """Both ends are in the same piece."""
    found = table_ranges(unix(22, 3, 10), unix(22, 3, 20), kept=0, tz=UTC)
    assert found == [TableRange("attempts", hour(22, 3), hour(22, 3))]


def test_a_span_that_ends_before_it_begins_is_empty():
    """So is one without length."""
    assert table_ranges(unix(22), unix(21), kept=0, tz=UTC) == []
    assert table_ranges(unix(22), unix(22), kept=0, tz=UTC) == []


def test_without_bounds_only_days_are_read():
    """All there is."""
    (piece,) = table_ranges(None, None, kept=0, tz=UTC)
    assert (piece.table, piece.first) == ("days", 0)
    assert piece.last * 24 + 23 == LAST_HOUR


def test_where_attempts_have_been_removed_a_bound_counts_its_whole_day():
    """Only the sums of days are left there."""
    found = table_ranges(unix(10, 9, 30), unix(12, 9, 30), kept=hour(20), tz=UTC)
    assert found == [TableRange("days", DAY - 12, DAY - 10)]


def test_of_late_attempts_come_one_by_one():
    """Those of this hour and of the two before, for the last sixty minutes are among them."""
    found = recent_ranges(unix(21), unix(22, 15, 30), kept=0, tz=UTC)
    assert found == [
        TableRange("days", DAY - 1, DAY - 1),
        TableRange("hours", hour(22), hour(22, 12)),
        TableRange("attempts", hour(22, 13), LAST_HOUR),
    ]
    assert recent_ranges(unix(22, 15), unix(22, 15, 30), kept=0, tz=UTC) == [
        TableRange("attempts", hour(22, 15), LAST_HOUR)
    ]


def test_a_clock_that_stood_in_the_future_does_not_count_twice():
    """The hours whose attempts are gone are read as days, up to where attempts begin."""
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
def test_every_attempt_of_a_span_is_in_one_piece_and_no_other_is(moments, since, until, tz):
    """Whatever the clocks do."""
    found = table_ranges(since, until, kept=0, tz=tz)
    counted = Counter(at for at in moments for part in found if covered(part, at, since, until, tz))
    expected = (
        at for at in moments if (since is None or at >= since) and (until is None or at < until)
    )
    assert counted == Counter(expected)


@given(moments=st.lists(MOMENTS, max_size=50), since=MOMENTS, now=MOMENTS)
def test_every_recent_attempt_is_in_one_piece(moments, since, now):
    """Those of the last hour are in attempts; the clock may have gone back."""
    found = recent_ranges(since, now, kept=0, tz=BERLIN)
    hits = {at: [p.table for p in found if covered(p, at, since, None, BERLIN)] for at in moments}
    for at, tables in hits.items():
        assert len(tables) == (at >= since)
        assert tables in ([], ["attempts"]) or at < now - 3600
