"""What was used in the last minute or hour: amounts in steps of time, the old ones forgotten."""

import math

from aircherd.usage.limits.windows import Rolling


class SlidingWindow:
    """`used` is the sum of what was added for the last `length` seconds.

    It moves in steps: an amount counts up to one step longer than `length`, never shorter. So it
    remembers at most length / step + 1 amounts: 61 for a minute, 361 for an hour, some 30 KB.
    """

    __slots__ = ("_amounts", "_first", "_length", "_step", "used")

    def __init__(self, window: Rolling) -> None:
        self._length, self._step = window
        self._amounts: dict[int, int] = {}  # by the number of the step they were used in
        self._first: float = -math.inf  # the oldest step that counts
        self.used = 0

    def forget(self, now: float) -> float:
        """Leave out what is older than the window; return until when there is nothing to forget."""
        first = max(self._first, int((now - self._length) // self._step))
        self._first = first
        for step in [step for step in self._amounts if step < first]:
            self.used -= self._amounts.pop(step)
        return self._leaves_at(first)

    def add(self, at: float, amount: int) -> None:
        """Count what was used at `at`; it may be too old to count."""
        step = int(at // self._step)
        if amount and step >= self._first:
            self._amounts[step] = self._amounts.get(step, 0) + amount
            self.used += amount

    def frees_at(self, now: float, excess: int) -> float:
        """Return when so much of `used` has left the window.

        Of more than that, which is only reserved yet, all that is known is that it counts no longer
        than a window from now if it ends now.
        """
        for step in sorted(self._amounts):
            excess -= self._amounts[step]
            if excess <= 0:
                return self._leaves_at(step)
        return now + self._length

    def resets_at(self) -> float | None:
        """Return when nothing of `used` counts any more, None if nothing does now."""
        return self._leaves_at(max(self._amounts)) if self._amounts else None

    def ends_at(self, now: float) -> float:
        """Return when a window that begins now is over."""
        return now + self._length

    def began_before(self, at: float) -> bool:
        """Tell whether the window of the last `forget` has some of the time before `at`."""
        return self._first * self._step < at

    def set_back(self, seconds: float) -> None:
        """Follow a clock that was set back: what was a minute ago is a minute ago."""
        steps = int(seconds // self._step)
        self._amounts = {step - steps: amount for step, amount in self._amounts.items()}
        self._first -= steps

    def _leaves_at(self, step: float) -> float:
        return float((step + 1) * self._step + self._length)
