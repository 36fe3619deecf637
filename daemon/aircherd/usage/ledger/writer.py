"""The one thread that touches the ledger's file: it writes in batches and answers in between.

    put --> backlog --> a batch, at most 50 ms after the first of it    one transaction
    ask --> jobs    --> after the batch of what was put before          reports, flushes

What goes wrong stays here, and never ends the thread:

    the file          what was to be written waits in the backlog, the state says why, and every
                      second, or when somebody asks, it is tried again; at the end for some seconds
    a fault of ours   entries that cannot be written while others of their batch can are left out
                      and counted as lost; the state says so for good, the log where it was, and
                      neither what was in it. If none can be written it may be a fault of the
                      moment, as a lack of memory always is: all wait, as for the file. Whoever
                      asked is told

Soon after the start, when there is nothing else to do, the whole file is looked through for damage.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import tzinfo
from functools import partial
from typing import Literal, TypeVar

import msgspec
import structlog

from aircherd.config.sections.usage import MIN_KEEP_DAYS
from aircherd.usage.ledger.database import FileDamaged, FileTrouble, LedgerDatabase
from aircherd.usage.ledger.internal_error import internal_error
from aircherd.usage.ledger.query import LedgerQuery
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.write_queue import WriteQueue
from aircherd.usage.time_buckets import local_hour

log = structlog.get_logger()

T = TypeVar("T")

Failed = list[tuple[LedgerEntry, Exception]]

BATCH_SECONDS = 0.05
MANY = 1000
"""So many entries do not wait for the end of the 50 ms."""
RETRY_SECONDS = 1.0
LAST_PAUSE = 0.1
"""Between two tries at the end."""
CLEAN_SECONDS = 3600.0
STEP_SECONDS = 0.1
STEP_ROWS = 500
CHECK_AFTER = 2.0
"""Seconds from the start to the check: what a start waits for is read by then."""
CHECK_AGAIN = 60.0
CHECKS_STOPPED = 5
"""So often the check makes way for entries and questions; then they wait, some 0.3 s for a million
rows."""
MOST_FAILED = 100
"""Entries that fail by themselves in one turn: if none can be written, not all are tried in it."""


class LedgerState(msgspec.Struct, frozen=True):
    """Whether what is told is kept. `reason` is there when it is not, or when a file was lost."""

    status: Literal["ok", "degraded"]
    reason: str | None = None


class LedgerWriter:
    """`put`, `ask`, `state` and the counters are for the loop's thread, `run` is the other one."""

    def __init__(
        self,
        file: LedgerDatabase,
        *,
        clock: Callable[[], float],
        tz: tzinfo | None,
        keep_days: Callable[[], int | None],
    ) -> None:
        self._file = file
        self._clock = clock
        self._tz = tz
        self._keep_days = keep_days
        self._backlog = WriteQueue(self._notify)
        self.put = self._backlog.put
        self._jobs: deque[LedgerQuery[object]] = deque()
        self._awake, self._hurry = threading.Event(), threading.Event()
        self._is_closing = False
        self._trouble: str | None = None
        self._fault: str | None = None
        self._told_lost = 0  # of what is lost, how much the file knows of
        self._retry_at = self._clean_at = 0.0  # on the monotonic clock
        self._check_at = time.monotonic() + CHECK_AFTER
        self._checks_stopped = 0
        self._close_by = -math.inf  # likewise
        self.first_id = 1
        self.written = self.removed = self.batches = 0

    # -------------------------------------------------------------- the loop's thread

    async def ask(self, work: Callable[[LedgerDatabase], T]) -> T:
        """Return what `work` finds in the file, after everything put before is written.

        Raises:
            LedgerUnavailable: the file cannot be read, or the ledger is closed.
        """
        job = LedgerQuery(lambda: work(self._file))
        if not self._is_closing:
            self._jobs.append(job)  # type: ignore[arg-type] # its answer goes to us alone
            self._wake()
            try:
                await job.done.wait()
            finally:
                job.is_wanted = False
        return job.answer()

    def close(self, within: float = 0.0) -> None:
        """Have what is left written, and the thread ended; what fails is tried again for a while.

        After `within` seconds no new try is begun.
        """
        self._close_by = max(self._close_by, time.monotonic() + within)
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
        return LedgerState("ok", self._note)

    @property
    def _note(self) -> str | None:
        """What was lost for good, though all is well now."""
        lost = self._fault and f"{self.lost} attempts were lost: {self._fault}"
        return "; ".join(filter(None, (self._file.note, lost))) or None

    @property
    def lost_at(self) -> float:
        """When something was lost for good the last time, as Unix time; -inf if nothing was."""
        return self._file.lost_at

    @property
    def waiting(self) -> int:
        """How many entries are not written yet."""
        return self._backlog.waiting

    @property
    def lost(self) -> int:
        """How many attempts could not be kept until they could be written."""
        return self._backlog.lost

    def _notify(self, waiting: int) -> None:
        """Wake the thread if it is idle; while it writes, it comes back for more by itself."""
        if self._trouble is None:
            self._backlog.notify_at = MANY
            self._awake.set()
            if waiting >= MANY:
                self._hurry.set()

    def _wake(self) -> None:
        self._hurry.set()
        self._awake.set()

    # -------------------------------------------------------------- the writer's thread

    def run(self, opened: Callable[[], None]) -> None:
        """Open the file, call `opened`, and write until closed."""
        try:
            self._try(self._file.open)
            opened()
            while self._turn_or_fault() or self._can_try_again():
                pass
        finally:
            if not self._is_closing:
                self._trouble = "its writer has failed: see the log"
            # Whatever ended this, nobody must wait for an answer that will not come.
            self._is_closing = True
            self._file.close()
            if self.waiting:
                log.error("ledger incomplete", not_written=self.waiting, why=self._trouble)
            self._refuse_all("the ledger is closed")

    def _turn_or_fault(self) -> bool:
        try:
            return self._turn()
        except Exception as error:  # noqa: BLE001 - the edge: whatever it is, the thread goes on
            self._note_trouble(internal_error(error))
            self._refuse_all(internal_error(error))
            return not self._is_closing

    def _can_try_again(self) -> bool:
        """Tell whether what is left may still be written before the end; wait a little if so."""
        if not self.waiting or time.monotonic() >= self._close_by:
            return False
        time.sleep(LAST_PAUSE)
        return True

    def _refuse_all(self, why: str) -> None:
        while self._jobs:
            self._jobs.popleft().refuse(why)

    def _turn(self) -> bool:
        """Write one batch, and answer who asked before it was taken."""
        is_last = self._wait()
        jobs = len(self._jobs)  # who asks from now on wants what is put from now on
        if jobs or is_last or time.monotonic() >= self._retry_at:
            self._write()
            self._tell_loss()
        for _ in range(jobs):
            self._jobs.popleft().run()
        if not is_last:
            self._clean()
            self._check()
        return not is_last

    def _wait(self) -> bool:
        """Wait until there is something to do, and a little for more; return whether to end."""
        if not (self._is_closing or self._jobs):
            self._wait_for_work()
        self._awake.clear()
        self._hurry.wait(BATCH_SECONDS)
        self._hurry.clear()
        return self._is_closing

    def _wait_for_work(self) -> None:
        """Wait until something is put, unless that is done already; or until something is due.

        While the file is in trouble nothing can be written: then it is not woken for that.
        """
        # A `put` sees this, or is seen by `has_new`.
        self._backlog.notify_at = 1 if self._trouble is None else MANY
        if self._trouble is not None or not self._backlog.has_new:
            self._awake.wait(self._seconds_left())
        self._backlog.notify_at = MANY

    def _seconds_left(self) -> float:
        due = min(self._clean_at, self._check_at) if self._trouble is None else self._retry_at
        return max(0.0, due - time.monotonic())

    def _write(self) -> None:
        batch = list(self._backlog.take())
        if batch:
            self._try(partial(self._write_batch, batch))
        elif self._trouble is not None:
            self._try(self._file.open)

    def _write_batch(self, batch: Sequence[LedgerEntry]) -> None:
        """Write a batch, without those of it that cannot be written while others can."""
        written = self.written
        failed: Failed = []
        self._sift(batch, failed)
        if not failed:
            return
        _, last = failed[-1]
        if self.written == written:
            self._backlog.put_off(entry for entry, _ in failed)  # who was not tried comes first
            raise last
        for entry, error in failed:
            self._backlog.leave_out(entry)
            self._note_fault(internal_error(error))
        if len(failed) >= MOST_FAILED:
            raise last  # the rest waits for the next turn

    def _sift(self, batch: Sequence[LedgerEntry], failed: Failed) -> None:
        """Write what can be written, and find by halves what cannot, up to a bound."""
        if len(failed) >= MOST_FAILED:
            return
        try:
            self._file.write(batch, first_id=self.first_id)
        except (FileTrouble, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - the edge: an entry that we cannot write
            if len(batch) == 1:
                failed.append((batch[0], error))
                return
            middle = len(batch) // 2
            self._sift(batch[:middle], failed)
            self._sift(batch[middle:], failed)
        else:
            self.written += len(batch)
            self.batches += 1
            self._backlog.written(batch)

    def _tell_loss(self) -> None:
        """Have the file remember that attempts were lost: limits lack them after a restart."""
        lost = self.lost
        if lost > self._told_lost and self._trouble is None:
            self._try(self._file.lose)
            if self._trouble is None:
                self._told_lost = lost

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
            first_kept = (today - max(days, MIN_KEEP_DAYS)) * 24
            self.removed += self._file.remove_before(first_kept, most=STEP_ROWS)

    def _check(self) -> None:
        """Look through the whole file once, if it is time to."""
        if self._trouble is None and time.monotonic() >= self._check_at:
            self._check_at = time.monotonic() + CHECK_AGAIN
            self._try(self._check_file)

    def _check_file(self) -> None:
        if self._file.check(self._must_stop_check):
            self._check_at = math.inf
        else:
            self._checks_stopped += 1

    def _must_stop_check(self) -> bool:
        is_patient = self._checks_stopped < CHECKS_STOPPED
        return self._is_closing or (is_patient and bool(self._jobs or self.waiting))

    # -------------------------------------------------------------- trouble

    def _try(self, work: Callable[[], None]) -> None:
        """Do what may fail, and say how it stands."""
        try:
            try:
                work()
            except FileDamaged:
                work()  # the damaged file is out of the way
        except FileTrouble as error:
            self._note_trouble(str(error))
        except Exception as error:  # noqa: BLE001 - the edge: a fault of ours is as a disk's
            self._note_trouble(internal_error(error))
        else:
            if self._trouble is not None:
                log.info("ledger recovered", lost=self.lost)
            self._trouble = None

    def _note_trouble(self, why: str) -> None:
        if self._trouble is None:
            log.warning("ledger degraded", why=why)
        self._trouble = why
        self._retry_at = time.monotonic() + RETRY_SECONDS

    def _note_fault(self, what: str) -> None:
        """Say where entries are lost, once for each place."""
        if what != self._fault:
            log.error("ledger entry left out", why=what)
        self._fault = what
