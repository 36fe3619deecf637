"""Usage of today or of this month, by the calendar in local time, however the clock jumps.

Times are on an axis that only goes forward (`steady_clock`); the clock's own time is such a time
plus an `offset`, which changes when the clock is set. What was used counts now

    if it was made today, as the clock said then;
    until the day that it was made in is over, in time that really passed;
    if it was made within the time that has really passed since today began, where the clock has
    been set since.

As long as the clock is not set, the three are the same. A jump in any direction renews nothing, and
nothing counts for longer than a day (or a month) of time that really passed.
"""

import math
from datetime import tzinfo
from typing import NamedTuple

from aircherd.config.model import Per
from aircherd.usage.limits.windows import next_start, window_start

TOLERANCE = 2.0
"""Seconds: smaller changes of the offset are corrections, not jumps."""
MAX_PARTS = 2000
"""A clock that is set every minute is no reason to fill the memory."""

_LONGEST: dict[Per, float] = {"day": 25 * 3600.0, "month": 31 * 86400.0 + 3600}
_STEPS: dict[Per, float] = {"day": 600.0, "month": 21_600.0}


class _Part(NamedTuple):
    """What was used in one step of time.

    `step` is its number, `start` the clock's time when its day began, `ends` when that day is over.
    """

    step: int
    offset: float
    start: float
    ends: float


class CalendarWindow:
    """`used` is the sum of what counts for the day or month of the last `advance`."""

    __slots__ = (
        "_end",
        "_is_mixed",
        "_longest",
        "_next",
        "_now",
        "_offset",
        "_parts",
        "_per",
        "_start",
        "_step",
        "_tz",
        "_until",
        "used",
    )

    def __init__(self, per: Per, tz: tzinfo | None) -> None:
        self._per: Per = per
        self._tz = tz
        self._longest, self._step = _LONGEST[per], _STEPS[per]
        self._start = self._end = -math.inf  # by the clock
        self._offset = 0.0
        self._is_mixed = False  # whether the clock has been set since anything was used
        self._now = -math.inf  # of the last `advance`
        self._next = -math.inf  # when to count again
        self._until = -math.inf  # when all that counts no longer does
        self._parts: dict[_Part, tuple[int, float]] = {}  # how much, and when the last of it
        self.used = 0

    def advance(self, now: float, offset: float = 0.0) -> float:
        """Forget what no longer counts; return when to call this next."""
        self._now = now
        if now < self._next and offset == self._offset:
            return self._next
        self._offset = offset
        clock = now + offset
        if not self._start <= clock < self._end:
            self._start = window_start(self._per, clock, self._tz)
            self._end = next_start(self._per, clock, self._tz)
        self._count(now)
        return self._next

    def add(self, at: float, amount: int, offset: float = 0.0) -> float:
        """Count what was used at `at`, which may be in another day or month.

        Return when to call `advance` at the latest.
        """
        if not amount:
            return self._next
        if abs(offset - self._offset) <= TOLERANCE:
            offset = self._offset
        else:
            self._is_mixed = True
        start, end = self._start, self._end
        clock = at + offset
        if not start <= clock < end:
            start = window_start(self._per, clock, self._tz)
            end = next_start(self._per, clock, self._tz)
        ends = end - offset
        if self._is_mixed:
            # Not before the day is over that was today before the clock was set.
            held = [part.ends for part in self._parts if part.step * self._step <= at]
            ends = max(ends, *held) if held else ends
        part = _Part(int(at // self._step), round(offset, 3), start, round(ends, 3))
        before, last = self._parts.get(part, (0, at))
        self._parts[part] = (before + amount, max(last, at))
        if len(self._parts) > MAX_PARTS:
            self._merge()
        self._note(part, amount, at)
        return self._next

    def change_zone(self) -> None:
        """Count again what was used: days and months begin at another time now.

        Of a step that a day begins in, all counts as its last use does.
        """
        parts, self._parts = self._parts, {}
        self._start = self._end = self._next = -math.inf
        self.advance(self._now, self._offset)
        for part, (amount, last) in parts.items():
            self.add(last, amount, part.offset)

    def frees_at(self, now: float, excess: int) -> float:  # noqa: ARG002 - all at once, at its end
        """Return when `excess` of `used` no longer counts: at the end of the day or month."""
        return self.resets_at()

    def resets_at(self) -> float:
        """Return when nothing of `used` counts any more: usually when the next one begins."""
        return self._end - self._offset if self._until == -math.inf else self._until

    def ends_at(self, now: float) -> float:  # noqa: ARG002 - it does not begin now
        """Return when the day or month ends."""
        return self.resets_at()

    def began_before(self, at: float) -> bool:
        """Return whether the day or month of the last `advance` began before `at`."""
        return self._start - self._offset < at

    def _count(self, now: float) -> None:
        self._until, self._next = -math.inf, self._end - self._offset
        self.used, self._is_mixed = 0, False
        for part in [part for part in self._parts if now >= self._forgotten_at(part)]:
            del self._parts[part]
        for part, (amount, last) in self._parts.items():
            self._is_mixed |= abs(part.offset - self._offset) > TOLERANCE
            self._note(part, amount, last)

    def _note(self, part: _Part, amount: int, at: float) -> None:
        """Count a part if it counts, and when it no longer does."""
        is_held = self._now < part.ends
        is_of_today = part.start == self._start or self._is_since_start(part, at)
        if is_of_today or is_held:
            forgotten = self._forgotten_at(part)
            ends = max(part.ends, self._end - self._offset) if is_of_today else part.ends
            self.used += amount
            self._until = max(self._until, min(ends, forgotten))
            self._next = min(self._next, forgotten, part.ends if is_held else math.inf)

    def _forgotten_at(self, part: _Part) -> float:
        return (part.step + 1) * self._step + self._longest

    def _is_since_start(self, part: _Part, at: float) -> bool:
        """Return whether what was used at `at`, by another clock, was used since today began."""
        has_jumped = abs(part.offset - self._offset) > TOLERANCE
        return has_jumped and at >= self._start - self._offset

    def _merge(self) -> None:
        """Make one part of all of a day: it counts as its last one does."""
        merged: dict[float, tuple[_Part, tuple[int, float]]] = {}
        for part, (amount, last) in self._parts.items():
            other, (total, latest) = merged.get(part.start, (part, (0, last)))
            ends, step = max(part.ends, other.ends), max(part.step, other.step)
            one = _Part(step, part.offset, part.start, ends)
            merged[part.start] = (one, (total + amount, max(last, latest)))
        self._parts = dict(sorted(merged.values())[-MAX_PARTS // 2 :])
