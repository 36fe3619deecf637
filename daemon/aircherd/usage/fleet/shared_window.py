"""What this machine has used of one shared limit, in buckets of the engine's time.

The bucket of a use is fixed when it is added: by when its request was made, as in the ledger.
"""

import math
from datetime import datetime, tzinfo

from aircherd.config.model import Per
from aircherd.shared_state.base import Bucket
from aircherd.usage.fleet.engine_clock import EngineClock
from aircherd.usage.limits.windows import ROLLING, next_start, window_start
from aircherd.usage.time_buckets import clamp_time

KEPT_LENGTHS = 2
"""Buckets of a rolling window are kept for so many lengths: the engine's clock may be set back."""
KEPT_LABELS = 4
"""Days or months that are kept."""

_LABELS = {"day": "%Y-%m-%d", "month": "%Y-%m"}


class SharedWindow:
    """Implements `limits.counter.UsageWindow`. `zone` is that of the namespace.

    `used` is of this machine alone. `unreported` is what was added to the current window since the
    last report that was answered, and `changed` the buckets that were.
    """

    __slots__ = (
        "_amounts",
        "_first",
        "_per",
        "_rolling",
        "_zone",
        "bucket",
        "changed",
        "clock",
        "unreported",
        "used",
    )

    def __init__(self, per: Per, clock: EngineClock, zone: tzinfo) -> None:
        self._per: Per = per
        self.clock = clock
        self._zone = zone
        self._rolling = ROLLING.get(per)
        self._amounts: dict[int | str, int] = {}
        self._first: float = -math.inf  # the first step of a rolling window that counts
        rolling = self._rolling
        self.bucket = Bucket(rolling.length, rolling.step) if rolling else Bucket()
        self.used = 0
        self.unreported = 0
        self.changed: set[int | str] = set()

    def advance(self, now: float, offset: float = 0.0) -> float:  # noqa: ARG002 - the engine's clock counts
        """Move to `now`; return when to call this next."""
        time = self.clock.time_at(now)
        if self._rolling is None:
            self._move_calendar(time)
            return self.clock.steady_at(self.bucket.end)
        length, step = self._rolling
        first = int((time - length) // step)
        if first != self._first:
            self._first = first
            for number in [each for each in self._amounts if self._is_forgotten(each)]:
                del self._amounts[number]
            self.used = sum(self._counted().values())
        return self.clock.steady_at(float((first + 1) * step + length))

    def _move_calendar(self, time: float) -> None:
        if self.bucket.start <= time < self.bucket.end:
            return
        start, end = (
            window_start(self._per, time, self._zone),
            next_start(self._per, time, self._zone),
        )
        self.bucket = Bucket(label=self._label(time), start=start, end=end)
        for label in sorted(map(str, self._amounts))[:-KEPT_LABELS]:
            del self._amounts[label]
        self.unreported = 0  # of another day
        self.used = sum(self._counted().values())

    def add(self, at: float, amount: int, offset: float = 0.0) -> float:  # noqa: ARG002 - likewise
        """Count what was used at the steady time `at`; `advance` need not be called."""
        if not amount:
            return math.inf
        bucket = self._bucket_of(self.clock.time_at(at))
        self._amounts[bucket] = self._amounts.get(bucket, 0) + amount
        self.changed.add(bucket)
        if self._counts(bucket):
            self.used += amount
            self.unreported += amount
        return math.inf

    def used_or_just_over(self) -> int:
        """Return what is used, with the step that has left a rolling window last."""
        if self._rolling is None:
            return self.used
        return self.used + self._amounts.get(int(self._first) - 1, 0)

    def clear(self) -> None:
        """Forget all: it is read again from the ledger."""
        self._amounts.clear()
        self.changed.clear()
        self.used = self.unreported = 0

    # -------------------------------------------------------------- reports

    def take_changed(self) -> set[int | str]:
        """Return the buckets that changed since the last call."""
        taken, self.changed = self.changed, set()
        return taken

    def totals(self, buckets: set[int | str] | None = None) -> dict[str, int]:
        """Return the totals of these buckets, or of all that count."""
        if buckets is None:
            return {str(bucket): amount for bucket, amount in self._counted().items()}
        return {str(each): self._amounts[each] for each in buckets if each in self._amounts}

    # -------------------------------------------------------------- when it ends

    def lapses_at(self, sent: float) -> float:
        """Return the steady time when what was leased by a report at `sent` counts no more."""
        if self._rolling is not None:
            return sent + self._rolling.length
        return self.clock.steady_at(self.bucket.end)

    def frees_at(self, now: float, excess: int) -> float:
        """Return when `excess` of `used` no longer counts."""
        if self._rolling is None:
            return self.clock.steady_at(self.bucket.end)
        length, step = self._rolling
        counted = self._counted()
        for number in sorted(counted):
            excess -= counted[number]
            if excess <= 0:
                return self.clock.steady_at(float((int(number) + 1) * step + length))
        return now + length

    def resets_at(self) -> float | None:
        """Return when nothing of `used` counts any more, None if nothing counts now."""
        if self._rolling is None:
            return self.clock.steady_at(self.bucket.end)
        counted = self._counted()
        if not counted:
            return None
        length, step = self._rolling
        return self.clock.steady_at(float((max(map(int, counted)) + 1) * step + length))

    def ends_at(self, now: float) -> float:
        """Return when the current window ends."""
        return (
            now + self._rolling.length if self._rolling else self.clock.steady_at(self.bucket.end)
        )

    def began_before(self, at: float) -> bool:
        """Return whether the window contains time before the steady time `at`."""
        return self.starts_at() < at

    def starts_at(self) -> float:
        """Return the steady time when the current window began."""
        start = self._first * self._rolling.step if self._rolling else self.bucket.start
        return self.clock.steady_at(start)

    # -------------------------------------------------------------- helpers

    def _bucket_of(self, time: float) -> int | str:
        if self._rolling is not None:
            return int(time // self._rolling.step)
        is_current = self.bucket.start <= time < self.bucket.end
        return self.bucket.label if is_current else self._label(time)

    def _label(self, time: float) -> str:
        return datetime.fromtimestamp(clamp_time(time), self._zone).strftime(_LABELS[self._per])

    def _counts(self, bucket: int | str) -> bool:
        return bucket == self.bucket.label if self._rolling is None else int(bucket) >= self._first

    def _counted(self) -> dict[int | str, int]:
        return {each: amount for each, amount in self._amounts.items() if self._counts(each)}

    def _is_forgotten(self, bucket: int | str) -> bool:
        assert self._rolling is not None
        length, step = self._rolling
        return int(bucket) < self._first - (KEPT_LENGTHS - 1) * length // step

    def __repr__(self) -> str:
        return f"<SharedWindow of a {self._per}: {self.used} used, {self.unreported} unreported>"
