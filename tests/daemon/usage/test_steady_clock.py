"""Time that only goes forward."""

import pytest

from aircherd.usage.steady_clock import (
    FollowsClock,
    Stored,
    boot_number,
    since_boot,
    steady_base,
)


@pytest.mark.parametrize(
    ("stored", "steady"),
    [
        (Stored(), 5000.0),
        (Stored(boot=7, added=900.0), 1000.0),  # 100 s after the machine started
        (Stored(boot=8, added=900.0, last=(4000.0, 4200.0)), 4800.0),
        (Stored(boot=8, added=900.0, last=(4000.0, 9000.0)), 4000.0),  # the clock was set back
        (Stored(boot=None, added=900.0, last=(4000.0, 4200.0)), 4800.0),
    ],
)
def test_a_start_goes_on_where_the_last_run_was(stored, steady):
    """By the time since the machine started, and by the clock if it was started meanwhile."""
    assert steady_base(stored, boot=7, clock=5000.0, elapsed=100.0) + 100.0 == steady


def test_without_a_number_of_the_start_the_clock_tells():
    """As on macOS."""
    stored = Stored(boot=None, added=900.0, last=(4000.0, 4200.0))
    assert steady_base(stored, boot=None, clock=5000.0, elapsed=100.0) == 4700.0


def test_a_start_of_the_machine_has_a_number(tmp_path):
    """Which fits in a column."""
    file = tmp_path / "boot_id"
    assert boot_number(file) is None
    file.write_text("ffffffff-ffff-ffff-ffff-ffffffffffff\n")
    assert boot_number(file) == 2**60 - 1
    assert since_boot() > 0


def test_a_clock_alone_is_followed_forward():
    """What was set back does not come again."""
    times = iter([100.0, 110.0, 50.0, 60.0])
    steady = FollowsClock(lambda: next(times))
    assert [steady(), steady(), steady()] == [110.0, 110.0, 120.0]
