"""The attempts that wait to be written: from the event loop to the writer's thread, bounded.

If writing fails for long, attempts in progress are dropped first: they are queued again when they
end. Then the oldest that have ended are dropped. Those are lost and counted, as are entries that
cannot be written because of an internal error.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence

from aircherd.usage.ledger.errors import FileError
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.vocabulary.usage import Started

MAX_WAITING = 20_000
"""Entries held while nothing can be written: about 15 MB."""


MAX_FAILED = 100
"""Entries that fail one by one in one `write`: if none can be written, not all are tried."""

Failed = list[tuple[LedgerEntry, Exception]]


class WriteQueue:
    """`put` is for the event loop, `write` for the writer's thread.

    `put` calls `notify` with the number of queued attempts if there are at least `notify_at`.
    `on_discard` is called in the writer's thread with the error of each entry that is given up.
    """

    def __init__(
        self,
        notify: Callable[[int], None],
        on_discard: Callable[[Exception], None],
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._notify = notify
        self._on_discard = on_discard
        self._max_waiting = max_waiting
        self.notify_at = 1
        self._queue: deque[Started] = deque()  # append and popleft are atomic
        self._taken: dict[int, LedgerEntry] = {}
        self._dropped = 0  # written by the event loop
        self._trimmed = self._discarded = 0  # written by the writer's thread
        self.written = self.batches = 0

    def put(self, started: Started) -> None:
        """Add an attempt that is not queued. Never waits or fails."""
        queue = self._queue
        started.is_queued = True
        queue.append(started)
        if len(queue) >= self.notify_at:
            if len(queue) > self._max_waiting:  # the writer's thread hangs
                self._drop_first()
            self._notify(len(queue))

    @property
    def has_new(self) -> bool:
        """Whether anything was put and not taken."""
        return bool(self._queue)

    @property
    def waiting(self) -> int:
        """How many entries are not written."""
        return len(self._queue) + len(self._taken)

    @property
    def lost(self) -> int:
        """How many attempts that have ended will never be written."""
        return self._dropped + self._trimmed + self._discarded

    def _drop_first(self) -> None:
        try:
            first = self._queue.popleft()
        except IndexError:
            return  # the writer's thread has just taken them all
        first.is_queued = False
        self._dropped += first.settled is not None

    # -------------------------------------------------------------- the writer's thread

    def write(self, write: Callable[[Sequence[LedgerEntry]], None]) -> None:
        """Write everything that waits, except entries that cannot be written while others can.

        Raises:
            FileError: nothing or only some of it was written; the rest is kept.
            Exception: no entry could be written, or too many could not; likewise.
        """
        written = self.written
        failed: Failed = []
        self._write_writable(list(self._take()), write, failed)
        if not failed:
            return
        _, last = failed[-1]
        if self.written == written:
            self._move_to_end(entry for entry, _ in failed)  # untried ones come first
            raise last
        for entry, error in failed:
            self._discard(entry)
            self._on_discard(error)
        if len(failed) >= MAX_FAILED:
            raise last  # the rest waits for the next time

    def _write_writable(
        self,
        batch: Sequence[LedgerEntry],
        write: Callable[[Sequence[LedgerEntry]], None],
        failed: Failed,
    ) -> None:
        """Write what can be written, and find what cannot by bisection, up to a bound."""
        if not batch or len(failed) >= MAX_FAILED:
            return
        try:
            write(batch)
        except (FileError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - an entry that cannot be written
            if len(batch) == 1:
                failed.append((batch[0], error))
                return
            middle = len(batch) // 2
            self._write_writable(batch[:middle], write, failed)
            self._write_writable(batch[middle:], write, failed)
        else:
            self.written += len(batch)
            self.batches += 1
            self._forget(batch)

    def _take(self) -> Collection[LedgerEntry]:
        """Return everything that is to be written, each attempt once, in its current state.

        This clears `is_queued` before it reads `settled`; `Ledger.settle` sets `settled` before it
        reads `is_queued`. So an attempt that ends meanwhile is taken as ended or queued again.
        """
        queue, taken = self._queue, self._taken
        for _ in range(len(queue)):
            started = queue.popleft()
            started.is_queued = False
            taken[started.id] = LedgerEntry(started.id, started, started.settled)
        if len(taken) > self._max_waiting:
            self._trim()
        return self._taken.values()

    def _forget(self, entries: Sequence[LedgerEntry]) -> None:
        """Forget entries that were written."""
        if len(entries) == len(self._taken):
            self._taken.clear()
        for entry in entries if self._taken else ():
            self._taken.pop(entry.id, None)

    def _move_to_end(self, entries: Iterable[LedgerEntry]) -> None:
        """Let entries that were taken come last."""
        for entry in entries:
            if self._taken.pop(entry.id, None) is not None:
                self._taken[entry.id] = entry

    def _discard(self, entry: LedgerEntry) -> None:
        """Give up an entry that was taken."""
        if self._taken.pop(entry.id, None) is not None:
            self._discarded += entry.settled is not None

    def _trim(self) -> None:
        ended = [entry for entry in self._taken.values() if entry.settled is not None]
        kept = ended[-self._max_waiting :]
        self._trimmed += len(ended) - len(kept)
        self._taken = {entry.id: entry for entry in kept}
