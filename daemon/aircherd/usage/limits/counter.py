"""One amount of one limit: its maximum, and how much is used and reserved."""

import math
from collections.abc import Callable
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple, Protocol

from aircher_wire import codes
from aircherd.config.model import AMOUNTS, Amount, LimitScope, Per
from aircherd.usage.limits.calendar_window import CalendarWindow
from aircherd.usage.limits.descriptions import describe_limit, describe_rounded
from aircherd.usage.limits.sliding_window import SlidingWindow
from aircherd.usage.limits.windows import ROLLING
from aircherd.usage.nano_usd import usd_text
from aircherd.vocabulary.availability import Limited, LimitStatus

if TYPE_CHECKING:
    from aircherd.usage.fleet.counter_share import CounterShare  # imported for a fleet only


class CounterKey(NamedTuple):
    """What a counter counts; its maximum may change.

    A fleet's limit and a machine's own may count the same: `is_shared` tells them apart.
    """

    scope: LimitScope
    per: Per
    amount: Amount
    is_shared: bool = False


def never_lost() -> float:
    """Return the time of the last loss where nothing is ever lost."""
    return -math.inf


MAX_UNKNOWN = 4
"""Calls in progress under one limit whose real use is unknown: at four times the estimate and more,
so many use up less than half of a limit for ten."""
TRY_AGAIN_SECONDS = 10.0
"""After so long, a call in progress has probably ended."""


class Hold(NamedTuple):
    """What one call has reserved under one counter.

    `is_unknown`: what it really uses is unknown. `is_alone`: it may use more than that.
    """

    counter: "LimitCounter"
    amount: int
    is_unknown: bool = False
    is_alone: bool = False


class UsageWindow(Protocol):
    """Usage within a period: a `SlidingWindow` or a `CalendarWindow`. Times are steady ones."""

    used: int

    def advance(self, now: float, offset: float = 0.0) -> float:
        """Remove what is no longer in the window; return when to call this next.

        `offset` is what the clock of the machine is ahead of the steady time.
        """

    def add(self, at: float, amount: int, offset: float = 0.0) -> float:
        """Count what was used at `at` if that is in the window; return when to `advance`."""

    def frees_at(self, now: float, excess: int) -> float:
        """Return when `excess` of `used` no longer counts."""

    def resets_at(self) -> float | None:
        """Return when nothing of `used` counts any more, None if nothing counts now."""

    def ends_at(self, now: float) -> float:
        """Return when the current window ends."""

    def began_before(self, at: float) -> bool:
        """Return whether the window contains time before `at`."""


