"""A thread that keeps what the database has not saved within 65 ms, in the spare file.

The database's own thread may wait for a slow or full disk, a check of the whole file, a report, or
the interpreter's lock, once for each statement. This one takes a snapshot and appends it: one
write, whose cost does not depend on names, sums or the ledger's size.

    the database is quick    nothing is appended, and this thread sleeps: whenever it woke up, the
                             event loop would wait for the interpreter
    it is slow or fails      the event loop wakes it (`SaveWatch`), and what is new is appended; a
                             half of the file is released once the database has saved all of it
    neither can save         `is_late` makes answers wait: see `Ledger.wait_until_saved`
"""

import os
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic

import structlog
import trio

from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.safety.earlier_run import EarlierRun
from aircherd.usage.ledger.safety.records import decode_record, encode_record
from aircherd.usage.ledger.safety.spare_file import SpareFile
from aircherd.usage.ledger.write_queue import ID, WriteQueue

SAVE_AFTER = 0.065
"""Seconds after which an attempt that ended is to be in the spare file, if it is not in the
database: a batch begins after 50 ms."""
CHECK_SECONDS = 0.02
"""The least time between two looks."""

log = structlog.get_logger()


class Guard:
    """`wake` is for the event loop, `run` is the guard's thread, most are for the database's."""

    def __init__(self, path: Path | None, queue: WriteQueue) -> None:
        self._file = SpareFile(path) if path is not None else None
        self._queue = queue
        self._run = int.from_bytes(os.urandom(7), "big")
        self._offset: int | None = None
        self._lock = threading.Lock()  # of the file and `_saved`
        self._saved: tuple[dict[int, LedgerEntry], ...] = ({}, {})  # by half and id
        self._loaded: tuple[int, ...] = ()  # halves of an earlier run that are not in the ledger
        self._asleep, self.is_closed = threading.Lock(), False  # released to wake the thread
        self._asleep.acquire()
        self.problem: str | None = None

    # -------------------------------------------------------------- the database's thread

    def open(self, *, is_late: bool = False) -> EarlierRun | None:
        """Open the file unless it is open; return what an earlier run left.

        None: it cannot be opened now, as `problem` says, or was open. `is_late`: the ledger has
        been opened without what an earlier run left, so a file that has any is not used: the ids
        would be others now.
        """
        if self._file is None or self._file.is_open:
            return None
        try:
            self._file.open()
            found, (lost, at) = self._file.read(), self._file.loss()
            if is_late and self._file.used:
                raise FileExistsError("it has attempts of an earlier run")
        except OSError as error:
            self._file.close()
            reason = error.strerror or str(error)
            if reason != self.problem:
                log.warning("ledger_without_spare_file", reason=reason)
            self.problem = reason
            return None
        self.problem = None
        self._loaded = self._file.used
        records = [record for data in found if (record := decode_record(data)) is not None]
        return EarlierRun(records, lost, at, self._forget_earlier)

    def _forget_earlier(self) -> None:
        """Release what an earlier run left: it is in the ledger."""
        loaded, self._loaded = self._loaded, ()
        if self._is_usable:
            for half in loaded:
                self._attempt(partial(SpareFile.release, half=half))
            self._attempt(lambda file: file.record_loss(0, 0.0) if file.loss()[0] else None)

    def note_offset(self, offset: int) -> None:
        """Note what is added to the ids of this run, before its first attempt is in the ledger."""
        if self._offset is not None:
            return
        with self._lock:
            self._offset = offset
            if any(self._saved):
                self._append(encode_record(self._run, offset, ()))

    def forget(self, entries: Collection[LedgerEntry]) -> None:
        """Forget entries that the database has saved, and release halves without others."""
        if not any(self._saved):
            return
        with self._lock:
            written = dict(zip(map(ID, entries), entries, strict=True))
            for half, saved in enumerate(self._saved):
                for number in saved.keys() & written.keys():
                    if saved[number].settled is None or written[number].settled is not None:
                        del saved[number]
                if not saved and half not in self._loaded:
                    self._attempt(partial(SpareFile.release, half=half))

    def save_rest(self) -> list[LedgerEntry]:
        """Save what is left at the end; return the attempts that ended and are in no file."""
        self.save()
        _, entries = self._queue.take_fresh()
        return [each for each in entries if each.settled is not None]

    def record_loss(self, lost: int, at: float) -> bool:
        """Record in the file that attempts were lost; return whether that worked."""
        return self._is_usable and self._attempt(lambda file: file.record_loss(lost, at))

    def close(self) -> None:
        """End the thread and close the file."""
        self.is_closed = True
        self.wake()
        with self._lock:
            if self._file is not None:
                self._file.close()

    # -------------------------------------------------------------- both threads

    def save(self) -> bool:
        """Append what is neither in the ledger nor in the file; return whether all is saved."""
        with self._lock:
            since, new = self._queue.take_fresh()
            if new:
                half = self._append(encode_record(self._run, self._offset, new))
                if half is None:
                    self._queue.note_unsaved(since, new)
                    return False
                self._saved[half].update(zip(map(ID, new), new, strict=True))
            self._queue.note_saved()
        return True

    # -------------------------------------------------------------- the guard's thread

    def wake(self) -> None:
        """Have the thread save what waits."""
        with suppress(RuntimeError):  # it is awake
            self._asleep.release()

    def run(self) -> None:
        """Save what waits whenever `wake` was called, until closed."""
        while self._asleep.acquire() and not self.is_closed:
            self.save()

    # -------------------------------------------------------------- helpers

    @property
    def _is_usable(self) -> bool:
        return self._file is not None and self._file.is_open

    def _append(self, record: bytes) -> int | None:
        halves: list[int | None] = []
        if self._is_usable:
            self._attempt(lambda file: halves.append(file.append(record)))
        return halves[0] if halves else None

    def _attempt(self, work: Callable[[SpareFile], object]) -> bool:
        assert self._file is not None
        try:
            work(self._file)
        except OSError as error:
            self._set_problem(error.strerror or str(error))
            return False
        self.problem = None
        return True

    def _set_problem(self, reason: str) -> None:
        if reason != self.problem:
            log.warning("ledger_spare_file_failed", reason=reason)
        self.problem = reason

    def __repr__(self) -> str:
        return f"<Guard of {sum(map(len, self._saved))} attempts>"


class SaveWatch:
    """Wakes the guard when an attempt that ended waits too long.

    It is a task of the event loop, which ends when all is saved: while the database is quick, it
    looks about once for each batch.
    """

    def __init__(self, queue: WriteQueue, guard: Guard) -> None:
        self._queue = queue
        self._guard = guard
        self._is_running = False

    def begin(self) -> None:
        """Watch from now on: an attempt has ended."""
        if not self._is_running:
            self._is_running = True
            trio.lowlevel.spawn_system_task(self._run)

    async def _run(self) -> None:
        try:
            while self._queue.waiting and not self._guard.is_closed:
                age = self._queue.unsaved_for(monotonic())
                if age > SAVE_AFTER:
                    self._guard.wake()
                await trio.sleep(max(SAVE_AFTER - age, CHECK_SECONDS))
        finally:
            self._is_running = False

    def __repr__(self) -> str:
        return f"<SaveWatch {'running' if self._is_running else 'idle'}>"
