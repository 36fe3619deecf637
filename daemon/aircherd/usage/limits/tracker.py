"""All limits and their usage, in memory: a request that would exceed one is refused beforehand.

    tracker = LimitTracker(clock, tz)
    tracker.configure(limits)                 # at the start, and whenever [[limits]] changes
    tracker.restore(history, rows)            # from the ledger, for each of `missing_history`
    reservation = tracker.reserve(key, ...)   # right before an attempt is sent
    reservation.settle(...)                   # when it has ended

Nothing here waits, so check and reserve are one atomic step. Usage exceeds a limit at most by what
the requests in progress used more than was reserved for them: `High` says how much that may be.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from aircherd.config.model import Limit
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.ledger.writer import LedgerState
from aircherd.usage.limits.counter import CounterKey, Hold, LimitCounter, never_lost
from aircherd.usage.limits.missing_history import MissingHistory, matches
from aircherd.usage.limits.reservation import (
    Amounts,
    GrantNeeded,
    High,
    LimitKey,
    Reservation,
)
from aircherd.usage.limits.unknown_usage import no_outage, refuse_unknown, why_unknown
from aircherd.usage.limits.windows import window_start
from aircherd.usage.nano_usd import to_nano
from aircherd.usage.steady_clock import FollowsClock
from aircherd.vocabulary.availability import Limited, LimitStatus

if TYPE_CHECKING:
    from aircherd.usage.fleet.sharing import Sharing  # imported for a fleet only

MAX_MATCHES = 16_384
"""Keys whose counters are cached, about 4 MB: clients may make up names."""


def _do_nothing() -> None:
    """Stand in for the callbacks: nothing is in progress."""


class LimitTracker:
    """The counters of all limits. `clock` returns Unix time; `tz` None is the machine's time zone.

    `steady` returns a time that goes forward as time really passes, whatever happens to the clock;
    by default one that follows the clock forward. The counters use it, and what the clock is ahead
    of it: its `offset`.

    `lost_at` returns the Unix time before which the ledger may lack attempts: a limit whose window
    contains such time is incomplete. `outage` returns the ledger's state while it does not work.

    While there is no limit (`has_limits`), nothing needs to be reserved. `before_first_limit` is
    called when one is set, to `admit` the attempts in progress; `after_change` whenever limits have
    changed, or what was used before is known; `after_jump` with the new offset when the clock was
    set; `on_room` with the description of a shared limit that has room.

    Limits that are shared by a fleet have their leases from `sharing`, None if there is no fleet;
    `configure` must be called after it was set.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        tz: tzinfo | None = None,
        *,
        lost_at: Callable[[], float] = never_lost,
        steady: Callable[[], float] | None = None,
        outage: Callable[[], LedgerState | None] = no_outage,
    ) -> None:
        self.clock = clock
        self.steady = steady or FollowsClock(clock)
        self.has_limits = False
        self.before_first_limit: Callable[[], None] = _do_nothing
        self.after_change: Callable[[], None] = _do_nothing
        self.after_jump: Callable[[float], None] = lambda _: None
        self.on_room: Callable[[str], None] = lambda _: None
        self.sharing: Sharing | None = None
        self._tz = tz
        self._lost_at = lost_at
        self._offset = math.inf  # what the clock was ahead of the steady time
        self._outage = outage
        self._refuses_unknown = False
        self._advance_at = -math.inf  # when the next window moves
        self._counters: dict[CounterKey, LimitCounter] = {}
        self._matches: dict[LimitKey, tuple[LimitCounter, ...]] = {}
        self._open: set[Reservation] = set()
        self._missing: list[MissingHistory] = []  # between `configure` and `restore`

    # -------------------------------------------------------------- requests

    def check(
        self, key: LimitKey, tokens: int, cost_nano: int | None, high: High | None = None
    ) -> Limited | None:
        """Return the first limit that such a request would exceed, None if there is none.

        An unknown `cost_nano` exceeds every limit in USD.
        """
        if not self._counters:
            return None
        amounts, now = Amounts(1, tokens, cost_nano), self._now()
        counters = self._counters_for(key)
        if self._refuses_unknown and (unknown := self._unknown(counters)):
            return unknown
        found = _holds(counters, amounts, high or High(amounts), now)
        if not isinstance(found, Limited):
            return None
        self._note_refused()
        return found

    def reserve(
        self,
        key: LimitKey,
        tokens: int,
        cost_nano: int | None,
        high: High | None = None,
        *,
        has_turn: bool = False,
    ) -> Reservation | Limited | GrantNeeded:
        """Reserve what a request may use under every limit that applies, or return the full one.

        `high` is what it may use if that is more. Call it right before sending: other requests may
        have reserved since `check`. With a fleet, it may have to wait for a grant; then it calls
        this again, and it `has_turn`.
        """
        amounts, now = Amounts(1, tokens, cost_nano), self._now()
        counters = self._counters_for(key) if self._counters else ()
        if self._refuses_unknown and (unknown := self._unknown(counters)):
            return unknown
        holds = _holds(counters, amounts, high or High(amounts), now)
        if isinstance(holds, Limited):
            self._note_refused()
            return holds
        sharing = self.sharing
        if sharing is not None:
            short = sharing.shortage(holds, now, has_turn=has_turn)
            if short is not None:
                return short
        for hold in holds:
            hold.counter.add(hold)
        if sharing is not None:
            sharing.note_reserved(holds, now)
        is_known = high is None or high.is_known
        made = Reservation(key, amounts, (now, self._offset), holds, self._end, is_known=is_known)
        return self._opened(made)

    def admit(
        self, key: LimitKey, tokens: int, cost_nano: int | None, at: float, clock: float
    ) -> Reservation:
        """Reserve for a request sent at the steady time `at`, when there was no limit.

        `clock` is what the clock said then.
        """
        amounts = Amounts(1, tokens, cost_nano)
        return self._opened(Reservation(key, amounts, (at, clock - at), (), self._end))

    def learn(self, reservation: Reservation, high: Amounts) -> None:
        """Reserve `high` instead for a request in progress: it is known now what it may use."""
        if reservation not in self._open:
            return
        holds = []
        for hold in reservation.holds:
            counter = hold.counter
            counter.remove(hold)
            amount = high[counter.amount_index]
            changed = Hold(counter, hold.amount if amount is None else max(amount, hold.amount))
            counter.add(changed)
            holds.append(changed)
        reservation.holds = tuple(holds)

    def _opened(self, reservation: Reservation) -> Reservation:
        self._open.add(reservation)
        return reservation

    def _end(self, reservation: Reservation, used: Amounts) -> tuple[LimitStatus, ...]:
        """Replace what is reserved by what was used; return the limits to notify the user of."""
        if reservation not in self._open:
            return ()
        now = self._now()
        self._open.remove(reservation)
        notified = []
        for hold in reservation.holds:
            counter = hold.counter
            counter.remove(hold)
            amount = used[counter.amount_index] or 0
            move_at = counter.window.add(reservation.at, amount, reservation.offset)
            self._advance_at = min(self._advance_at, move_at)
            if counter.must_notify(now):
                notified.append(counter.status())
        if self.sharing is not None:
            self.sharing.note_activity()
        return tuple(notified)

    def refusal(self, needed: GrantNeeded) -> Limited:
        """Return why a request that needs a grant gets none."""
        return needed.counter.refusal(self._now(), needed.amount)

    # -------------------------------------------------------------- configuration

    @property
    def missing_history(self) -> tuple[MissingHistory, ...]:
        """The history of new limits, oldest first: `restore` each with the ledger's rows."""
        return tuple(self._missing)

    def configure(self, limits: Sequence[Limit], *, refuses_unknown: bool = False) -> None:
        """Apply `limits` from now on; unchanged ones keep what they have counted.

        New ones have `missing_history`, until now. If it `refuses_unknown`, nothing is reserved
        under a limit while it is not known what was used.
        """
        now = self._now()
        self._refuses_unknown = refuses_unknown
        if limits and not self._counters:
            self.before_first_limit()
        before, self._counters = self._counters, {}
        for limit in limits:
            for amount, value in limit.amounts.items():
                key = CounterKey(limit.scope, limit.per, amount, limit.is_shared)
                counter = self._kept(before, key, limit) or self._made(key, limit)
                maximum = to_nano(value) if isinstance(value, Decimal) else value
                counter.set_maximum(maximum, limit.warn_at)
                self._counters[key] = counter
        self.has_limits = bool(self._counters)
        self._matches.clear()
        self._advance_at = -math.inf
        new = [each for key, each in self._counters.items() if before.get(key) is not each]
        self._apply_to_open(new)
        for history in self._missing:
            history.keep(self._counters.values())
        self._miss(new, now)
        self._missing = [history for history in self._missing if history.counters]
        if self.sharing is not None:
            self.sharing.use(self._counters.values())
        self.after_change()

    def _kept(
        self, before: dict[CounterKey, LimitCounter], key: CounterKey, limit: Limit
    ) -> LimitCounter | None:
        """Return the counter that a limit had, unless it counts for others now."""
        counter = before.get(key)
        if counter is None:
            return None
        if not limit.is_shared or self.sharing is None:
            return counter if counter.share is None else None
        return counter if self.sharing.owns(counter) else None

    def _made(self, key: CounterKey, limit: Limit) -> LimitCounter:
        share = self.sharing.open(key.per) if limit.is_shared and self.sharing else None
        return LimitCounter(key, self._tz, self._lost_at, share)

    def _miss(self, counters: Sequence[LimitCounter], now: float) -> None:
        """Note that counters lack what was used before now: shared ones read it in another way."""
        for counter in counters:
            counter.advance(now, self._offset)
        local = [counter for counter in counters if counter.share is None]
        shared = [counter for counter in counters if counter.share is not None]
        for found in (local, shared):
            if found:
                starts = [self._start_of(counter, now) for counter in found]
                self._missing.append(MissingHistory(found, min(starts), is_shared=found is shared))

    def read_again(self) -> None:
        """Have the history of shared limits read again: it was counted by another time."""
        now = self._now()
        shared = [each for each in self._counters.values() if each.share is not None]
        for counter in shared:
            assert counter.share is not None
            counter.share.forget()
            counter.margins.clear()
        self._missing = [history for history in self._missing if not history.is_shared]
        self._miss(shared, now)
        self._advance_at = -math.inf

    def _apply_to_open(self, new: list[LimitCounter]) -> None:
        """Reserve under new limits for the attempts in progress."""
        for reservation in self._open:
            before = {hold.counter: hold for hold in reservation.holds}
            holds = []
            for counter in self._counters_for(reservation.key):
                hold = before.get(counter)
                if hold is None:
                    hold = Hold(counter, reservation.amounts[counter.amount_index] or 0)
                    if counter in new:
                        counter.add(hold)
                holds.append(hold)
            reservation.holds = tuple(holds)

    def restore(self, history: MissingHistory, rows: Sequence[ReplayedUsage]) -> None:
        """Add usage from before `configure` to the counters that it created.

        `rows` are the ledger's since `history.since`, of attempts that had ended by then. Does
        nothing if `history` is no longer missing: its limits are gone, or it was restored.
        """
        now = self._now()
        if history in self._missing:
            history.fill(rows, now, self._offset)
            self._advance_at = -math.inf
            self._missing.remove(history)
            if self.sharing is not None:
                self.sharing.ask_now()
            self.after_change()

    # -------------------------------------------------------------- state

    def recount(self) -> None:
        """Move the windows, whatever the time was before: the engine's clock was set."""
        self._advance_at = -math.inf
        self._now()

    def notice_clock(self) -> None:
        """See whether the clock was set: without limits, no request looks."""
        self._now()

    def change_zone(self) -> None:
        """Let days and months begin by the machine's zone as it is now."""
        now = self._now()
        for counter in self._counters.values():
            counter.change_zone()
        for history in self._missing:
            starts = (self._start_of(counter, now) for counter in history.counters)
            history.since = min(history.since, *starts)
        self._advance_at = -math.inf
        self.after_change()

    def status(self) -> list[LimitStatus]:
        """Return the usage of every limit, in the order of the configuration."""
        now = self._now()
        outage = self._outage()
        rows = []
        for counter in self._counters.values():
            row = counter.status()
            is_unknown = self._refuses_unknown and why_unknown(counter, outage, self._tz)
            if is_unknown or counter.is_cut_off(now):
                row = msgspec.structs.replace(row, refuses=True)
            rows.append(row)
        return rows

    def statistics(self) -> dict[str, int]:
        """Return how many amounts are limited, and how many reservations are open."""
        return {"limits": len(self._counters), "open": len(self._open)}

    def __repr__(self) -> str:
        counts = f"{len(self._counters)} amounts, {len(self._open)} open reservations"
        return f"<LimitTracker of {counts}>"

    # -------------------------------------------------------------- helpers

    def _now(self) -> float:
        """Return the steady time, and move the windows to it."""
        now = self.steady()
        offset = self.clock() - now
        if abs(offset - self._offset) > 1:  # the clock was set
            is_first, self._offset = self._offset == math.inf, offset
            self._advance_at = -math.inf
            if not is_first:
                self.after_jump(offset)
        if now >= self._advance_at:
            offset = self._offset
            moves = (counter.advance(now, offset) for counter in self._counters.values())
            self._advance_at = min(moves, default=math.inf)
        return now

    def _note_refused(self) -> None:
        """Have the engine asked soon whether the fleet has room now."""
        if self.sharing is not None:
            self.sharing.note_activity()

    def _start_of(self, counter: LimitCounter, now: float) -> float:
        if counter.share is not None:
            return counter.share.window.starts_at() + self._offset
        return window_start(counter.key.per, now + self._offset, self._tz)

    def _unknown(self, counters: Iterable[LimitCounter]) -> Limited | None:
        return refuse_unknown(counters, self._outage(), self._tz)

    def _counters_for(self, key: LimitKey) -> tuple[LimitCounter, ...]:
        found = self._matches.get(key)
        if found is None:
            if len(self._matches) >= MAX_MATCHES:
                self._matches.clear()
            counters = self._counters.values()
            found = tuple(each for each in counters if matches(each.key.scope, key))
            self._matches[key] = found
        return found


def _holds(
    counters: Iterable[LimitCounter], amounts: Amounts, high: High, now: float
) -> tuple[Hold, ...] | Limited:
    """Return what to reserve under each counter, or the first one that has no room."""
    holds = []
    for counter in counters:
        index = counter.amount_index
        amount, most = amounts[index], high.amounts[index]
        if amount is None or most is None:
            return counter.refusal(now, None)
        hold = counter.hold_for(amount, most, is_known=high.is_known or not index, now=now)
        if hold is None:
            if counter.share is not None:
                counter.share.refused = amount
            return counter.refusal(now, amount, is_known=high.is_known)
        holds.append(hold)
    return tuple(holds)
