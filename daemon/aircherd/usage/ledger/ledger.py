"""The ledger: a row for every attempt, written before it is sent and completed after.

    begin    -> `started`, with what it may cost          gone with a crash only if < 50 ms old
    settle   -> `ok` or an error code, with what it took  on disk, a loss of power included
    at start -> what is still `started` is `unknown`, and may have cost what was estimated

Nothing here waits for a disk but `flush`, `report`, `learned` and `rows_since`. When the disk is
full or the file cannot be used, requests go on, rows are held in memory up to a bound, and `state`
says so.

No prompt, no reply and no key is ever told to it.
"""

import math
import threading
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog
import trio

from aircherd.usage.ledger.database import FileTrouble, LedgerDatabase
from aircherd.usage.ledger.replay import ReplayedUsage, read_replayed_usage
from aircherd.usage.ledger.report import UsageReport, checked, read_report
from aircherd.usage.ledger.writer import LedgerState, LedgerWriter
from aircherd.usage.output_estimator import Learned, read_learned
from aircherd.vocabulary.usage import Settled, Started

OPEN_SECONDS = 2.0
"""How long to wait for the file at the start: a large one takes time, a dead disk for ever."""
CLOSE_SECONDS = 5.0
LAST_TRY_SECONDS = 1.5
"""What the last try may take where another program has the file: each look waits half a second."""

log = structlog.get_logger()


def _forever() -> None:
    """Keep every row."""


class Mark(NamedTuple):
    """A moment: the number of the next attempt, and those of the attempts under way.

    `at` is the Unix time; or if that is earlier, when the oldest of those under way was made: what
    is as new as that comes one by one, so that they can be told from the others.
    """

    at: float
    number: int
    under_way: frozenset[int] = frozenset()


class LedgerStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Counts since the start: attempts but for `waiting` and `written`, which are entries."""

    under_way: int
    begun: int
    settled: int
    waiting: int
    written: int
    batches: int
    lost: int
    removed: int


class Ledger:
    """Tell it what is begun and settled; ask it what was spent. Made by `open_ledger`."""

    def __init__(
        self, writer: LedgerWriter, *, clock: Callable[[], float], tz: tzinfo | None, first_id: int
    ) -> None:
        self._writer = writer
        self._put = writer.put
        self._clock = clock
        self._tz = tz
        self._first_id = self._next_id = first_id
        self._open: dict[int, Started] = {}

    def __repr__(self) -> str:
        return f"<Ledger {self.state.status} {self.statistics()}>"

    @property
    def state(self) -> LedgerState:
        """Whether what is told is kept, and why not."""
        return self._writer.state

    @property
    def lost_at(self) -> float:
        """The Unix time before which attempts may be missing, -inf if none was lost."""
        return self._writer.lost_at

    def statistics(self) -> LedgerStatistics:
        """Return a frozen account for people and tests."""
        begun = self._next_id - self._first_id
        return LedgerStatistics(
            under_way=len(self._open),
            begun=begun,
            settled=begun - len(self._open),
            waiting=self._writer.waiting,
            written=self._writer.written,
            batches=self._writer.batches,
            lost=self._writer.lost,
            removed=self._writer.removed,
        )

    def begin(self, started: Started) -> Started:
        """Note that an attempt is about to be sent, and number it. Never waits or fails."""
        number = started.id = self._next_id
        self._next_id = number + 1
        self._open[number] = started
        self._put(started)
        return started

    def settle(self, started: Started, settled: Settled) -> None:
        """Note how an attempt ended; only the first time counts. Never waits or fails."""
        if self._open.pop(started.id, None) is None:
            return
        started.settled = settled  # before it is asked whether it is queued: see `WriteQueue.take`
        if not started.is_queued:
            self._put(started)

    @property
    def under_way(self) -> list[Started]:
        """The attempts that have begun and not ended."""
        return list(self._open.values())

    async def flush(self) -> bool:
        """Wait until all that was told is on disk; return False if it cannot be written now.

        Raises:
            LedgerUnavailable: the ledger is closed.
        """
        return await self._writer.ask(lambda _: self.state.status == "ok")

    def mark(self) -> Mark:
        """Return what there is now, for `rows_since`: what has ended by now is before it."""
        oldest = min((started.at for started in self._open.values()), default=math.inf)
        return Mark(min(self._clock(), oldest), self._next_id, frozenset(self._open))

    async def report(
        self, since: float | None, until: float | None, by: Collection[str]
    ) -> UsageReport:
        """Sum up the attempts of `since` <= at < `until` (Unix seconds, None: no bound).

        `by` is what to group by, of `report.BY`. Attempts under way are not counted. In hours whose
        attempts have been removed, a bound counts the whole of its day.

        Raises:
            BadRequest: an unknown thing to group by.
            LedgerUnavailable: the file cannot be read, or is of a later version.
        """
        work = partial(read_report, since=since, until=until, by=checked(by), tz=self._tz)

        def read(file: LedgerDatabase) -> UsageReport:
            if file.refusal is not None:
                raise FileTrouble(file.refusal)  # the sums of a moment would pass for all there is
            return file.read(work)

        return await self._writer.ask(read)

    async def learned(self) -> list[Learned]:
        """Return how long the last answers of each model were.

        Raises:
            LedgerUnavailable: the file cannot be read.
        """
        return await self._writer.ask(lambda file: file.read(read_learned))

    async def rows_since(self, at: float, mark: Mark | None = None) -> list[ReplayedUsage]:
        """Return what has ended of the attempts made at `at` or later: see `spent`.

        With a `mark`, of those that had ended when it was made: the same whenever it is asked for.

        Raises:
            LedgerUnavailable: the file cannot be read, or lacks what cannot be written now.
        """
        now, number, under_way = mark or Mark(self._clock(), self._next_id)

        def read(file: LedgerDatabase) -> list[ReplayedUsage]:
            if self.state.status != "ok":
                raise FileTrouble(str(self.state.reason))
            moved = file.moved(self._first_id)
            work = partial(
                read_replayed_usage,
                since=at,
                now=now,
                tz=self._tz,
                before=number + moved,
                without={open_id + moved for open_id in under_way},
            )
            return file.read(work)

        return await self._writer.ask(read)


@asynccontextmanager
async def open_ledger(
    path: Path,
    *,
    clock: Callable[[], float],
    tz: tzinfo | None = None,
    keep_days: Callable[[], int | None] = _forever,
) -> AsyncIterator[Ledger]:
    """Open the ledger at `path`; leaving the context writes what is left, within 5 s.

    It opens whatever is wrong with the file: `state` says it. `clock` gives Unix seconds, `tz` is
    the time zone of days (None: the machine's), `keep_days` how many days attempts are kept; the
    sums of days are kept for ever. Both are called in the writer's thread too.
    """
    file = LedgerDatabase(path, clock=clock, tz=tz)
    writer = LedgerWriter(file, clock=clock, tz=tz, keep_days=keep_days)
    opened = trio.Event()
    tell = partial(_tell, trio.lowlevel.current_trio_token(), opened)
    # A daemon thread: where a disk hangs for good, the process can end all the same.
    thread = threading.Thread(target=writer.run, args=(tell,), name="ledger", daemon=True)
    thread.start()
    try:
        with trio.move_on_after(OPEN_SECONDS):
            await opened.wait()
        writer.first_id = file.highest + 1
        yield Ledger(writer, clock=clock, tz=tz, first_id=writer.first_id)
    finally:
        writer.close(within=CLOSE_SECONDS - LAST_TRY_SECONDS)
        # The thread is waited for in real time, whatever clock the loop has.
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(partial(thread.join, CLOSE_SECONDS))
        if thread.is_alive():
            why = f"the disk did not answer within {CLOSE_SECONDS:g} s"
            log.error("ledger incomplete", not_written=writer.waiting, why=why)


def _tell(token: trio.lowlevel.TrioToken, opened: trio.Event) -> None:
    with suppress(trio.RunFinishedError):
        token.run_sync_soon(opened.set)
