"""The only thread that uses the ledger's file: it writes in batches and runs queries in between.

    put --> queue   --> a batch, at most 50 ms after its first entry      one transaction
    ask --> queries --> after the batch of everything that was put before  reports, flushes

No error ends the thread:

    file errors       Entries stay in the queue, `state` has the reason, and the write is tried
                      again every second, for every query, and for some seconds at the end.
    internal errors   Entries that cannot be written while others of their batch can are left out
                      and counted as lost. `state` reports this for good, and the log has the
                      position, never the content. If no entry can be written, the cause may be
                      temporary (a lack of memory always is): then all wait, as for file errors.
                      A query that fails reports it to its caller.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import structlog

from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.errors import DamagedFileError, FileError, internal_error
from aircherd.usage.ledger.ledger_query import LedgerQuery
from aircherd.usage.ledger.maintenance import Maintenance
from aircherd.usage.ledger.safety.guard import Guard
from aircherd.usage.ledger.write_queue import WriteQueue

log = structlog.get_logger()

T = TypeVar("T")

BATCH_SECONDS = 0.05
LARGE_BATCH = 1000
"""So many entries do not wait for the end of the 50 ms."""
RETRY_SECONDS = 1.0
CLOSE_RETRY_SECONDS = 0.1


class LedgerState(msgspec.Struct, frozen=True):
    """Whether attempts are being recorded. `reason` says why not, or what was lost before.

    `since` is the Unix time since when they are not.
    """

    status: Literal["ok", "degraded"]
    reason: str | None = None
    since: float | None = None


class LedgerWriter:
    """`put`, `ask`, `state` and the counters are for the event loop, `run` is the other thread."""

    def __init__(
        self,
        database: LedgerDatabase,
        *,
        clock: Callable[[], float],
        tz: tzinfo | None,
        keep_days: Callable[[], int | None],
        spare: Path | None = None,
    ) -> None:
        self._clock = clock
        self._database = database
        self._maintenance = Maintenance(database, clock=clock, tz=tz, keep_days=keep_days)
        self._queue = WriteQueue(self._notify, self._set_internal_error)
        self.queue = self._queue
        self.put = self._queue.put
        self.guard = Guard(spare, self._queue)
        self._queue.on_saved = self.guard.forget
        self._queries: deque[LedgerQuery[object]] = deque()
        self._wake_up, self._skip_wait = threading.Event(), threading.Event()
        self._is_closing = False
        self._file_error: str | None = None
        self._internal_error: str | None = None
        self._failing_since = self._opened_at = clock()
        self._recorded_loss = 0  # how many of the lost attempts the file knows of
        self._stuck_at: int | None = None  # how often anything had been saved by then
        self._retry_at = 0.0  # on the monotonic clock
        self._close_by = -math.inf  # likewise
        self.first_id = 1

    # -------------------------------------------------------------- the event loop

    async def ask(self, work: Callable[[LedgerDatabase], T]) -> T:
        """Return the result of `work`, which runs after everything put before is written.

        Raises:
            LedgerUnavailable: the file cannot be read, or the ledger is closed.
        """
        query = LedgerQuery(lambda: work(self._database))
        if not self._is_closing:
            self._queries.append(query)  # type: ignore[arg-type] # only we read its result
            self._wake()
            try:
                await query.done.wait()
            finally:
                query.is_wanted = False
        return query.result()

    def post(self, work: Callable[[LedgerDatabase], None]) -> None:
        """Have `work` done as soon as possible; nothing waits for it, and it may fail."""
        if not self._is_closing:
            self._queries.append(LedgerQuery(lambda: work(self._database)))
            self._wake()

    def close(self, within: float = 0.0) -> None:
        """Let the thread write what is left and end; failures are retried for `within` seconds."""
        self._close_by = max(self._close_by, time.monotonic() + within)
        self._is_closing = True
        self._wake()

    @property
    def may_be_saved(self) -> bool:
        """Whether it is worth waiting until attempts are saved."""
        if self._stuck_at is not None and self.queue.saves != self._stuck_at:
            self._stuck_at = None
        return self._stuck_at is None and self._file_error is None

    def note_stuck(self) -> None:
        """Note that nothing was saved for a second, although no write has failed."""
        if self._stuck_at is None:
            self._stuck_at = self.queue.saves
            self._failing_since = self._clock()
            log.warning("ledger_stuck", waiting=self.waiting)

    @property
    def state(self) -> LedgerState:
        """The current state."""
        if self._file_error is None and not self.may_be_saved:
            reason = f"the disk does not answer ({self.waiting} entries wait in memory)"
            return LedgerState("degraded", reason, self._failing_since)
        if self._file_error is not None:
            counts = f"{self.waiting} entries wait in memory, {self.lost} attempts were lost"
            reason = f"{self._file_error} ({counts})"
            return LedgerState("degraded", reason, self._failing_since)
        if self._database.refusal is not None:
            return LedgerState("degraded", self._database.refusal, self._opened_at)
        return LedgerState("ok", self._note)

    @property
    def _note(self) -> str | None:
        """What was lost for good, even if everything works now."""
        lost = self._internal_error and f"{self.lost} attempts were lost: {self._internal_error}"
        return "; ".join(filter(None, (self._database.note, lost))) or None

    @property
    def lost_at(self) -> float:
        """The Unix time of the last loss, -inf if nothing was lost."""
        return self._database.lost_at

    @property
    def waiting(self) -> int:
        """How many entries are not written yet."""
        return self._queue.waiting

    @property
    def lost(self) -> int:
        """How many attempts will never be written."""
        return self._queue.lost

    @property
    def written(self) -> int:
        """How many entries were written."""
        return self._queue.written

    @property
    def batches(self) -> int:
        """How many transactions they were written in."""
        return self._queue.batches

    @property
    def removed(self) -> int:
        """How many old rows were removed."""
        return self._maintenance.removed

    def _notify(self, waiting: int) -> None:
        """Wake the thread if it is idle; a busy one comes back for more by itself."""
        if self._file_error is None:
            self._queue.notify_at = LARGE_BATCH
            self._wake_up.set()
            if waiting >= LARGE_BATCH:
                self._skip_wait.set()

    def _wake(self) -> None:
        self._skip_wait.set()
        self._wake_up.set()

    # -------------------------------------------------------------- the writer's thread

    def run(self, opened: Callable[[], None]) -> None:
        """Open the file, call `opened`, and write until closed."""
        try:
            self._database.before_write = self.guard.note_offset
            self._open_guard()
            self._try(self._database.open)
            opened()
            while self._run_turn() or self._can_retry():
                pass
        finally:
            if not self._is_closing:
                self._file_error = "its writer has failed: see the log"
            # However this ended: no caller may wait for an answer that will not come.
            self._is_closing = True
            self._keep_rest()
            self._database.close()
            self.guard.close()
            self._refuse_queries("the ledger is closed")

    def _open_guard(self) -> None:
        """Open the spare file, if it could not be opened before."""
        is_late = self._database.has_opened
        earlier = self.guard.open(is_late=is_late)
        if earlier is not None and not is_late:
            self._database.earlier = earlier

    def _keep_rest(self) -> None:
        """Leave what could not be written in the spare file, and say what is lost."""
        kept = self._queue.ended_waiting - (missing := len(self.guard.save_rest()))
        lost = missing + self.lost - self._recorded_loss
        if lost:
            is_recorded = self.guard.record_loss(lost, self._clock())
            reason = self._file_error
            log.error("ledger_incomplete", not_written=lost, reason=reason, recorded=is_recorded)
        if kept:
            log.warning("ledger_kept_for_next_start", attempts=kept, reason=self._file_error)
        if self._file_error is None and not self.waiting:
            self._try(self._database.note_clean_end)

    def _run_turn(self) -> bool:
        try:
            return self._turn()
        except Exception as error:  # noqa: BLE001 - no error may end the thread
            self._set_file_error(internal_error(error))
            self._refuse_queries(internal_error(error))
            return not self._is_closing

    def _can_retry(self) -> bool:
        """Return whether to try again at the end, after a short wait.

        Not if the spare file has it all: the next start writes it.
        """
        if not self.waiting or time.monotonic() >= self._close_by or self.guard.save():
            return False
        time.sleep(CLOSE_RETRY_SECONDS)
        return True

    def _refuse_queries(self, reason: str) -> None:
        while self._queries:
            self._queries.popleft().refuse(reason)

    def _turn(self) -> bool:
        """Write one batch and run the queries made before it; return False if it is the last."""
        is_last = self._wait()
        queries = len(self._queries)  # later ones must see what is put from now on
        if queries or is_last or time.monotonic() >= self._retry_at:
            self._write()
            self._record_loss()
        for _ in range(queries):
            self._queries.popleft().run()
        if not is_last:
            self._maintain()
        return not is_last

    def _wait(self) -> bool:
        """Wait for work, and a little for more of it; return whether to end."""
        if not (self._is_closing or self._queries):
            self._wait_for_work()
        self._wake_up.clear()
        self._skip_wait.wait(BATCH_SECONDS)
        self._skip_wait.clear()
        return self._is_closing

    def _wait_for_work(self) -> None:
        """Wait until something is put or due. While writes fail, only until something is due."""
        is_failing = self._file_error is not None
        # `put` appends before it reads this; here `has_new` follows. So one sees the other.
        self._queue.notify_at = LARGE_BATCH if is_failing else 1
        if is_failing or not self._queue.has_new:
            self._wake_up.wait(self._seconds_until_due())
        self._queue.notify_at = LARGE_BATCH

    def _seconds_until_due(self) -> float:
        due = self._maintenance.due_at if self._file_error is None else self._retry_at
        return max(0.0, due - time.monotonic())

    def _maintain(self) -> None:
        if self._file_error is None and self._maintenance.is_cleaning_due:
            self._try(self._maintenance.clean)
        if self._file_error is None and self._maintenance.is_check_due:
            self._try(partial(self._maintenance.check, self._is_ending, self._has_work))

    def _is_ending(self) -> bool:
        return self._is_closing

    def _has_work(self) -> bool:
        return bool(self._queries or self.waiting)

    def _write(self) -> None:
        if self._queue.waiting:
            self._try(self._write_queue)
        elif self._file_error is not None:
            self._try(self._database.open)

    def _write_queue(self) -> None:
        self._queue.write(partial(self._database.write, first_id=self.first_id))

    def _record_loss(self) -> None:
        """Record in the file that attempts were lost: limits lack them after a restart."""
        lost = self.lost
        if lost > self._recorded_loss and self._file_error is None:
            self._try(self._database.record_loss)
            if self._file_error is None:
                self._recorded_loss = lost

    # -------------------------------------------------------------- errors

    def _try(self, work: Callable[[], None]) -> None:
        """Do work that may fail, and update the state."""
        try:
            if self._file_error is not None:
                self._open_guard()
            try:
                work()
            except DamagedFileError:
                work()  # the damaged file has been moved aside
        except FileError as error:
            self._set_file_error(str(error))
        except Exception as error:  # noqa: BLE001 - an internal error is handled like a disk's
            self._set_file_error(internal_error(error))
        else:
            if self._file_error is not None:
                log.info("ledger_recovered", lost=self.lost)
                self._open_guard()
            self._file_error = None

    def _set_file_error(self, reason: str) -> None:
        if self._file_error is None:
            log.warning("ledger_degraded", reason=reason)
            self._failing_since = self._clock()
        self._file_error = reason
        self._retry_at = time.monotonic() + RETRY_SECONDS

    def _set_internal_error(self, error: Exception) -> None:
        """Log why an entry is lost, once for each position in the code."""
        reason = internal_error(error)
        if reason != self._internal_error:
            log.error("ledger_entry_discarded", reason=reason)
        self._internal_error = reason
