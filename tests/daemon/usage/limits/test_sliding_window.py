"""Usage of the last minute or hour, compared with a list of all usage."""

import math

from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.limits.sliding_window import SlidingWindow
from aircherd.usage.limits.windows import ROLLING, Rolling

MINUTE = Rolling(60, 1)


def test_an_amount_counts_for_a_minute():
    """And less than one second longer."""
    used = SlidingWindow(MINUTE)
    used.advance(1000.0)
    used.add(1000.5, 7)
    used.advance(1060.5)
    assert used.used == 7
    used.advance(1061.0)
    assert used.used == 0


@given(
    st.sampled_from([*ROLLING.values()]),
    st.lists(st.tuples(st.floats(0, 400), st.integers(0, 100)), max_size=60),
)
def test_used_is_the_sum_over_the_window(window, uses):
    """Never less, and at most one step more."""
    used, now, past = SlidingWindow(window), 1_000_000.0, []
    for pause, amount in uses:
        now += pause
        used.advance(now)
        used.add(now, amount)
        past.append((now, amount))
        inside = sum(amount for at, amount in past if at > now - window.length)
        around = sum(amount for at, amount in past if at > now - window.length - window.step)
        assert inside <= used.used <= around


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 100)), min_size=1), st.data())
def test_frees_at_is_exact(uses, data):
    """Not earlier, and at that very moment."""
    used, now = SlidingWindow(MINUTE), 1_000_000.0
    for pause, amount in uses:
        now += pause
        used.advance(now)
        used.add(now, amount)
    before = used.used
    excess = data.draw(st.integers(1, before))
    at = used.frees_at(now, excess)
    assert now < at <= now + 61
    used.advance(at - 0.001)
    assert before - used.used < excess
    used.advance(at)
    assert before - used.used >= excess


def test_reserved_amounts_free_one_window_from_now():
    """Their end is unknown."""
    assert SlidingWindow(MINUTE).frees_at(1000.0, 5) == 1060.0


def test_resets_at_is_when_the_last_amount_expires():
    """None if nothing is used."""
    used = SlidingWindow(MINUTE)
    assert used.resets_at() is None
    used.add(1000.5, 1)
    used.add(1030.5, 1)
    assert used.resets_at() == 1091.0


def test_an_expired_amount_does_not_count():
    """A request may take longer than the window."""
    used = SlidingWindow(MINUTE)
    used.advance(1000.0)
    used.add(900.0, 5)
    assert used.used == 0


def test_memory_is_bounded_by_the_steps_of_a_window():
    """However much happens."""
    used, now = SlidingWindow(MINUTE), 0.0
    for _ in range(10_000):
        now += 0.1
        used.advance(now)
        used.add(now, 1)
    assert len(used._amounts) <= 61


def test_began_before_compares_the_oldest_step():
    """A loss within that step is within the window."""
    minute = SlidingWindow(MINUTE)
    minute.advance(1000)
    assert [minute.began_before(at) for at in (939, 940, 941)] == [False, False, True]
    assert not minute.began_before(-math.inf)
