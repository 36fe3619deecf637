"""The clocks that cooldowns are measured with, to be passed in."""

import time
from collections.abc import Callable

import msgspec


class Clocks(msgspec.Struct, frozen=True):
    """Three clocks, in seconds: `ticks` never jumps, and goes on while the machine sleeps.

    `running` stands still then; `wall` is the one that people see, and set.
    """

    ticks: Callable[[], float]
    running: Callable[[], float]
    wall: Callable[[], float]

    def drift(self) -> float:
        """Return a number that changes by a lot in a sleep, or when the wall's clock is set."""
        return self.wall() - self.running()


def _ticks() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


CLOCKS = Clocks(_ticks, time.monotonic, time.time)
"""This machine's."""
