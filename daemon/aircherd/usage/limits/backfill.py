"""Reads usage from before a limit was set from the ledger, with retries.

Until then the limit counts what is used from now on, and its status says that it is incomplete:
serving requests does not depend on the disk.
"""

from collections.abc import Awaitable, Callable, Sequence

import structlog
import trio

from aircherd.config.model import Limit
from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.ledger import Ledger, Mark
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.limits.missing_history import MissingHistory
from aircherd.usage.limits.tracker import LimitTracker

MIN_RETRY_SECONDS = 1.0
MAX_RETRY_SECONDS = 5.0
"""Limits may refuse requests until it can be read."""

log = structlog.get_logger()

ReadShared = Callable[[MissingHistory, Mark], Awaitable[Sequence[ReplayedUsage]]]
"""Reads the history of limits that a fleet shares; it may raise LedgerUnavailable."""


class Backfill:
    """Receives new limits; `run` reads their history in the background."""

    def __init__(self, ledger: Ledger, tracker: LimitTracker) -> None:
        self._ledger = ledger
        self._tracker = tracker
        self._marks: dict[MissingHistory, Mark] = {}
        self._requested, self._tried = trio.Event(), trio.Event()
        self._reason: str | None = None  # why the last read failed
        self.read_shared: ReadShared | None = None
        """Set before limits are shared."""

    def configure(self, limits: Sequence[Limit], *, refuses_unknown: bool = False) -> None:
        """Apply these limits from now on, and read the history of new ones.

        `refuses_unknown` is as in `LimitTracker.configure`.
        """
        self._tracker.configure(limits, refuses_unknown=refuses_unknown)
        self.note_missing()

    def note_missing(self) -> None:
        """Read the history that the tracker lacks since just now."""
        mark = self._ledger.mark()
        missing = self._tracker.missing_history
        self._marks = {history: self._marks.get(history, mark) for history in missing}
        if not self._requested.is_set():  # else `run` has not yet tried for an earlier call
            self._tried = trio.Event()
        self._requested.set()

    async def wait(self, seconds: float) -> None:
        """Wait until `run` has tried, but not longer than `seconds`: a disk may hang forever."""
        with trio.move_on_after(seconds) as waiting:
            await self._tried.wait()
        if waiting.cancelled_caught:
            reason = f"the ledger did not answer within {seconds:g} s"
            log.warning("limits_incomplete", reason=reason)

    async def run(self) -> None:
        """Read missing history whenever there is some, and retry after failures."""
        pause = MIN_RETRY_SECONDS
        while True:
            requested, tried = self._requested, self._tried
            self._requested = trio.Event() if requested.is_set() else requested
            is_read = await self._read()
            tried.set()
            if is_read:
                pause = MIN_RETRY_SECONDS
                await self._requested.wait()
            else:
                with trio.move_on_after(pause):
                    await self._requested.wait()
                pause = min(2 * pause, MAX_RETRY_SECONDS)

    async def _read(self) -> bool:
        """Fill in all missing history; return whether it could be read."""
        marks = self._marks
        for history in self._tracker.missing_history:
            try:
                rows = await self._rows(history, marks[history])
            except LedgerUnavailable as error:
                self._log_failure(error.message)
                return False
            self._reason = None
            self._tracker.restore(history, rows)
        return True

    async def _rows(self, history: MissingHistory, mark: Mark) -> Sequence[ReplayedUsage]:
        if history.is_shared and self.read_shared is not None:
            return await self.read_shared(history, mark)
        return await self._ledger.rows_since(history.since, mark)

    def _log_failure(self, reason: str) -> None:
        """Log why the history cannot be read, once for each reason: it may stay so for days."""
        if reason != self._reason:
            log.warning("limits_incomplete", reason=reason)
        self._reason = reason

    def __repr__(self) -> str:
        return f"<Backfill, {len(self._tracker.missing_history)} histories missing>"
