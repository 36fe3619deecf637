"""What is to be written, in memory: from the loop's thread to the writer's, and bounded.

When writing fails for long, what goes first are the attempts under way, for they come again whole
when they end; then the oldest that have ended. Those are lost, and counted, and so is what a fault
of ours keeps from being written.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence

from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.vocabulary.usage import Started

MOST_WAITING = 20_000
"""Entries held while nothing can be written: some 15 MB."""


class WriteQueue:
    """`put` is for one thread, `take`, `written`, `put_off` and `leave_out` for another.

    `notify` is called in the one thread with how many attempts are queued, for each `put` from
    `notify_at` on.
    """

    def __init__(self, notify: Callable[[int], None], most: int = MOST_WAITING) -> None:
        self._notify = notify
        self._most = most
        self.notify_at = 1
        self._queue: deque[Started] = deque()  # of which append and popleft are atomic
        self._taken: dict[int, LedgerEntry] = {}
        self._dropped = 0  # in the one thread
        self._trimmed = self._left_out = 0  # in the other

    def put(self, started: Started) -> None:
        """Add an attempt that is not queued. Never waits or fails."""
        queue = self._queue
        started.is_queued = True
        queue.append(started)
        if len(queue) >= self.notify_at:
            if len(queue) > self._most:  # the writer itself hangs
                self._drop_first()
            self._notify(len(queue))

    @property
    def has_new(self) -> bool:
        """Whether anything was put since the last `take`."""
        return bool(self._queue)

    def take(self) -> Collection[LedgerEntry]:
        """Return all that is to be written, each attempt once, as it is now.

        `is_queued` is cleared before `settled` is read, and `Ledger.settle` does it the other way
        round: an attempt that ends meanwhile is either taken as ended or queued again.
        """
        queue, taken = self._queue, self._taken
        for _ in range(len(queue)):
            started = queue.popleft()
            started.is_queued = False
            taken[started.id] = LedgerEntry(started.id, started, started.settled)
        if len(self._taken) > self._most:
            self._trim()
        return self._taken.values()

    def written(self, entries: Sequence[LedgerEntry]) -> None:
        """Forget some of what was taken: it is written."""
        if len(entries) == len(self._taken):
            self._taken.clear()
        for entry in entries if self._taken else ():
            self._taken.pop(entry.id, None)

    def put_off(self, entries: Iterable[LedgerEntry]) -> None:
        """Have some of what was taken come last."""
        for entry in entries:
            if self._taken.pop(entry.id, None) is not None:
                self._taken[entry.id] = entry

    def leave_out(self, entry: LedgerEntry) -> None:
        """Give up one of what was taken."""
        if self._taken.pop(entry.id, None) is not None:
            self._left_out += entry.settled is not None

    @property
    def waiting(self) -> int:
        """How many entries are not written."""
        return len(self._queue) + len(self._taken)

    @property
    def lost(self) -> int:
        """How many attempts that have ended will never be written."""
        return self._dropped + self._trimmed + self._left_out

    def _drop_first(self) -> None:
        try:
            first = self._queue.popleft()
        except IndexError:
            return  # the writer took them all just now
        first.is_queued = False  # it comes again if it has not ended
        self._dropped += first.settled is not None

    def _trim(self) -> None:
        ended = [entry for entry in self._taken.values() if entry.settled is not None]
        kept = ended[-self._most :]
        self._trimmed += len(ended) - len(kept)
        self._taken = {entry.id: entry for entry in kept}
