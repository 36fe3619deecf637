"""One amount of one limit: how much there may be, how much is used, and how much is reserved."""

import math
from collections.abc import Callable
from datetime import tzinfo
from typing import NamedTuple, Protocol

from aircher_wire import codes
from aircherd.config.model import AMOUNTS, Amount, LimitScope, Per
from aircherd.usage.limits.calendar_window import CalendarWindow
from aircherd.usage.limits.descriptions import about_words, limit_words
from aircherd.usage.limits.sliding_window import SlidingWindow
from aircherd.usage.limits.windows import ROLLING
from aircherd.usage.nano_usd import usd_text
from aircherd.vocabulary.availability import Limited, LimitStatus


class Counted(NamedTuple):
    """What is counted: it stays the same while the user changes how much of it there may be."""

    scope: LimitScope
    per: Per
    amount: Amount


def nothing_lost() -> float:
    """Say that nothing was ever lost."""
    return -math.inf


class Sum(Protocol):
    """What was used in a window: `SlidingWindow` or `CalendarWindow`."""

    used: int

    def forget(self, now: float) -> float:
        """Leave out what the window holds no more; return until when there is nothing to forget."""

    def add(self, at: float, amount: int) -> None:
        """Count what was used at `at`, if the window holds it."""

    def frees_at(self, now: float, excess: int) -> float:
        """Return when so much of it counts no more."""

    def resets_at(self) -> float | None:
        """Return when nothing of it counts any more, None if nothing does."""

    def ends_at(self, now: float) -> float:
        """Return when the window of now is over."""

    def began_before(self, at: float) -> bool:
        """Tell whether the window has some of the time before `at`."""

    def set_back(self, seconds: float) -> None:
        """Follow a clock that was set back."""


class LimitCounter:
    """Counts one amount; money in nano-USD. `forget` comes before anything that asks.

    `place` is where its amount stands in (requests, tokens, nano-USD), `words` the limit in words.
    While it `is_incomplete`, what was used before it was there is not counted yet. `lost_at` tells
    the Unix time before which the ledger may lack attempts.
    """

    __slots__ = (
        "_lost_at",
        "_quiet_until",
        "_told",
        "_warn_from",
        "counted",
        "is_incomplete",
        "most",
        "place",
        "reserved",
        "sum",
        "words",
    )

    def __init__(
        self,
        counted: Counted,
        tz: tzinfo | None,
        lost_at: Callable[[], float] = nothing_lost,
    ) -> None:
        self._lost_at = lost_at
        self.counted = counted
        self.place = AMOUNTS.index(counted.amount)
        rolling = ROLLING.get(counted.per)
        self.sum: Sum = SlidingWindow(rolling) if rolling else CalendarWindow(counted.per, tz)
        self.reserved = 0
        self.most = 0
        self.words = ""
        self.is_incomplete = False
        self._warn_from = 1
        self._quiet_until = -math.inf
        self._told = 0  # since then: 1 of a good part, 2 of all

    def allow(self, most: int, warn_at: float) -> None:
        """Set how much there may be, and the share of it from which on the user is told."""
        warn_from = max(1, math.ceil(most * warn_at))
        if (most, warn_from) != (self.most, self._warn_from):
            self._quiet_until = -math.inf  # another limit, another warning
        self.most, self._warn_from = most, warn_from
        self.words = limit_words(*self.counted, most)

    def has_room(self, needed: int) -> bool:
        """Tell whether so much may be reserved. What costs nothing always may."""
        return not needed or self.sum.used + self.reserved + needed <= self.most

    def frees_at(self, now: float, needed: int) -> float | None:
        """Return when there will be room for so much at the latest, None if there never will."""
        if needed > self.most:
            return None
        return self.sum.frees_at(now, self.sum.used + self.reserved + needed - self.most)

    def is_news(self, now: float) -> bool:
        """Tell whether the user should hear how much is used.

        True twice in a window at most: when a good part is used, and when all of it is.
        """
        if now >= self._quiet_until:
            self._told = 0
        used = self.sum.used
        level = (used >= self._warn_from) + (used >= max(self.most, 1))
        if level <= self._told:
            return False
        self._told = level
        self._quiet_until = self.sum.ends_at(now)
        return True

    def set_back(self, seconds: float) -> None:
        """Follow a clock that was set back."""
        self.sum.set_back(seconds)
        self._quiet_until -= seconds

    # -------------------------------------------------------------- what it tells

    def refusal(self, now: float, needed: int | None) -> Limited:
        """Return why there is no room; `needed` is None where nobody knows how much is needed."""
        if needed is None:
            message = f"there is a limit, {self.words}, and this model's price is not known"
            return Limited(codes.PRICE_UNKNOWN, message, None, self.status())
        amount = self.counted.amount
        parts = [f"{about_words(amount, self.sum.used)} used"]
        if self.reserved:
            parts.append(f"{about_words(amount, self.reserved)} reserved for requests under way")
        parts.append(f"this one may take {about_words(amount, needed)}")
        return Limited(
            codes.LIMIT_REACHED,
            f"limit reached: {self.words} ({', '.join(parts)})",
            self.frees_at(now, needed),
            self.status(),
        )

    def status(self) -> LimitStatus:
        """Return how it stands."""
        scope, per, amount = self.counted
        used = self.sum.used
        left = max(self.most - used - self.reserved, 0)
        return LimitStatus(
            limit=self.words,
            counted=amount,
            per=per,
            max=self._shown(self.most),
            used=self._shown(used),
            reserved=self._shown(self.reserved),
            left=self._shown(left),
            share=round(used / self.most, 4) if self.most else 1.0,
            resets_at=self.sum.resets_at(),
            incomplete=self.is_incomplete or self.sum.began_before(self._lost_at()),
            **scope._asdict(),
        )

    def _shown(self, count: int) -> int | str:
        return usd_text(count) if self.counted.amount == "usd" else count

    def __repr__(self) -> str:
        return f"<LimitCounter {self.words}: {self.sum.used} used, {self.reserved} reserved>"
