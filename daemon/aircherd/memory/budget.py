"""The budget, and each client's share of it.

There are three rules for a client that asks for more:

1. Up to its guarantee it always gets it. A quarter of the budget is kept for this, divided among
   the connected clients, with `MAX_GUARANTEE` at most for each.
2. Above that it gets it as long as it then holds no more than is still free in the other three
   quarters. So a client alone may hold half of them, the second one half of what is left, and one
   that asks for everything always leaves room for others. (Dynamic thresholds, as switches share
   their memory among ports: Choudhury and Hahne, 1998. No list of clients is needed.)
3. What is only being received may be dropped for it: frames that began more than `STALE_SECONDS`
   ago and are still incomplete, the oldest first.

Everything else is refused with `Busy`. Frames that go to a client are never refused: they are
held without asking, and whatever makes them stops while the client is behind (`may_queue`).
"""

import math
import time
from collections.abc import Callable

from aircherd.errors import Busy

MEGABYTE = 1024 * 1024
DEFAULT_TOTAL = 256 * MEGABYTE
MAX_GUARANTEE = MEGABYTE
"""Bytes that a client may always have, however much others hold."""
SMALL = 8 * 1024
"""Bytes up to which a frame, a piece of a reply or an outbox is not counted."""
TASK_COST = 32 * 1024
"""Bytes that each request task and stream counts for, including what is not counted one by one."""
STALE_SECONDS = 5.0
"""How long a frame may take to arrive while others need the room; a large one takes 0.1 s."""
QUEUE_LIMIT = 8 * MEGABYTE
"""Bytes that may wait for a client that does not read, while the budget is not short."""
_QUEUE_PART = 24
"""A client's queue may have this part of what is free: 8 MB of the default budget."""


class MemoryBudget:
    """The budget of the daemon. `used`, `peak` and `total` are bytes, `refused_at` a Unix time."""

    def __init__(
        self,
        total: int = DEFAULT_TOTAL,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.used = 0
        self.peak = 0
        self.refused = 0
        self.refused_at: float | None = None
        self._shares = 0
        self.notify_at: float = math.inf
        self._notify: Callable[[], None] | None = None
        self._clock = clock
        self._monotonic = monotonic
        # Frames that are coming in, the oldest first -> when they began.
        self._incoming: dict[IncomingFrame, float] = {}
        self.configure(total)

    def configure(self, total: int) -> None:
        """Use another total. What is held stays held."""
        self.total = total
        self._set_guarantee()

    def open_share(self) -> "MemoryShare":
        """Return the share of a new client, which closes it."""
        self._shares += 1
        self._set_guarantee()
        return MemoryShare(self)

    def _set_guarantee(self) -> None:
        self.guarantee = min(MAX_GUARANTEE, self.total // 4 // max(self._shares, 1))

    @property
    def free(self) -> int:
        """The bytes that are free for clients that hold more than their guarantee."""
        return max(self.total - self.total // 4 - self.used, 0)

    def statistics(self) -> dict[str, object]:
        """Return `total`, `used`, `peak` (bytes), `refused`, and when something was refused."""
        found: dict[str, object] = {
            "total": self.total,
            "used": self.used,
            "peak": self.peak,
            "refused": self.refused,
        }
        return found if self.refused_at is None else {**found, "refused_at": self.refused_at}

    def notify_above(self, size: int, notify: Callable[[], None]) -> None:
        """Call `notify` once as soon as more than `size` bytes are in use."""
        self.notify_at, self._notify = size, notify
        self.note_peak()

    # ---------------------------------------------------------- called by shares

    def note_peak(self) -> None:
        """Note that more is in use than ever, or than `notify_above` asked for."""
        self.peak = max(self.peak, self.used)
        if self.used > self.notify_at and self._notify is not None:
            self.notify_at = math.inf
            self._notify()

    def allows(self, held: int, more: int) -> bool:
        """Return whether a client that holds `held` may have `more`."""
        after = held + more
        if self.used + more > self.total:
            return False
        return after <= self.guarantee or after <= self.free - more

    def make_room(self, share: "MemoryShare", more: int) -> bool:
        """Drop stale frames until `share` may have `more`; return whether it may."""
        stale = self._monotonic() - STALE_SECONDS
        for frame, began in tuple(self._incoming.items()):
            if began > stale:
                break
            if frame.share is not share:
                frame.drop()
                if self.allows(share.used, more):
                    return True
        return False

    def note_refused(self) -> None:
        """Count a refusal, for `status`."""
        self.refused += 1
        self.refused_at = self._clock()

    def note_incoming(self, frame: "IncomingFrame") -> None:
        """Remember a frame that has begun, until `forget_incoming`."""
        self._incoming[frame] = self._monotonic()

    def forget_incoming(self, frame: "IncomingFrame") -> None:
        """Forget a frame that is complete or was dropped."""
        self._incoming.pop(frame, None)

    def close_share(self, held: int) -> None:
        """Take back what a client that has left still held."""
        self.used -= held
        self._shares -= 1
        self._set_guarantee()

    def __repr__(self) -> str:
        return f"<MemoryBudget {self.used} of {self.total} bytes, {self._shares} shares>"


class IncomingFrame:
    """A frame of which a part has arrived."""

    __slots__ = ("share",)

    def __init__(self, share: "MemoryShare") -> None:
        self.share = share

    def drop(self) -> None:
        """Drop what has arrived, and give its memory back."""
        self.share.budget.note_refused()
        self.forget()

    def forget(self) -> None:
        """Forget what has arrived."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<IncomingFrame of {self.share!r}>"


class MemoryShare:
    """What one client holds, in bytes."""

    __slots__ = ("budget", "used")

    def __init__(self, budget: MemoryBudget) -> None:
        self.budget = budget
        self.used = 0

    def take(self, size: int) -> None:
        """Take `size` bytes.

        Raises:
            Busy: that would be more than the client's share; nothing was taken.
        """
        budget = self.budget
        if not budget.allows(self.used, size) and not budget.make_room(self, size):
            budget.note_refused()
            raise Busy(
                f"this needs {_in_words(size)} more memory, and aircherd has "
                f"{_in_words(budget.free)} left of the {_in_words(budget.total)} of [daemon] "
                f"max_memory, of which this client has {_in_words(self.used)} in use: wait for "
                "other requests to end, or allow more ('aircher-cli doctor' says how)"
            )
        self.hold(size)

    def hold(self, size: int) -> None:
        """Count `size` bytes that are in memory already; negative ones were freed."""
        self.used += size
        budget = self.budget
        budget.used += size
        if budget.used > budget.peak or budget.used > budget.notify_at:
            budget.note_peak()

    def give_back(self, size: int) -> None:
        """Give `size` bytes back."""
        self.used -= size
        self.budget.used -= size

    def may_take(self, size: int) -> bool:
        """Return whether `take` would succeed without dropping anything."""
        return self.budget.allows(self.used, size)

    @property
    def may_queue(self) -> bool:
        """Whether more may be queued for the client, which is behind already.

        Replies that are being read count too: the text that waits for a client is in both.
        """
        return self.used < min(QUEUE_LIMIT, self.budget.free // _QUEUE_PART)

    def close(self) -> None:
        """Give everything back: the client has left."""
        self.budget.close_share(self.used)
        self.used = 0

    def __repr__(self) -> str:
        return f"<MemoryShare {self.used} bytes>"


def _in_words(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{max(size, 0) // 1024} KB"
