"""The one thread that touches the ledger's file: it writes in batches and answers in between.

    put --> backlog --> a batch, at most 50 ms after the first of it    one transaction
    ask --> jobs    --> after the batch of what was put before          reports, flushes

What goes wrong with the file stays here. What was to be written waits in the backlog, the state
says why, and every second, or when somebody asks, it is tried again.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import tzinfo
from typing import Generic, Literal, TypeVar

import msgspec
import structlog
import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.backlog import Backlog
from aircherd.usage.ledger_file import FileDamaged, FileTrouble, LedgerFile
from aircherd.usage.rows import Entry
from aircherd.usage.span import local_hour

log = structlog.get_logger()

T = TypeVar("T")

BATCH_SECONDS = 0.05
MANY = 1000
"""So many entries do not wait for the end of the 50 ms."""
RETRY_SECONDS = 1.0
CLEAN_SECONDS = 3600.0
STEP_SECONDS = 0.1
STEP_ROWS = 500
LEAST_DAYS = 32
"""A month's limits are counted from attempts, so they are kept as long."""


class LedgerState(msgspec.Struct, frozen=True):
    """Whether what is told is kept. `reason` is there when it is not, or when a file was lost."""

    status: Literal["ok", "degraded"]
    reason: str | None = None


class _Job(Generic[T]):
    """A question on its way to the writer's thread, and its answer on the way back."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._token = trio.lowlevel.current_trio_token()
        self._answer: T | None = None
        self._why: str | None = "the ledger is closed"
        self.done = trio.Event()
        self.is_wanted = True

    def run(self) -> None:
        """Do the work, and tell the loop; in the writer's thread."""
        try:
            if self.is_wanted:
                self._answer = self._work()
                self._why = None
        except FileTrouble as error:
            self._why = str(error)
        finally:
            self.tell()

    def tell(self) -> None:
        """Let who waits go on; who has no answer by now gets none."""
        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(self.done.set)

    def answer(self) -> T:
        """Return the answer.

        Raises:
            LedgerUnavailable: there is none.
        """
        if self._why is not None:
            raise LedgerUnavailable(f"the ledger cannot be read: {self._why}")
        return self._answer  # type: ignore[return-value] # None only where T is


class LedgerWriter:
    """`put`, `ask`, `state` and the counters are for the loop's thread, `run` is the other one."""

    def __init__(
        self,
        file: LedgerFile,
        *,
        clock: Callable[[], float],
        tz: tzinfo | None,
        keep_days: Callable[[], int | None],
    ) -> None:
        self._file = file
        self._clock = clock
        self._tz = tz
        self._keep_days = keep_days
        self._backlog = Backlog()
        self._jobs: deque[_Job[object]] = deque()
        self._awake, self._hurry = threading.Event(), threading.Event()
        self._is_closing = False
        self._trouble: str | None = None
        self._retry_at = self._clean_at = 0.0  # on the monotonic clock
        self.first_id = 1
        self.written = self.removed = self.batches = 0

    # -------------------------------------------------------------- the loop's thread

    def put(self, entry: Entry) -> None:
        """Have an entry written; costs microseconds and raises nothing."""
        waiting = self._backlog.put(entry)
        if not self._awake.is_set():
            self._awake.set()
        if waiting >= MANY:
            self._hurry.set()

    async def ask(self, work: Callable[[LedgerFile], T]) -> T:
        """Return what `work` finds in the file, after everything put before is written.

        Raises:
            LedgerUnavailable: the file cannot be read, or the ledger is closed.
        """
        job = _Job(lambda: work(self._file))
        if not self._is_closing:
            self._jobs.append(job)  # type: ignore[arg-type] # its answer goes to us alone
            self._wake()
            try:
                await job.done.wait()
            finally:
                job.is_wanted = False
        return job.answer()

    def close(self) -> None:
        """Have what is left written, and the thread ended."""
        self._is_closing = True
        self._wake()

    @property
    def state(self) -> LedgerState:
        """How it stands."""
        if self._trouble is not None:
            counts = f"{self.waiting} entries wait in memory, {self.lost} attempts were lost"
            return LedgerState("degraded", f"{self._trouble} ({counts})")
        if self._file.refusal is not None:
            return LedgerState("degraded", self._file.refusal)
        return LedgerState("ok", self._file.note)

    @property
    def waiting(self) -> int:
        """How many entries are not written yet."""
        return self._backlog.waiting

    @property
    def lost(self) -> int:
        """How many attempts could not be kept until they could be written."""
        return self._backlog.lost

    def _wake(self) -> None:
        self._hurry.set()
        self._awake.set()

    # -------------------------------------------------------------- the writer's thread

    def run(self, opened: Callable[[], None]) -> None:
        """Open the file, call `opened`, and write until closed."""
        try:
            self._try(self._file.open)
            opened()
            while self._turn():
                pass
        finally:
            if not self._is_closing:
                self._trouble = "its writer has failed: see the log"
            # Whatever ended this, nobody must wait for an answer that will not come.
            self._is_closing = True
            self._file.close()
            if self.waiting:
                log.error("ledger incomplete", not_written=self.waiting, why=self._trouble)
            while self._jobs:
                self._jobs.popleft().tell()

    def _turn(self) -> bool:
        """Write one batch, and answer who asked before it was taken."""
        is_last = self._wait()
        jobs = len(self._jobs)  # who asks from now on wants what is put from now on
        if jobs or is_last or time.monotonic() >= self._retry_at:
            self._write()
        for _ in range(jobs):
            self._jobs.popleft().run()
        if not is_last:
            self._clean()
        return not is_last

    def _wait(self) -> bool:
        """Wait until there is something to do, and a little for more; return whether to end."""
        self._awake.wait(self._seconds_left())
        self._awake.clear()
        self._hurry.wait(BATCH_SECONDS)
        self._hurry.clear()
        return self._is_closing

    def _seconds_left(self) -> float:
        due = self._clean_at if self._trouble is None else self._retry_at
        return max(0.0, due - time.monotonic())

    def _write(self) -> None:
        batch = self._backlog.take()
        if not batch:
            if self._trouble is not None:
                self._try(self._file.open)
        elif self._try(lambda: self._file.write(batch, first_id=self.first_id)):
            self.written += len(batch)
            self.batches += 1
            self._backlog.written()

    def _clean(self) -> None:
        """Remove a few old rows, if it is time to."""
        if self._trouble is None and time.monotonic() >= self._clean_at:
            before = self.removed
            self._try(self._remove_some)
            has_more = self.removed > before
            self._clean_at = time.monotonic() + (STEP_SECONDS if has_more else CLEAN_SECONDS)

    def _remove_some(self) -> None:
        days = self._keep_days()
        if days is not None:
            today = local_hour(self._clock(), self._tz) // 24
            first_kept = (today - max(days, LEAST_DAYS)) * 24
            self.removed += self._file.remove_before(first_kept, most=STEP_ROWS)

    def _try(self, work: Callable[[], None]) -> bool:
        """Do what may fail; return whether it went well, and say how it stands."""
        try:
            try:
                work()
            except FileDamaged:
                work()  # the damaged file is out of the way
        except FileTrouble as error:
            if self._trouble is None:
                log.warning("ledger degraded", why=str(error))
            self._trouble = str(error)
            self._retry_at = time.monotonic() + RETRY_SECONDS
            return False
        if self._trouble is not None:
            log.info("ledger recovered", lost=self.lost)
        self._trouble = None
        return True
