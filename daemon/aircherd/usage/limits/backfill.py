"""Reads from the ledger what was used before a limit was there, and tries until it is read.

Until then the limit counts what is used from now on, and its status says that this is not all:
better than not to serve while a disk is ill, and the user can see it.
"""

from collections.abc import Sequence

import structlog
import trio

from aircherd.config.model import Limit
from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.ledger import Ledger, Mark
from aircherd.usage.limits.awaited_past import AwaitedPast
from aircherd.usage.limits.tracker import LimitTracker

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0

log = structlog.get_logger()


class Backfill:
    """Tell it the limits; `run` reads their pasts in the background."""

    def __init__(self, ledger: Ledger, book: LimitTracker) -> None:
        self._ledger = ledger
        self._book = book
        self._marks: dict[AwaitedPast, Mark] = {}
        self._asked, self._tried = trio.Event(), trio.Event()
        self._reason: str | None = None  # why it could not be read the last time

    def configure(self, limits: Sequence[Limit]) -> None:
        """Count by these limits from now on, and have the past of the new ones read."""
        self._book.configure(limits)
        mark = self._ledger.mark()
        self._marks = {past: self._marks.get(past, mark) for past in self._book.awaited}
        if not self._asked.is_set():  # else `run` is yet to try for who asked before, and for us
            self._tried = trio.Event()
        self._asked.set()

    async def wait(self, seconds: float) -> None:
        """Wait until `run` has tried, at most so long: a disk may hang for good."""
        with trio.move_on_after(seconds) as waiting:
            await self._tried.wait()
        if waiting.cancelled_caught:
            reason = f"the ledger does not answer within {seconds:g} s"
            log.warning("limits_without_a_past", reason=reason)

    async def run(self) -> None:
        """Read what is awaited, as often as there is something new; what fails is tried again."""
        pause = FIRST_PAUSE
        while True:
            asked, tried = self._asked, self._tried
            self._asked = trio.Event() if asked.is_set() else asked
            is_read = await self._read()
            tried.set()
            if is_read:
                pause = FIRST_PAUSE
                await self._asked.wait()
            else:
                with trio.move_on_after(pause):
                    await self._asked.wait()
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _read(self) -> bool:
        """Fill every past that is awaited; return whether it could be read."""
        marks = self._marks
        for past in self._book.awaited:
            try:
                rows = await self._ledger.rows_since(past.since, marks[past])
            except LedgerUnavailable as error:
                self._note(error.message)
                return False
            self._reason = None
            self._book.restore(past, rows)
        return True

    def _note(self, reason: str) -> None:
        """Say why it cannot be read, once: it may stay so for days."""
        if reason != self._reason:
            log.warning("limits_without_a_past", reason=reason)
        self._reason = reason

    def __repr__(self) -> str:
        return f"<Backfill, {len(self._book.awaited)} pasts awaited>"