class LimitCounter:
    """Counts one amount; money is in nano-USD. Call `advance` before anything else.

    Times are steady ones, but those of a refusal and of `status` are by the clock.

    `amount_index` is the index of its amount in `AMOUNTS`. While it `is_incomplete`, usage from
    before it was created is missing. The argument `lost_at` returns the Unix time before which the
    ledger may lack attempts. `margins` are times and amounts that the window has, because an
    unclean end of the daemon may have lost them.

    A counter with a `share` is one for all machines of a fleet: `used` is of all of them, and what
    this machine may reserve is what it has leased. Its `window` has what this machine used.
    """

    __slots__ = (
        "_alone",
        "_is_incomplete",
        "_lost_at",
        "_notified_level",
        "_quiet_until",
        "_unknown",
        "_warn_from",
        "amount_index",
        "description",
        "key",
        "margins",
        "maximum",
        "offset",
        "reserved",
        "share",
        "window",
    )

    def __init__(
        self,
        key: CounterKey,
        tz: tzinfo | None,
        lost_at: Callable[[], float] = never_lost,
        share: "CounterShare | None" = None,
    ) -> None:
        self.share = share
        self._lost_at = lost_at
        self.key = key
        self.amount_index = AMOUNTS.index(key.amount)
        rolling = ROLLING.get(key.per)
        self.window: UsageWindow
        if share is not None:
            self.window = share.window
        else:
            self.window = SlidingWindow(rolling) if rolling else CalendarWindow(key.per, tz)
        self.offset = 0.0
        self.reserved = 0
        self._unknown = 0  # reservations of calls whose real use is unknown
        self._alone = False  # whether one has reserved less than it may use
        self.maximum = 0
        self.description = ""
        self._is_incomplete = False
        self.margins: list[tuple[float, int]] = []
        self._warn_from = 1
        self._quiet_until = -math.inf
        self._notified_level = 0  # until then: 1 is the warning, 2 the whole amount

    def set_maximum(self, maximum: int, warn_at: float) -> None:
        """Set the maximum, and the share of it from which on the user is notified."""
        warn_from = max(1, math.ceil(maximum * warn_at))
        if (maximum, warn_from) != (self.maximum, self._warn_from):
            self._quiet_until = -math.inf  # another limit, another warning
        self.maximum, self._warn_from = maximum, warn_from
        if self.share is not None:
            self.share.maximum = maximum
        key = self.key
        self.description = describe_limit(key.scope, key.per, key.amount, maximum)

    def advance(self, now: float, offset: float) -> float:
        """Move the window to `now`; return when to call this next."""
        self.offset = offset
        return self.window.advance(now, offset)

    def change_zone(self) -> None:
        """Count again: days and months begin at another time now."""
        if isinstance(self.window, CalendarWindow):
            self.window.change_zone()
            self._quiet_until = -math.inf

    @property
    def used(self) -> int:
        """What counts as used: of a shared limit, by all machines as last seen."""
        return self.window.used if self.share is None else self.share.used

    @property
    def is_incomplete(self) -> bool:
        """Whether usage from before it was created is missing."""
        return self._is_incomplete

    @is_incomplete.setter
    def is_incomplete(self, is_incomplete: bool) -> None:
        self._is_incomplete = is_incomplete
        if self.share is not None:
            self.share.is_unread = is_incomplete

    def hold_for(
        self, amount: int, high: int, *, is_known: bool, now: float = 0.0
    ) -> "Hold | None":
        """Return what to reserve for a call that uses `amount` or up to `high`; None: no room.

        If `high` has no room but `amount` has, one such call at a time may go out: so the last part
        of a budget is used, and the limit is exceeded by no more than one call. Of calls whose real
        use is unknown, `MAX_UNKNOWN` may be in progress. Zero may always be reserved.

        Of a shared limit, this is what the fleet has room for as last seen: the lease may be
        smaller.
        """
        if not high:
            return Hold(self, 0)
        share = self.share
        if share is None:
            left = self.maximum - self.window.used - self.reserved
        else:
            left = share.room(now, self.reserved)
        if high <= left and (is_known or self._unknown < MAX_UNKNOWN):
            return Hold(self, high, is_unknown=not is_known)
        if amount <= left and not self._alone:
            return Hold(self, amount, is_unknown=not is_known, is_alone=True)
        return None

    def add(self, hold: "Hold") -> None:
        """Reserve what `hold_for` returned."""
        self.reserved += hold.amount
        self._unknown += hold.is_unknown
        self._alone = self._alone or hold.is_alone

    def remove(self, hold: "Hold") -> None:
        """Release what was reserved."""
        self.reserved -= hold.amount
        self._unknown -= hold.is_unknown
        if hold.is_alone:
            self._alone = False

    def may_free(self, amount: int) -> bool:
        """Return whether calls in progress may leave room for `amount`.

        They use less than they have reserved; but each is one request, whatever it uses.
        """
        if self.key.amount == "requests":
            return False
        return self.reserved > 0 and self.used + amount <= self.maximum

    def frees_at(self, now: float, amount: int) -> float | None:
        """Return when there is room for `amount` at the latest, None if never.

        Calls in progress may leave room for it at any time: then this is a moment to try again.
        """
        if amount > self.maximum:
            return None
        if self.may_free(amount):
            return now + TRY_AGAIN_SECONDS
        if self.share is not None:
            return self.share.frees_at(now, amount, self.reserved)
        excess = self.window.used + self.reserved + amount - self.maximum
        return self.window.frees_at(now, excess)

    def is_cut_off(self, now: float) -> bool:
        """Whether nothing of a shared limit may be used here while the engine is away."""
        return self.share is not None and self.share.is_cut_off(now, self.reserved)

    def must_notify(self, now: float) -> bool:
        """Return whether to notify the user of the usage, and remember that they were notified.

        True at most twice in a window: at the warning level and when everything is used.
        """
        if now >= self._quiet_until:
            self._notified_level = 0
        used = self.used
        level = (used >= self._warn_from) + (used >= max(self.maximum, 1))
        if level <= self._notified_level:
            return False
        self._notified_level = level
        self._quiet_until = self.window.ends_at(now)
        return True

    # -------------------------------------------------------------- descriptions

    def refusal(self, now: float, amount: int | None, *, is_known: bool = True) -> Limited:
        """Return why there is no room for `amount`, None if it is unknown.

        `is_known` False: it is only an estimate, which this model has never confirmed.
        """
        if amount is None:
            message = f"there is a limit, {self.description}, and this model's price is not known"
            return Limited(codes.PRICE_UNKNOWN, message, None, self.status())
        kind = self.key.amount
        parts = [f"{describe_rounded(kind, self.used)} used"]
        if self.reserved:
            reserved = describe_rounded(kind, self.reserved)
            parts.append(f"{reserved} reserved for requests in progress")
        if self.share is not None:
            parts += self.share.describe(kind)
        parts.append(f"this request may use {describe_rounded(kind, amount)}")
        if not is_known and kind != "requests":
            parts.append("what this model really uses is not known yet, so few requests at once")
        is_pending, until = self.may_free(amount), self.frees_at(now, amount)
        reached = "limit reserved by requests in progress" if is_pending else "limit reached"
        return Limited(
            codes.LIMIT_REACHED,
            f"{reached}: {self.description} ({', '.join(parts)})",
            None if until is None else self._shown(until),
            self.status(),
            is_pending,
        )

    @property
    def lost_at(self) -> float | None:
        """The Unix time before which attempts of the window may be missing, None if none are."""
        lost_at = self._lost_at()
        return lost_at if self.window.began_before(lost_at - self.offset) else None

    def status(self) -> LimitStatus:
        """Return the current usage."""
        scope, per, amount, _ = self.key
        used, maximum, began_before = self.used, self.maximum, self.window.began_before
        elsewhere = 0 if self.share is None else self.share.elsewhere
        margin = sum(amount for at, amount in self.margins if began_before(at))
        left = max(maximum - used - self.reserved - elsewhere, 0)
        resets_at = self.window.resets_at()
        return LimitStatus(
            limit=self.description,
            counted=amount,
            per=per,
            max=self._external(maximum),
            used=self._external(used),
            reserved=self._external(self.reserved),
            left=self._external(left),
            share=round(used / maximum, 4) if maximum else 1.0,
            resets_at=None if resets_at is None else self._shown(resets_at),
            incomplete=self.is_incomplete or self.lost_at is not None,
            margin=self._external(margin) if margin else 0,
            shared=self.share is not None,
            used_here=None if self.share is None else self._external(self.window.used),
            held_elsewhere=self._external(elsewhere) if elsewhere else 0,
            **scope._asdict(),
        )

    def _shown(self, at: float) -> float:
        """Return a steady time by the clock; the engine's midnight is only known about so well."""
        time = at + self.offset
        return time if self.share is None else float(round(time))

    def _external(self, count: int) -> int | str:
        return usd_text(count) if self.key.amount == "usd" else count

    def __repr__(self) -> str:
        used = self.window.used
        return f"<LimitCounter {self.description}: {used} used, {self.reserved} reserved>"
