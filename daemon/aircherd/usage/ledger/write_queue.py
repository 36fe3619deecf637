"""The attempts that wait to be written: from the event loop to the writer's thread, bounded.

If writing fails for long, attempts in progress are dropped first: they are queued again when they
end. Then the oldest that have ended are dropped. Those are lost and counted, as are entries that
cannot be written because of an internal error.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from time import monotonic

from aircherd.usage.ledger.errors import FileError
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.vocabulary.usage import Started

MAX_WAITING = 20_000
"""Entries held while nothing can be written: about 15 MB."""


LATE_AFTER = 0.07
"""Seconds that an attempt that ended may be in memory only, before further answers wait."""
MAX_BATCH = 2000
"""Of one transaction: a longer one would keep more answers waiting."""
MAX_FAILED = 100
"""Entries that fail one by one in one `write`: if none can be written, not all are tried."""

ID = attrgetter("id")

Failed = list[tuple[LedgerEntry, Exception]]


def _do_nothing(*_: object) -> None:
    """Stand in for `on_saved` and `on_unsaved`."""


class WriteQueue:
    """`put` is for the event loop, `write` for the writer's thread.

    `put` calls `notify` with the number of queued attempts if there are at least `notify_at`.
    `on_discard` is called in the writer's thread with the error of each entry that is given up.

    `unsaved_since` is set by the event loop, on the monotonic clock, when an attempt ends and
    nothing was unsaved; it then calls `on_unsaved`. `is_late` is set if that was long ago, or too
    much waits.
    """

    def __init__(
        self,
        notify: Callable[[int], None],
        on_discard: Callable[[Exception], None],
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._notify = notify
        self._on_discard = on_discard
        self.on_saved: Callable[[Sequence[LedgerEntry]], None] = _do_nothing
        self.on_unsaved: Callable[..., None] = _do_nothing
        self._max_waiting = max_waiting
        self.notify_at = 1
        self._queue: deque[Started] = deque()  # append and popleft are atomic
        self._taken: dict[int, LedgerEntry] = {}
        self._lock = threading.Lock()  # of `_taken` and what is taken: two threads take
        self._fresh: list[LedgerEntry] = []  # taken, and not yet seen by the guard
        self._has_retaken = False
        self._taken_since: float | None = None
        self.unsaved_since: float | None = None
        self.is_late = False
        self.saves = 0
        self._dropped = 0  # written by the event loop
        self._trimmed = self._discarded = 0  # written by the writer's thread
        self.written = self.batches = 0

    def put(self, started: Started) -> None:
        """Add an attempt that is not queued. Never waits or fails."""
        queue = self._queue
        started.is_queued = True
        queue.append(started)
        if len(queue) >= self.notify_at:
            if len(queue) > self._max_waiting // 2:
                self.is_late = True
                if len(queue) > self._max_waiting:  # the writer's thread hangs
                    self._drop_first()
            self._notify(len(queue))

    def note_ended(self) -> None:
        """Note that an attempt has ended, after it was put: `is_late` is set if others wait."""
        since = self.unsaved_since
        if since is None:
            self.unsaved_since = monotonic()
            self.on_unsaved()
        elif monotonic() - since > LATE_AFTER:
            self.is_late = True

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

    # -------------------------------------------------------------- the guard

    def unsaved_for(self, now: float) -> float:
        """Return for how many seconds an attempt that ended is not saved, 0 if all are."""
        return now - min(self.unsaved_since or now, self._taken_since or now)

    def take_fresh(self) -> tuple[float | None, list[LedgerEntry]]:
        """Take what was taken since the last call and is not written, and since when it waits.

        From now on it counts as saved.
        """
        with self._lock:
            self._take_queued()
            self._has_retaken = True
            since, self._taken_since = self._taken_since, None
            fresh, self._fresh = self._fresh, []
            taken = self._taken
            return since, [entry for entry in fresh if taken.get(entry.id) is entry]

    def note_unsaved(self, since: float | None, entries: Sequence[LedgerEntry]) -> None:
        """Note that what `take_fresh` returned could not be saved."""
        with self._lock:
            self._fresh[:0] = entries
            if since is not None:
                self._taken_since = min(since, self._taken_since or since)

    def note_saved(self) -> None:
        """Let answers go on, unless too many attempts wait for the database."""
        self.saves += 1
        self.is_late = self._is_long

    @property
    def _is_long(self) -> bool:
        return len(self._queue) + len(self._taken) > self._max_waiting // 2

    @property
    def ended_waiting(self) -> int:
        """How many attempts that ended wait; call it when nothing is put any more."""
        taken = sum(entry.settled is not None for entry in self._taken.values())
        return taken + sum(started.settled is not None for started in self._queue)

    def _unsaved_since(self) -> float | None:
        known = [each for each in (self.unsaved_since, self._taken_since) if each is not None]
        return min(known, default=None)

    # -------------------------------------------------------------- the writer's thread

    def write(self, write: Callable[[Sequence[LedgerEntry]], None]) -> None:
        """Write everything that waits, except entries that cannot be written while others can.

        Raises:
            FileError: nothing or only some of it was written; the rest is kept.
            Exception: no entry could be written, or too many could not; likewise.
        """
        written = self.written
        failed: Failed = []
        batch = self._take()
        for first in range(0, len(batch), MAX_BATCH):
            self._write_writable(batch[first : first + MAX_BATCH], write, failed)
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
            self.on_saved(batch)

    def _take(self) -> list[LedgerEntry]:
        """Return everything that is to be written, each attempt once, in its current state.

        This clears `is_queued` before it reads `settled`; `Ledger.settle` sets `settled` before it
        reads `is_queued`. So an attempt that ends meanwhile is taken as ended or queued again.
        """
        with self._lock:
            self._take_queued()
            self._has_retaken = False
            return list(self._taken.values())

    def _take_queued(self) -> None:
        self._taken_since, self.unsaved_since = self._unsaved_since(), None
        pop, taken = self._queue.popleft, self._taken
        new = []
        for _ in range(len(self._queue)):
            started = pop()
            started.is_queued = False
            new.append(LedgerEntry(started.id, started, started.settled))
        taken.update(zip(map(ID, new), new, strict=True))
        self._fresh += new
        if len(taken) > self._max_waiting:
            self._trim()

    def _forget(self, entries: Sequence[LedgerEntry]) -> None:
        """Forget entries that were written."""
        with self._lock:
            taken = self._taken
            if len(entries) == len(taken) and not self._has_retaken:
                taken.clear()
            for entry in entries if taken else ():
                if taken.get(entry.id) is entry:  # else it has ended since, and is taken again
                    del taken[entry.id]
            self.saves += 1
            if not taken:
                self._fresh.clear()
                self._taken_since, self.is_late = None, False
            elif self._taken_since is None:
                self.is_late = self._is_long

    def _move_to_end(self, entries: Iterable[LedgerEntry]) -> None:
        """Let entries that were taken come last."""
        with self._lock:
            for entry in entries:
                latest = self._taken.pop(entry.id, None)
                if latest is not None:
                    self._taken[entry.id] = latest

    def _discard(self, entry: LedgerEntry) -> None:
        """Give up an entry that was taken."""
        with self._lock:
            if self._taken.pop(entry.id, None) is not None:
                self._discarded += entry.settled is not None

    def _trim(self) -> None:
        self._fresh = self._fresh[-self._max_waiting :]
        ended = [entry for entry in self._taken.values() if entry.settled is not None]
        kept = ended[-self._max_waiting :]
        self._trimmed += len(ended) - len(kept)
        self._taken = {entry.id: entry for entry in kept}
