"""Time that only goes forward, as fast as time really passes: for limits and the ledger.

The clock of the machine may be set. The time since the machine started (`CLOCK_BOOTTIME`, which
goes on in a suspend) cannot, but is 0 at each start. So the ledger keeps what has to be
added to it: then both agree as long as nothing is set, also after a restart.

After a start of the machine nothing but its clock tells how much time has passed.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Stored(NamedTuple):
    """What the ledger knows: the start of the machine, and what was added then, in seconds.

    The clock was `offset` ahead then. `last` is the latest attempt: its time on the steady axis and
    by the clock.
    """

    boot: int | None = None
    added: float = 0.0
    offset: float = 0.0
    last: tuple[float, float] | None = None


def since_boot() -> float:
    """Return the seconds since the machine started."""
    return time.clock_gettime(_CLOCK)


def boot_number(file: Path = BOOT_ID) -> int | None:
    """Return a number for this start of the machine, None if the system has none."""
    try:
        return int(file.read_text().replace("-", "")[:15], 16)
    except (OSError, ValueError):
        return None


def steady_base(stored: Stored, *, boot: int | None, clock: float, elapsed: float) -> float:
    """Return what to add to the seconds since the start of the machine.

    Args:
        stored: What an earlier run left.
        boot: This start of the machine.
        clock: The Unix time now.
        elapsed: The seconds since the start of the machine.
    """
    if boot is not None and boot == stored.boot:
        return stored.added
    if stored.last is None:
        return clock - elapsed
    steady, last_clock = stored.last
    return steady + max(clock - last_clock, 0.0) - elapsed


class FollowsClock:
    """A steady time from the clock alone: it goes forward with it, and never back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = self._now = clock()

    def __call__(self) -> float:
        """Return the time."""
        clock = self._clock()
        self._now += max(clock - self._last, 0.0)
        self._last = clock
        return self._now
