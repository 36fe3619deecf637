"""The arithmetic of shared counters."""

import pytest

from aircherd.shared_state import counting
from aircherd.shared_state.base import Bucket

MINUTE = Bucket(length=60, step=1)
DAY = Bucket(label="2026-11-30", start=1000.0, end=2000.0)


@pytest.mark.parametrize(
    ("now", "number", "is_counted"),
    [
        (100.0, 39, False),  # it ended at 40, 60 seconds ago
        (100.0, 40, True),  # it ended at 41
        (100.9, 40, True),
        (101.0, 40, False),
        (100.0, 101, True),  # of a machine whose clock is ahead
    ],
)
def test_rolling_window_counts_what_ended_less_than_its_length_ago(
    now: float, number: int, is_counted: bool
) -> None:
    """A bucket counts as long as a part of it may be in the window."""
    assert counting.counts(MINUTE, str(number), now) is is_counted
    assert (number >= counting.first_bucket(MINUTE, now)) is is_counted


@pytest.mark.parametrize(
    ("now", "is_over"), [(999.9, True), (1000.0, False), (1999.9, False), (2000.0, True)]
)
def test_calendar_window_has_a_begin_and_an_end(now: float, is_over: bool) -> None:
    """A rolling one has none."""
    assert counting.is_over(DAY, now) is is_over
    assert not counting.is_over(MINUTE, now)


def test_sums_are_those_of_the_window() -> None:
    """Of the calendar, only its label counts."""
    assert counting.used_in(MINUTE, {"39": 1, "40": 2, "100": 4}, 100.0) == 6
    assert counting.used_in(DAY, {"2026-11-29": 1, "2026-11-30": 2}, 1500.0) == 2


def test_what_a_silent_machine_holds_counts_until_its_use_would_be_out_of_the_window() -> None:
    """It may be used for one length of a rolling window, and then it counts for another."""
    assert counting.held_until(DAY, 1500.0) == 2000.0
    assert counting.held_until(MINUTE, 1500.0) == 1620.0


def test_counters_are_kept_for_two_windows() -> None:
    """But at least for two days: a machine may be off at night."""
    month = Bucket(label="2026-11", start=0.0, end=30 * 86400.0)
    assert counting.kept_seconds(month) == 60 * 86400
    assert counting.kept_seconds(MINUTE) == counting.kept_seconds(DAY) == 48 * 3600


@pytest.mark.parametrize(
    ("rest", "least", "most", "machines", "granted"),
    [
        (1000, 1, 64, 1, 64),  # all that it takes
        (1000, 1, 64, 10, 50),  # half of its part
        (19, 1, 64, 10, 1),  # near the end: what one request needs
        (1, 1, 64, 10, 1),
        (5, 5, 64, 10, 5),
        (5, 6, 64, 1, 0),  # less than it needs
        (5, 0, 64, 1, 2),  # ahead of need
        (1, 0, 64, 1, 0),
        (0, 0, 64, 1, 0),
        (-5, 0, 64, 1, 0),
        (100, 10, 0, 1, 10),  # a request without more
        (100, 0, 0, 1, 0),
    ],
)
def test_grants_shrink_as_the_rest_does(
    rest: int, least: int, most: int, machines: int, granted: int
) -> None:
    """And never exceed it."""
    assert counting.grant_size(rest, least, most, machines) == granted


def test_part_of_a_machine_does_not_grow_while_it_uses_it() -> None:
    """Of a hundred for two machines, one gets fifty: held or used."""
    assert counting.learning_rest(100, used=0, held=0, new=0, machines=2) == 50
    assert counting.learning_rest(100, used=30, held=10, new=30, machines=2) == 10
    assert counting.learning_rest(100, used=50, held=0, new=50, machines=2) == 0
    assert counting.learning_rest(100, used=40, held=0, new=0, machines=2) == 30


def test_part_of_what_was_left_when_a_counter_was_lost() -> None:
    """The least that a machine knows counts, and what each held before is not taken from it."""
    assert counting.known_rest(None, None) is None
    assert counting.known_rest(None, 7) == counting.known_rest(7, None) == 7
    assert counting.known_rest(9, 7) == counting.known_rest(7, 9) == 7
    assert counting.part_of_rest(20, held=50, first_held=50, new=0, machines=2) == 10
    assert counting.part_of_rest(20, held=40, first_held=50, new=15, machines=2) == 5
    assert counting.part_of_rest(-20, held=1, first_held=0, new=0, machines=2) == -1


@pytest.mark.parametrize(
    ("bucket", "missing", "frees_at"),
    [
        (MINUTE, 0, None),  # now
        (MINUTE, 3, 140.0 + 1 - 40),  # the oldest bucket ends at 41
        (MINUTE, 4, 151.0),
        (MINUTE, 50, None),  # depends on others
        (DAY, 1, 2000.0),
    ],
)
def test_time_of_room(bucket: Bucket, missing: int, frees_at: float | None) -> None:
    """When enough of the oldest buckets have left the window, or it is over."""
    totals = {"30": 50, "40": 3, "90": 5, "2026-11-30": 100}
    if not bucket.label:
        del totals["2026-11-30"]
    assert counting.frees_at(bucket, totals, missing, 100.0) == frees_at
