"""The clocks of this machine, and how a sleep shows."""

from aircherd.providers.health.clocks import CLOCKS
from helpers.cooling import Time


def test_a_sleep_and_a_set_clock_show_as_drift():
    """Time that passes awake does not."""
    time = Time()
    before = time.clocks.drift()
    time.passes(3600)
    assert time.clocks.drift() == before
    time.sleeps(60)
    assert time.clocks.drift() == before + 60


def test_this_machine_has_all_three():
    """The ticks are never behind the clock that stops in a sleep."""
    running = CLOCKS.running()
    assert CLOCKS.ticks() >= running
