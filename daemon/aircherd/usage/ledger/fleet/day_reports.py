"""The sums of days that the engine does not have yet: read from the ledger now and then.

They are for people, so they need not be of this very second. The ledger has each attempt once, and
so has each sum: nothing is added up anywhere else.
"""

from collections.abc import Awaitable, Callable, Mapping

import structlog
import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.fleet.day_sums import KEPT_DAYS, DaySum, ReadDays

READ_SECONDS = 2.0
"""Between two reads while there is something new."""
IDLE_FACTOR, MAX_READ_SECONDS = 50, 30.0
"""A read that costs the ledger's thread much is made less often: after so many times as long, or so
many seconds. (How long it waits for the thread says nothing: a busy start would keep days back.)"""
RECENT_DAYS = 2
"""After the first read, only these change. (An attempt ends within an hour.)"""

log = structlog.get_logger()


class DayReports:
    """`read(days)` returns the sums of the last days, `ended` how many attempts have ended.

    `waiting` are those to be reported; `note_reported` says that the engine has them.
    """

    def __init__(
        self,
        read: Callable[[int | None], Awaitable[ReadDays]],
        ended: Callable[[], int],
    ) -> None:
        self._read = read
        self._ended = ended
        self._reported: dict[str, DaySum] = {}
        self._known: dict[str, DaySum] = {}
        self._has_all = False
        self._forgotten = trio.Event()
        self._problem: str | None = None

    @property
    def known(self) -> dict[str, DaySum]:
        """The days that have been read."""
        return self._known

    @property
    def waiting(self) -> dict[str, DaySum]:
        """The days whose sums have changed since they were reported."""
        reported = self._reported
        return {day: sums for day, sums in self._known.items() if reported.get(day) != sums}

    def note_reported(self, days: Mapping[str, DaySum]) -> None:
        """Note that the engine has these sums."""
        self._reported.update(days)

    def forget_reported(self) -> None:
        """Report everything again: the engine has lost it, or counts under another id."""
        self._reported.clear()
        self._has_all = False
        self._forgotten.set()

    async def run(self) -> None:
        """Read when attempts have ended; never returns."""
        seen = -1
        while True:
            pause, ended = READ_SECONDS, self._ended()
            if ended != seen or not self._has_all:
                took = await self._read_once()
                if took is not None:
                    seen = ended
                    pause = min(max(pause, IDLE_FACTOR * took), MAX_READ_SECONDS)
            with trio.move_on_after(pause):
                await self._forgotten.wait()

    async def _read_once(self) -> float | None:
        """Return what it cost the ledger's thread, in seconds; None if it cannot be read."""
        has_all, self._forgotten = self._has_all, trio.Event()
        try:
            found, seconds = await self._read(RECENT_DAYS if has_all else None)
        except LedgerUnavailable as error:
            if error.message != self._problem:
                log.warning("fleet_days_incomplete", reason=error.message)
            self._problem = error.message
            return None
        self._problem = None
        known = {**(self._known if has_all else {}), **found}
        self._known = dict(sorted(known.items())[-KEPT_DAYS:])
        self._has_all = not self._forgotten.is_set()
        return seconds if has_all else 0.0

    def __repr__(self) -> str:
        return f"<DayReports of {len(self._known)} days, {len(self.waiting)} to be reported>"
