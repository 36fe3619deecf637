"""Days are those of the engine's clock and of the namespace's zone."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.model import Per
from aircherd.usage.fleet.engine_clock import EngineClock
from aircherd.usage.fleet.shared_window import KEPT_LABELS, SharedWindow
from helpers.fleet.leases import NOON

DAY = 86_400.0


def window_of(per: Per, zone: str = "UTC", ahead: float = 0.0) -> SharedWindow:
    """Return a window of an engine whose time is `ahead` of the steady time, at noon."""
    clock = EngineClock(steady=lambda: 0.0, clock=lambda: ahead)
    window = SharedWindow(per, clock, ZoneInfo(zone))
    window.advance(NOON)
    return window


def test_a_day_is_that_of_the_zone():
    assert window_of("day").bucket.label == "2026-11-30"
    assert window_of("day", "Pacific/Kiritimati").bucket.label == "2026-12-01"
    assert window_of("month").bucket.label == "2026-11"


def test_a_day_is_that_of_the_engines_clock():
    assert window_of("day", ahead=DAY).bucket.label == "2026-12-01"


def test_what_is_used_counts_until_the_day_is_over():
    window = window_of("day")
    assert window.advance(NOON) == NOON + DAY / 2
    window.add(NOON, 5)
    assert (window.used, window.unreported) == (5, 5)
    window.advance(NOON + DAY / 2)
    assert (window.used, window.unreported) == (0, 0)
    assert window.totals(window.take_changed()) == {"2026-11-30": 5}


def test_what_was_begun_yesterday_counts_for_yesterday():
    window = window_of("day")
    window.advance(NOON + DAY)
    window.add(NOON, 5)
    assert (window.used, window.unreported) == (0, 0)
    assert window.totals(window.take_changed()) == {"2026-11-30": 5}


def test_a_day_that_comes_back_has_what_was_used():
    """The engine's clock was set back: another one has taken over."""
    window = window_of("day")
    window.add(NOON, 5)
    window.advance(NOON + DAY)
    window.add(NOON + DAY, 1)
    window.clock.offset -= DAY
    window.advance(NOON + DAY)
    assert window.used == 5


def test_few_days_are_kept():
    window = window_of("day")
    for day in range(40):
        window.advance(NOON + day * DAY)
        window.add(NOON + day * DAY, 1)
    assert len(window.totals({f"2026-12-{day:02}" for day in range(1, 32)})) <= KEPT_LABELS + 1


def test_a_minute_rolls_in_steps():
    window = window_of("minute")
    window.add(NOON, 2)
    window.advance(NOON + 60)
    assert window.used == 2
    assert window.advance(NOON + 61) == NOON + 62
    assert window.used == 0
    assert window.resets_at() is None


def test_a_minute_says_when_it_frees():
    window = window_of("minute")
    window.add(NOON, 2)
    window.add(NOON + 10, 3)
    assert window.frees_at(NOON, 2) == NOON + 61
    assert window.frees_at(NOON, 3) == NOON + 71
    assert window.frees_at(NOON, 6) == NOON + 60
    assert window.resets_at() == NOON + 71


def test_a_lease_lapses_with_its_window():
    assert window_of("minute").lapses_at(NOON) == NOON + 60
    assert window_of("day").lapses_at(NOON) == NOON + DAY / 2


def test_it_can_be_read_again():
    window = window_of("day")
    window.add(NOON, 5)
    window.clear()
    assert (window.used, window.unreported, window.totals()) == (0, 0, {})


@given(
    per=st.sampled_from(["minute", "hour", "day", "month"]),
    events=st.lists(st.tuples(st.floats(0, 5000), st.integers(0, 100), st.booleans())),
)
def test_used_is_the_sum_of_the_buckets_that_count(
    per: Per, events: list[tuple[float, int, bool]]
) -> None:
    """Whatever happens, and whatever is reported of it."""
    window = window_of(per)
    now, unreported = NOON, 0
    for seconds, amount, is_reported in events:
        now += seconds
        label = window.bucket.label
        window.advance(now)
        unreported = 0 if window.bucket.label != label else unreported
        window.add(now, amount)
        unreported += amount
        assert window.used == sum(window.totals().values())
        assert window.unreported == unreported
        if is_reported:
            window.unreported, unreported = 0, 0


@pytest.mark.parametrize("per", ["minute", "day"])
def test_it_knows_whether_it_has_time_before(per: Per) -> None:
    window = window_of(per)
    assert window.began_before(NOON)
    assert not window.began_before(NOON - DAY)
