"""What was used today or this month, by the calendar in local time."""

import math
from datetime import tzinfo

from aircherd.config.model import Per
from aircherd.usage.limits.windows import next_start, window_start


class CalendarWindow:
    """`used` is the sum of what was added for the day or month of the last `forget`.

    It begins anew with the next one. If the clock only jumped ahead and is put right afterwards,
    what had been counted before counts again: a budget is not to be had twice by accident.
    """

    __slots__ = ("_before", "_end", "_per", "_start", "_tz", "used")

    def __init__(self, per: Per, tz: tzinfo | None) -> None:
        self._per: Per = per
        self._tz = tz
        self._start = self._end = -math.inf
        self._before = (-math.inf, 0)  # the last window: its start, and what was used
        self.used = 0

    def forget(self, now: float) -> float:
        """Begin anew if this is another day or month; return when the next one begins."""
        if self._start <= now < self._end:
            return self._end
        start = window_start(self._per, now, self._tz)
        if start > self._start:
            self._before = (self._start, self.used)
            self.used = 0
        elif start < self._start and start == self._before[0]:
            self.used += self._before[1]
            self._before = (-math.inf, 0)
        self._start, self._end = start, next_start(self._per, now, self._tz)
        return self._end

    def add(self, at: float, amount: int) -> None:
        """Count what was used at `at`; it may be of another day or month."""
        if at >= self._start:
            self.used += amount

    def frees_at(self, now: float, excess: int) -> float:  # noqa: ARG002 - all at once, at its end
        """Return when so much of `used` counts no more: when the day or month is over."""
        return self._end

    def resets_at(self) -> float:
        """Return when the next day or month begins."""
        return self._end

    def ends_at(self, now: float) -> float:  # noqa: ARG002 - it does not begin now
        """Return when the day or month is over."""
        return self._end

    def began_before(self, at: float) -> bool:
        """Tell whether the day or month of the last `forget` began before `at`."""
        return self._start < at

    def set_back(self, seconds: float) -> None:
        """Follow a clock that was set back: days and months go by the clock as it is."""
