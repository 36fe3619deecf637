"""The ledger: a row for every attempt, written before it is sent and completed when it ends.

    begin    -> `started`, with its estimated cost       lost in a crash only if < 50 ms old
    settle   -> `ok` or an error code, with its usage    on the disk, even after a loss of power
    at start -> what is still `started` is `unknown`, and counts with its estimated cost

Only `flush`, `report`, `read` and `rows_since` wait for the disk. If the disk is full or the file
cannot be used, requests go on, rows are held in memory up to a bound, and `state` says so.

The ledger never receives a prompt, a reply or a key.
"""

import math
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
import structlog
import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.clock_history import (
    EndedAttempts,
    Period,
    has_jumped,
    note_period,
    read_jumped_usage,
    read_periods,
    read_stored,
)
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.errors import FileError
from aircherd.usage.ledger.replay import ReplayedUsage, read_replayed_usage
from aircherd.usage.ledger.report import UsageReport, read_report, validated_groups
from aircherd.usage.ledger.safety.guard import SaveWatch
from aircherd.usage.ledger.writer import LedgerState, LedgerWriter
from aircherd.usage.steady_clock import Stored, boot_number, since_boot, steady_base
from aircherd.vocabulary.usage import Settled, Started

if TYPE_CHECKING:
    from aircherd.usage.ledger.fleet.machine import MachineId

OPEN_SECONDS = 2.0
"""How long the start waits for the file: a large one takes time, a dead disk never answers."""
CLOSE_SECONDS = 5.0
MAX_LATE_SECONDS = 1.0
"""How long an answer waits for the disk."""
POLL_SECONDS = 0.005
LAST_TRY_SECONDS = 1.5
"""What the last try may take if another program has the file open: each wait is half a second."""

log = structlog.get_logger()

T = TypeVar("T")


def _forever() -> None:
    """Keep all attempts."""


class Mark(NamedTuple):
    """A moment: the number of the next attempt, and the numbers of those in progress.

    `at` is its Unix time, or that of the oldest attempt in progress if it is earlier: attempts
    since then are read one by one, so that those in progress can be left out.
    """

    at: float
    number: int
    in_progress: frozenset[int] = frozenset()


class LedgerStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Counts since the start: of entries for `waiting` and `written`, else of attempts."""

    in_progress: int
    begun: int
    settled: int
    waiting: int
    written: int
    batches: int
    lost: int
    removed: int


class Ledger:
    """Records attempts and reports what they used. Created by `open_ledger`."""

    def __init__(
        self, writer: LedgerWriter, *, clock: Callable[[], float], tz: tzinfo | None, first_id: int
    ) -> None:
        self._writer = writer
        self._put = writer.put
        self.queue = writer.queue
        self._note_ended = writer.queue.note_ended
        writer.queue.on_unsaved = SaveWatch(writer.queue, writer.guard).begin
        self._clock = clock
        self._tz = tz
        self._first_id = self._next_id = first_id
        self._open: dict[int, Started] = {}
        self.steady: Callable[[], float] = clock
        self._boot, self._added = boot_number(), 0.0

    async def start_steady_clock(self, elapsed: Callable[[], float] = since_boot) -> None:
        """Go on with the `steady` time of earlier runs; with the clock if they cannot be read."""
        stored = None
        with trio.move_on_after(OPEN_SECONDS), suppress(LedgerUnavailable):
            stored = await self.read(read_stored)
        clock, passed, boot = self._clock(), elapsed(), self._boot
        known = stored or Stored()
        added = self._added = steady_base(known, boot=boot, clock=clock, elapsed=passed)
        self.steady = lambda: elapsed() + added
        offset = clock - passed - added
        if stored and (boot != stored.boot or abs(offset - stored.offset) > 1):
            self.note_clock(offset)

    def note_clock(self, offset: float) -> None:
        """Record that from the next attempt on, the clock is so far ahead of the steady time."""
        first, steady, boot, added = self._next_id, self.steady(), self._boot, self._added

        def write(database: LedgerDatabase) -> None:
            number = first + database.id_offset(self._first_id)
            period = Period(number, offset, boot, added)
            database.read(lambda connection: note_period(connection, period, steady))

        self._writer.post(write)

    def __repr__(self) -> str:
        return f"<Ledger {self.state.status} {self.statistics()}>"

    @property
    def state(self) -> LedgerState:
        """Whether attempts are being recorded, and why not."""
        return self._writer.state

    @property
    def outage(self) -> LedgerState | None:
        """The state while it does not work, None while attempts are being recorded."""
        state = self._writer.state
        return state if state.status != "ok" else None

    @property
    def tz(self) -> tzinfo | None:
        """The time zone of hours and days, None for the machine's."""
        return self._tz

    @property
    def lost_at(self) -> float:
        """The Unix time before which attempts may be missing, -inf if none was lost."""
        return self._writer.lost_at

    def statistics(self) -> LedgerStatistics:
        """Return counts for people and tests."""
        begun = self._next_id - self._first_id
        return LedgerStatistics(
            in_progress=len(self._open),
            begun=begun,
            settled=begun - len(self._open),
            waiting=self._writer.waiting,
            written=self._writer.written,
            batches=self._writer.batches,
            lost=self._writer.lost,
            removed=self._writer.removed,
        )

    def begin(self, started: Started) -> Started:
        """Record that an attempt is about to be sent, and set its `id`. Never waits or fails."""
        number = started.id = self._next_id
        self._next_id = number + 1
        self._open[number] = started
        self._put(started)
        return started

    def settle(self, started: Started, settled: Settled) -> None:
        """Record how an attempt ended; only the first call counts. Never waits or fails."""
        if self._open.pop(started.id, None) is None:
            return
        started.settled = settled  # before `is_queued` is read: see `WriteQueue`
        if not started.is_queued:
            self._put(started)
        self._note_ended()

    async def wait_until_saved(self) -> None:
        """Wait while answered attempts are in memory only, so that a `kill -9` loses few of them.

        Call it before an answer if `queue.is_late`. It returns at once if nothing can be saved,
        as `state` says, and after 1 s if the disk does not answer: then none waits until it does.
        """
        queue, saves, give_up = self.queue, -1, 0.0
        while queue.is_late and self._writer.may_be_saved:
            if queue.saves != saves:
                saves, give_up = queue.saves, time.monotonic() + MAX_LATE_SECONDS
            elif time.monotonic() > give_up:
                self._writer.note_stuck()
            await trio.sleep(POLL_SECONDS)

    @property
    def in_progress(self) -> list[Started]:
        """The attempts that have begun and not ended."""
        return list(self._open.values())

    async def flush(self) -> bool:
        """Wait until everything recorded is on the disk; return False if it cannot be written now.

        Raises:
            LedgerUnavailable: the ledger is closed.
        """
        return await self._writer.ask(lambda _: self.state.status == "ok")

    def mark(self) -> Mark:
        """Return the present moment, for `rows_since`."""
        oldest = min((started.at for started in self._open.values()), default=math.inf)
        return Mark(min(self._clock(), oldest), self._next_id, frozenset(self._open))

    async def report(
        self, since: float | None, until: float | None, by: Collection[str]
    ) -> UsageReport:
        """Sum up the attempts of `since` <= at < `until` (Unix seconds, None: no bound).

        `by` is what to group by, of `report.GROUPS`. Attempts in progress are not counted. For
        hours whose attempts have been removed, a bound includes its whole day.

        Raises:
            BadRequest: `by` has an unknown name.
            LedgerUnavailable: the file cannot be read, or is of a later version.
        """
        work = partial(read_report, since=since, until=until, by=validated_groups(by), tz=self._tz)
        return await self.read_file(work)

    async def read_file(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` reads, in the ledger's thread, but not of attempts in memory only.

        Raises:
            LedgerUnavailable: the file cannot be read, or is of a later version.
        """

        def read(database: LedgerDatabase) -> T:
            if database.refusal is not None:
                raise FileError(database.refusal)  # the attempts in memory alone would mislead
            return database.read(work)

        return await self._writer.ask(read)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` reads, in the ledger's thread.

        Raises:
            LedgerUnavailable: the file cannot be read.
        """
        return await self._writer.ask(lambda database: database.read(work))

    async def rows_since(self, at: float, mark: Mark | None = None) -> list[ReplayedUsage]:
        """Return the ended attempts made at `at` or later: see `replay`.

        With a `mark`, only those that had ended at that moment, whenever this is called.

        Raises:
            LedgerUnavailable: the file cannot be read, or lacks what cannot be written now.
        """
        mark = mark or Mark(self._clock(), self._next_id)
        now, ahead = mark.at, self._clock() - self.steady()

        def read(connection: sqlite3.Connection, ended: EndedAttempts) -> list[ReplayedUsage]:
            before, without, periods, steady = ended
            if has_jumped(periods, ahead):
                jumped = partial(read_jumped_usage, periods=periods, steady=steady)
                return jumped(connection, before=before, without=without)
            work = partial(read_replayed_usage, since=at, now=now, tz=self._tz)
            return work(connection, before=before, without=without)

        return await self.read_ended(read, mark)

    async def read_ended(
        self, work: Callable[[sqlite3.Connection, EndedAttempts], T], mark: Mark | None = None
    ) -> T:
        """Return what `work` reads of the attempts that had ended at the `mark`, by default now.

        Raises:
            LedgerUnavailable: the file cannot be read, or lacks what cannot be written now.
        """
        _, number, in_progress = mark or self.mark()
        steady = self.steady()

        def read(database: LedgerDatabase) -> T:
            if self.state.status != "ok":
                raise FileError(str(self.state.reason))
            offset = database.id_offset(self._first_id)
            without = frozenset(each + offset for each in in_progress)
            periods = database.read(read_periods)
            ended = EndedAttempts(number + offset, without, periods, steady)
            return database.read(lambda connection: work(connection, ended))

        return await self._writer.ask(read)

    async def take_machine(self, *, renew: bool = False) -> "MachineId":
        """Return which machine of a fleet this ledger is, for this run.

        `renew`: another ledger reports under its id, so it takes a new one.

        Raises:
            LedgerUnavailable: the file cannot be read or written.
        """
        from aircherd.usage.ledger.fleet.machine import (  # noqa: PLC0415 -- for a fleet only
            place_of,
            renew_machine,
            take_machine,
        )

        def take(database: LedgerDatabase) -> "MachineId":
            if self.state.status != "ok":
                raise FileError(str(self.state.reason))
            place, highest = place_of(database.path), database.highest_id
            if renew:
                return database.read(partial(renew_machine, place=place))
            return database.read(partial(take_machine, place=place, highest=highest))

        return await self._writer.ask(take)


@asynccontextmanager
async def open_ledger(
    path: Path,
    *,
    clock: Callable[[], float],
    tz: tzinfo | None = None,
    keep_days: Callable[[], int | None] = _forever,
) -> AsyncIterator[Ledger]:
    """Open the ledger at `path`; leaving the context writes what is left, within 5 s.

    This never fails: `state` says what is wrong with the file. `clock` returns Unix seconds, `tz`
    is the time zone of days (None: the machine's), `keep_days` returns how many days attempts are
    kept; sums of days are kept forever. Both are called in the writer's thread too.
    """
    database = LedgerDatabase(path, clock=clock, tz=tz)
    spare = path.with_name("ledger.spare")
    writer = LedgerWriter(database, clock=clock, tz=tz, keep_days=keep_days, spare=spare)
    opened = trio.Event()
    notify = partial(_notify, trio.lowlevel.current_trio_token(), opened)
    # A daemon thread: if a disk hangs forever, the process can still end.
    thread = threading.Thread(target=writer.run, args=(notify,), name="ledger", daemon=True)
    thread.start()
    threading.Thread(target=writer.guard.run, name="ledger-guard", daemon=True).start()
    try:
        with trio.move_on_after(OPEN_SECONDS):
            await opened.wait()
        writer.first_id = database.highest_id + 1
        yield Ledger(writer, clock=clock, tz=tz, first_id=writer.first_id)
    finally:
        writer.close(within=CLOSE_SECONDS - LAST_TRY_SECONDS)
        # Wait in real time, whatever clock the event loop has.
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(partial(thread.join, CLOSE_SECONDS))
        if thread.is_alive():
            reason = f"the disk did not answer within {CLOSE_SECONDS:g} s"
            log.error("ledger_incomplete", not_written=writer.waiting, reason=reason)


def _notify(token: trio.lowlevel.TrioToken, opened: trio.Event) -> None:
    with suppress(trio.RunFinishedError):
        token.run_sync_soon(opened.set)
