"""What one client has used of what all share.

A session sets its share for its task, and every task that is started from there inherits it. So
what is done for a client is counted as its own, wherever it is done.
"""

from collections import OrderedDict
from contextvars import ContextVar

import trio

MAX_OWED = 0.25
"""Seconds that are remembered at most: what was long ago is forgiven."""


class Share:
    """One client's share.

    `owed` are seconds of the event loop's time, as of the last `charge`. `waiting` are the tasks
    that wait for their turn, in their order. `turn` is the number of the last turn of the loop in
    which it was charged.
    """

    __slots__ = ("_paid_at", "owed", "turn", "waiting")

    def __init__(self) -> None:
        self.waiting: OrderedDict[trio.lowlevel.Task, None] = OrderedDict()
        self.owed = 0.0
        self.turn = 0
        self._paid_at = 0.0

    @property
    def is_greedy(self) -> bool:
        """Whether it uses as much as it can get."""
        return self.owed > MAX_OWED / 2

    def charge(self, seconds: float, paid: float) -> float:
        """Add time that was used; return how much is owed, in seconds.

        `paid` is what every client has paid back so far. Nothing is saved for later.
        """
        owed = self.owed - (paid - self._paid_at)
        self.owed = min(max(owed, 0.0) + seconds, MAX_OWED)
        self._paid_at = paid
        return self.owed

    def __repr__(self) -> str:
        return f"<Share owes {self.owed * 1000:.1f} ms, {len(self.waiting)} tasks wait>"


share_of_task: ContextVar[Share | None] = ContextVar("share_of_task", default=None)
"""The share of the client that the current task works for, None if it works for all."""
