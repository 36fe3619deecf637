"""Every limit and what is used of it, in memory: who would go beyond one is told so before.

    book = LimitTracker(clock, tz)
    book.configure(limits)                   # now, and whenever [[limits]] changes
    book.restore(past, rows)                 # of the ledger, for each past that is `awaited`
    held = book.reserve(asking, ...)         # right before an attempt is sent
    held.settle(...) or held.release()       # once it is known what became of it

Nothing here waits, so nobody comes between the look at a limit and the reservation under it: what
is used goes beyond a limit at most by what the requests under way took more than was reserved.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from decimal import Decimal

from aircherd.config.model import Limit
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.limits.awaited_past import AwaitedPast, covers
from aircherd.usage.limits.counter import Counted, LimitCounter, nothing_lost
from aircherd.usage.limits.reservation import NOTHING, Amounts, LimitKey, Reservation
from aircherd.usage.limits.windows import window_start
from aircherd.usage.nano_usd import nano_of
from aircherd.vocabulary.availability import Limited, LimitStatus

MAX_REMEMBERED = 16_384
"""Askings whose counters are remembered; clients make up their names as they like. Some 4 MB."""


class LimitTracker:
    """The counters of all limits. `clock` gives Unix time; `tz` None is the machine's zone.

    `lost_at` tells the Unix time before which the ledger may lack attempts: a limit whose window
    has some of that time is incomplete.

    While there is no limit (`has_limits`), nothing needs to be reserved. `before_first_limit` is
    called when one is set: then it is time to `admit` what is under way.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        tz: tzinfo | None = None,
        *,
        lost_at: Callable[[], float] = nothing_lost,
    ) -> None:
        self.clock = clock
        self._tz = tz
        self._lost_at = lost_at
        self._latest = -math.inf  # what the clock said last
        self._moves_at = -math.inf  # when the next window moves
        self._counters: dict[Counted, LimitCounter] = {}
        self.has_limits = False
        self.before_first_limit: Callable[[], None] = _nothing
        self._matching: dict[LimitKey, tuple[LimitCounter, ...]] = {}
        self._open: set[Reservation] = set()  # those under way
        self._awaited: list[AwaitedPast] = []  # between `configure` and `restore`

    # -------------------------------------------------------------- requests

    def check(self, asking: LimitKey, tokens: int, cost_nano: int | None) -> Limited | None:
        """Return the first limit that such a request would go beyond, None if it may be sent.

        Under a limit in USD a `cost_nano` that is unknown is too much.
        """
        if not self._counters:
            return None
        counters = self._counters_for(asking)
        return _refusal(counters, Amounts(1, tokens, cost_nano), self._look())

    def reserve(
        self, asking: LimitKey, tokens: int, cost_nano: int | None
    ) -> Reservation | Limited:
        """Reserve what a request may take under every limit it falls under, or say which is full.

        Call it right before sending: since `check`, others may have reserved.
        """
        amounts = Amounts(1, tokens, cost_nano)
        now = self._look()
        counters = self._counters_for(asking) if self._counters else ()
        if counters and (refused := _refusal(counters, amounts, now)):
            return refused
        for counter in counters:
            counter.reserved += amounts[counter.place] or 0
        held = Reservation(asking, amounts, now, counters, self._end)
        self._open.add(held)
        return held

    def admit(self, asking: LimitKey, tokens: int, cost_nano: int | None, at: float) -> Reservation:
        """Reserve for a request that was sent at `at`, when there was no limit."""
        at = min(at, self._look())  # the clock may have been set back since
        held = Reservation(asking, Amounts(1, tokens, cost_nano), at, (), self._end)
        self._open.add(held)
        return held

    def _end(self, held: Reservation, used: Amounts) -> tuple[LimitStatus, ...]:
        """Replace what is reserved by what is used; return the limits that are news."""
        if held not in self._open:
            return ()
        now = self._look()  # first, for if the clock was set back, what is under way goes with it
        self._open.remove(held)
        news = []
        for counter in held.counters:
            place = counter.place
            counter.reserved -= held.amounts[place] or 0
            if used is not NOTHING:
                counter.sum.add(held.at, used[place] or 0)
                if counter.is_news(now):
                    news.append(counter.status())
        return tuple(news)

    # -------------------------------------------------------------- configuration

    @property
    def awaited(self) -> tuple[AwaitedPast, ...]:
        """Pasts of new limits, oldest first: `restore` each with the ledger's rows of them."""
        return tuple(self._awaited)

    def configure(self, limits: Sequence[Limit]) -> None:
        """Count what `limits` say from now on; what is counted for those that stay is kept.

        Those that are new have a past that is `awaited`, until now.
        """
        now = self._look()
        if limits and not self._counters:
            self.before_first_limit()
        before, self._counters = self._counters, {}
        for limit in limits:
            for amount, most in limit.amounts.items():
                counted = Counted(limit.scope, limit.per, amount)
                counter = before.get(counted) or self._new_counter(counted)
                counter.allow(nano_of(most) if isinstance(most, Decimal) else most, limit.warn_at)
                self._counters[counted] = counter
        self.has_limits = bool(self._counters)
        self._matching.clear()
        self._moves_at = -math.inf
        new = [counter for counted, counter in self._counters.items() if counted not in before]
        self._join(new)
        for past in self._awaited:
            past.keep(self._counters.values())
        if new:
            starts = [window_start(counter.counted.per, now, self._tz) for counter in new]
            self._awaited.append(AwaitedPast(new, min(starts)))
        self._awaited = [past for past in self._awaited if past.counters]

    def _new_counter(self, counted: Counted) -> LimitCounter:
        return LimitCounter(counted, self._tz, self._lost_at)

    def _join(self, new: list[LimitCounter]) -> None:
        """Count under new limits too what is under way, for which others than these were asked."""
        for held in self._open:
            held.counters = self._counters_for(held.asking)
            for counter in held.counters:
                if counter in new:
                    counter.reserved += held.amounts[counter.place] or 0

    def restore(self, past: AwaitedPast, rows: Sequence[ReplayedUsage]) -> None:
        """Add what was used before `configure` to the counters that were new with it.

        `rows` are those of the ledger since `past.since`, of attempts that had ended by then. A
        past that is awaited no more changes nothing: its limits are gone, or it is filled.
        """
        now = self._look()
        if past in self._awaited:
            past.fill(rows, now)
            self._awaited.remove(past)

    # -------------------------------------------------------------- what there is

    def status(self) -> list[LimitStatus]:
        """Return how every limit stands, in the order of the configuration."""
        self._look()
        return [counter.status() for counter in self._counters.values()]

    def statistics(self) -> dict[str, int]:
        """How many amounts are limited, and how many attempts are under way."""
        return {"limits": len(self._counters), "open": len(self._open)}

    def __repr__(self) -> str:
        return (
            f"<LimitTracker of {len(self._counters)} amounts, {len(self._open)} attempts under way>"
        )

    # -------------------------------------------------------------- inside

    def _look(self) -> float:
        """Read the clock, and have the counters forget what is past by it."""
        now = self.clock()
        if now < self._latest:
            self._set_back(self._latest - now)
        self._latest = now
        if now >= self._moves_at:
            moves = (counter.sum.forget(now) for counter in self._counters.values())
            self._moves_at = min(moves, default=math.inf)
        return now

    def _set_back(self, seconds: float) -> None:
        for counter in self._counters.values():
            counter.set_back(seconds)
        for held in self._open:
            held.at -= seconds
        self._moves_at = -math.inf

    def _counters_for(self, asking: LimitKey) -> tuple[LimitCounter, ...]:
        found = self._matching.get(asking)
        if found is None:
            if len(self._matching) >= MAX_REMEMBERED:
                self._matching.clear()
            counters = self._counters.values()
            found = tuple(each for each in counters if covers(each.counted.scope, asking))
            self._matching[asking] = found
        return found


def _nothing() -> None:
    """Leave it at that: nothing is under way."""


def _refusal(counters: Iterable[LimitCounter], amounts: Amounts, now: float) -> Limited | None:
    for counter in counters:
        needed = amounts[counter.place]
        if needed is None or not counter.has_room(needed):
            return counter.refusal(now, needed)
    return None
