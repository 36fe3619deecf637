"""Usage of the last minute or hour: amounts in time steps, the old ones removed."""

import math

from aircherd.usage.limits.windows import Rolling


class SlidingWindow:
    """`used` is the sum of what was added during the last `length` seconds.

    It moves in steps: an amount counts up to one step longer than `length`, never shorter. So it
    holds at most length / step + 1 amounts: 61 for a minute, 361 for an hour, about 30 KB.
    """

    __slots__ = ("_amounts", "_first", "_length", "_step", "used")

    def __init__(self, window: Rolling) -> None:
        self._length, self._step = window
        self._amounts: dict[int, int] = {}  # by the number of the step
        self._first: float = -math.inf  # the oldest step that counts
        self.used = 0

    def advance(self, now: float, offset: float = 0.0) -> float:  # noqa: ARG002 - the clock is not read
        """Remove what is older than the window; return when there is something to remove next."""
        first = max(self._first, int((now - self._length) // self._step))
        self._first = first
        for step in [step for step in self._amounts if step < first]:
            self.used -= self._amounts.pop(step)
        return self._expires_at(first)

    def add(self, at: float, amount: int, offset: float = 0.0) -> float:  # noqa: ARG002 - likewise
        """Count what was used at `at`, unless it is too old; `advance` need not be called."""
        step = int(at // self._step)
        if amount and step >= self._first:
            self._amounts[step] = self._amounts.get(step, 0) + amount
            self.used += amount
        return math.inf

    def frees_at(self, now: float, excess: int) -> float:
        """Return when `excess` of `used` has left the window.

        If `excess` is more than `used`, the rest is only reserved: it leaves the window at the
        latest one window after its end, which is taken to be now.
        """
        for step in sorted(self._amounts):
            excess -= self._amounts[step]
            if excess <= 0:
                return self._expires_at(step)
        return now + self._length

    def resets_at(self) -> float | None:
        """Return when all of `used` has left the window, None if nothing is in it."""
        return self._expires_at(max(self._amounts)) if self._amounts else None

    def ends_at(self, now: float) -> float:
        """Return when a window that begins now ends."""
        return now + self._length

    def began_before(self, at: float) -> bool:
        """Return whether the window of the last `advance` contains time before `at`."""
        return self._first * self._step < at

    def _expires_at(self, step: float) -> float:
        return float((step + 1) * self._step + self._length)
