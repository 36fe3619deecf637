"""Usage of today or of this month, by the calendar in local time."""

import math
from datetime import tzinfo

from aircherd.config.model import Per
from aircherd.usage.limits.windows import next_start, window_start


class CalendarWindow:
    """`used` is the sum of what was added for the day or month of the last `advance`.

    It starts at zero with the next one. If the clock only jumped ahead and is corrected afterwards,
    the previous sum counts again: an accident does not grant a budget twice.
    """

    __slots__ = ("_end", "_per", "_previous", "_start", "_tz", "used")

    def __init__(self, per: Per, tz: tzinfo | None) -> None:
        self._per: Per = per
        self._tz = tz
        self._start = self._end = -math.inf
        self._previous = (-math.inf, 0)  # start and usage of the previous window
        self.used = 0

    def advance(self, now: float) -> float:
        """Start at zero if this is another day or month; return when the next one begins."""
        if self._start <= now < self._end:
            return self._end
        start = window_start(self._per, now, self._tz)
        if start > self._start:
            self._previous = (self._start, self.used)
            self.used = 0
        elif start < self._start and start == self._previous[0]:
            self.used += self._previous[1]
            self._previous = (-math.inf, 0)
        self._start, self._end = start, next_start(self._per, now, self._tz)
        return self._end

    def add(self, at: float, amount: int) -> None:
        """Count what was used at `at`, which may be in another day or month."""
        if at >= self._start:
            self.used += amount

    def frees_at(self, now: float, excess: int) -> float:  # noqa: ARG002 - all at once, at its end
        """Return when `excess` of `used` no longer counts: at the end of the day or month."""
        return self._end

    def resets_at(self) -> float:
        """Return when the next day or month begins."""
        return self._end

    def ends_at(self, now: float) -> float:  # noqa: ARG002 - it does not begin now
        """Return when the day or month ends."""
        return self._end

    def began_before(self, at: float) -> bool:
        """Return whether the day or month of the last `advance` began before `at`."""
        return self._start < at

    def set_back(self, seconds: float) -> None:
        """Adjust to a clock that was set back: days and months follow the clock as it is."""
