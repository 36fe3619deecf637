"""The clocks that cooldowns are measured with; they are passed in."""

import time
from collections.abc import Callable

import msgspec


class Clocks(msgspec.Struct, frozen=True):
    """Three clocks, in seconds.

    `ticks` never jumps, and goes on while the machine sleeps; `running` stops then; `wall` is the
    Unix time, which people set.
    """

    ticks: Callable[[], float]
    running: Callable[[], float]
    wall: Callable[[], float]

    def drift(self) -> float:
        """Return a number that changes a lot in a sleep, or when the wall clock is set."""
        return self.wall() - self.running()


def _ticks() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


CLOCKS = Clocks(_ticks, time.monotonic, time.time)
"""The clocks of this machine."""
