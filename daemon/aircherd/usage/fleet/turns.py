"""Requests that wait for a grant under one counter, in order: plain, but for the event of each.

When the engine has answered, each gets its turn, or learns that there is no room. What it needs is
kept for it until it runs: a request that comes later cannot take it away.
"""

from collections import OrderedDict
from enum import Enum, auto

import trio


class Outcome(Enum):
    """What came of waiting: what was needed, no room, or something else to try again with.

    `AGAIN`: the engine is away, so the rules of an outage apply, or the limit is gone.
    """

    GRANTED = auto()
    REFUSED = auto()
    AGAIN = auto()


class Turn:
    """One request that waits for `amount`; `outcome` None: it still does."""

    __slots__ = ("amount", "is_over", "outcome")

    def __init__(self, amount: int) -> None:
        self.amount = amount
        self.outcome: Outcome | None = None
        self.is_over = trio.Event()

    def end(self, outcome: Outcome) -> None:
        """Let the request go on."""
        self.outcome = outcome
        self.is_over.set()


class Turns:
    """The requests that wait. `promised` is what was granted to those that have not run yet."""

    __slots__ = ("_waiting", "promised", "wanted")

    def __init__(self) -> None:
        self._waiting: OrderedDict[Turn, None] = OrderedDict()
        self.promised = 0
        self.wanted = 0  # by all that wait

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def least(self) -> int:
        """What the first one needs."""
        return next(iter(self._waiting)).amount if self._waiting else 0

    def add(self, turn: Turn) -> None:
        """Let a request wait."""
        self._waiting[turn] = None
        self.wanted += turn.amount

    def leave(self, turn: Turn) -> None:
        """End a wait: its promise is over, whether the request goes on or was cancelled."""
        if turn.outcome is Outcome.GRANTED:
            self.promised -= turn.amount
        elif turn.outcome is None:
            del self._waiting[turn]
            self.wanted -= turn.amount

    def serve(self, available: int, rest: int, most: int) -> int:
        """Let up to `most` requests go on: those that fit, and those that cannot; return how many.

        Args:
            available: What this machine may use now, without what is promised.
            rest: What can be asked for besides. The first request that needs it stays, and so do
                those after it.
            most: A bound, so that thousands of requests do not hold up everything else.
        """
        served = 0
        while self._waiting and served < most:
            amount = self.least
            if amount <= available:
                available -= amount
                self.promised += amount
                outcome = Outcome.GRANTED
            elif amount <= available + rest:
                break
            else:
                outcome = Outcome.REFUSED
            self._end_first(outcome)
            served += 1
        return served

    def end_all(self, outcome: Outcome) -> None:
        """Let all go on: the engine is away, or the limit is gone."""
        while self._waiting:
            self._end_first(outcome)

    def _end_first(self, outcome: Outcome) -> None:
        turn, _ = self._waiting.popitem(last=False)
        self.wanted -= turn.amount
        turn.end(outcome)

    def __repr__(self) -> str:
        return f"<Turns of {len(self._waiting)} requests, {self.promised} promised>"
