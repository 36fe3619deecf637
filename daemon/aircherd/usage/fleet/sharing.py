"""All shared limits of one `[shared]`, as the tracker and requests use them.

A request calls `shortage` and `note_reserved` right before it is sent, and waits only if its lease
is too small. `sync` does the rest in the background: `urgent` wakes it at once, `activity` soon.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import trio

from aircherd.config.model import OnOutage, Per
from aircherd.usage.fleet.counter_share import CounterShare
from aircherd.usage.fleet.engine_clock import EngineClock
from aircherd.usage.fleet.lease_plan import HEARTBEAT_SECONDS, has_plenty
from aircherd.usage.fleet.outage import FleetState
from aircherd.usage.fleet.shared_window import SharedWindow
from aircherd.usage.fleet.turns import Outcome, Turn
from aircherd.usage.limits.counter import Hold, LimitCounter
from aircherd.usage.limits.reservation import GrantNeeded

GRANT_SECONDS = 0.1
"""How long a request waits for an answer of the engine."""
LITTLE_LEFT_SECONDS = 1.0
"""How long it waits where little is left of a limit: the rules of an outage may exceed it there."""
START_SECONDS = 3.0
"""How long it waits for the first answer after a start: a connection has to be opened."""
MAX_WAIT_SECONDS = 1.0
"""How long it waits if the engine answers, but others come first."""
FILLING_SECONDS = HEARTBEAT_SECONDS + 0.5
"""How long it waits if the engine was flushed: until then, all machines have reported again."""
LOOK_SECONDS = 0.05
ROUNDS = 5
"""Of the daemon's loop, in which it takes over an answer that has arrived. When the daemon is busy,
they take longer than the engine does."""


def _without_numbers(reason: str) -> str:
    """Return a reason without how long it took: that is no other reason."""
    return re.sub(r"\d+(\.\d+)?", "", reason)


class Shared(NamedTuple):
    """A counter and its share."""

    counter: LimitCounter
    share: CounterShare


def _is_short(share: CounterShare, hold: Hold, now: float, *, has_turn: bool) -> bool:
    """Return whether a request has to wait for a grant of this counter."""
    if not hold.amount:
        return False
    if share.turns and not has_turn:
        return True
    return hold.amount > share.available(now, hold.counter.reserved)


def _needed(holds: Sequence[Hold], now: float, *, has_turn: bool) -> GrantNeeded:
    """Return the first counter that is short, by an order that all machines have.

    What the request needs of those before it is kept while it waits: else it is given back where
    little is left, and two machines that each have what the other one needs go on for good.
    """
    pairs = [(each.counter.share, each) for each in holds]
    shared = [(share, hold) for share, hold in pairs if share is not None and hold.amount]
    shared.sort(key=lambda each: each[0].name)
    short = [_is_short(*each, now, has_turn=has_turn) for each in shared].index(True)
    counter, amount, *_ = shared[short][1]
    return GrantNeeded(counter, amount, tuple(hold for _, hold in shared[:short]))


def _longest_wait(share: CounterShare) -> float:
    was_flushed = share.is_filling and share.state.was_seen
    return FILLING_SECONDS if was_flushed else MAX_WAIT_SECONDS


class Sharing:
    """The shares of all shared counters, and what they have in common.

    `steady` and `clock` are those of the tracker. `machines` is how many there were in the last
    run, 0 if that is not known. `on_change` is called when the engine is away, or back.
    `follows_kill`: new counters may have a lease from a run that was killed; False from the first
    answer on.
    """

    def __init__(
        self,
        *,
        steady: Callable[[], float],
        clock: Callable[[], float],
        zone: ZoneInfo,
        on_outage: OnOutage = "local",
        machines: int = 0,
        follows_kill: bool = True,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.follows_kill = follows_kill
        self.steady = steady
        self.state = FleetState(on_outage, machines)
        self.clock = EngineClock(steady, clock)
        self.zone = zone
        self.on_change = on_change
        self.counters: list[Shared] = []
        self.gone: list[Shared] = []  # their leases are to be given back
        self.urgent, self.activity = trio.Event(), trio.Event()
        self._is_looking = False
        self.asked_at: float | None = None  # when the report was sent that is not answered yet

    # -------------------------------------------------------------- for the tracker

    def open(self, per: Per) -> CounterShare:
        """Return the share of a new counter."""
        share = CounterShare(SharedWindow(per, self.clock, self.zone), self.state)
        share.is_unclaimed = self.follows_kill
        return share

    def close(self) -> None:
        """Let all requests that wait try again: another engine counts now, or none."""
        for each in self.counters:
            each.share.turns.end_all(Outcome.AGAIN)

    def owns(self, counter: LimitCounter) -> bool:
        """Return whether the share of a counter is one of these."""
        return counter.share is not None and counter.share.state is self.state

    def use(self, counters: Iterable[LimitCounter]) -> None:
        """Share these counters from now on, and give back what others have leased."""
        before = {each.counter: each for each in self.counters}
        found = [(counter, counter.share) for counter in counters]
        self.counters = [Shared(counter, share) for counter, share in found if share is not None]
        for each in self.counters:
            before.pop(each.counter, None)
        for each in before.values():
            each.share.turns.end_all(Outcome.AGAIN)
        self.gone += before.values()
        self.ask_now()

    def shortage(self, holds: Sequence[Hold], now: float, *, has_turn: bool) -> GrantNeeded | None:
        """Return a counter whose lease is too small for what is to be reserved.

        Who comes while others wait, waits behind them, unless it `has_turn`.
        """
        for hold in holds:
            share = hold.counter.share
            if share is not None and _is_short(share, hold, now, has_turn=has_turn):
                return _needed(holds, now, has_turn=has_turn)
        return None

    def note_reserved(self, holds: Sequence[Hold], now: float) -> None:
        """Note that this was reserved."""
        for hold in holds:
            counter = hold.counter
            share = counter.share
            if (
                share is not None
                and hold.amount
                and share.note_reserved(hold.amount, now, counter.reserved)
            ):
                self.ask_now()
        self.note_activity()

    def note_activity(self) -> None:
        """Note that there is something to report, soon."""
        if not self.activity.is_set():
            self.activity.set()

    def ask_now(self) -> None:
        """Have the engine asked at once."""
        if not self.urgent.is_set():
            self.urgent.set()
        self.note_activity()

    # -------------------------------------------------------------- waiting

    async def wait(self, needed: GrantNeeded) -> bool:
        """Wait for a grant, at most 100 ms if the engine does not answer; return False for a no.

        After a start it may take longer.

        Else the request tries again, before the next checkpoint: what it needed was granted, or is
        not needed any more. Nothing is reserved meanwhile, so it may be cancelled at any time.
        """
        share = needed.counter.share
        if share is None or self.state.is_away:
            return True
        turn = Turn(needed.amount)
        share.turns.add(turn)
        share.drawn_at, share.typical = self.steady(), needed.amount
        kept = [
            (hold.counter.share.turns, hold.amount) for hold in needed.kept if hold.counter.share
        ]
        for turns, amount in kept:
            turns.promised += amount
        self.ask_now()
        try:
            return await self._outcome(turn, share) is not Outcome.REFUSED
        finally:
            share.turns.leave(turn)
            for turns, amount in kept:
                turns.promised -= amount

    def _patience(self, share: CounterShare) -> float:
        """Return how long a request waits until the engine counts as away."""
        if not self.state.was_seen:
            return START_SECONDS
        machines = max(self.state.machines, 1)
        drawn = share.draws.unseen(self.steady(), machines)
        is_plenty = has_plenty(share, machines) and share.rest >= 4 * drawn
        return GRANT_SECONDS if is_plenty else LITTLE_LEFT_SECONDS

    async def _outcome(self, turn: Turn, share: CounterShare) -> Outcome:
        patience = self._patience(share)
        began = now = trio.current_time()
        wait_until = self._late_at(patience)
        # Whether the engine was flushed is known only with its answer.
        while now < began + max(_longest_wait(share), patience):
            with trio.move_on_at(wait_until):
                await turn.is_over.wait()
            # One of thousands that wait looks whether the daemon itself is to blame.
            is_busy = self._is_looking or await self._let_others_run(turn)
            if turn.outcome is not None:
                return turn.outcome
            now = trio.current_time()
            if now >= self._late_at(patience) and not is_busy:
                break
            wait_until = max(self._late_at(patience), now + LOOK_SECONDS)
        if self.state.was_seen and now < self._late_at(patience):
            return Outcome.REFUSED  # others came first, again and again
        self.note_away(f"it did not answer within {patience * 1000:.0f} ms")
        return Outcome.AGAIN

    def _late_at(self, patience: float) -> float:
        """Return when the engine is late; a report that was not sent yet is not its fault."""
        asked_at = trio.current_time() if self.asked_at is None else self.asked_at
        return asked_at + patience

    async def _let_others_run(self, turn: Turn) -> bool:
        """Let the daemon take over an answer that has arrived; return whether it is busy."""
        began = trio.current_time()
        self._is_looking = True
        try:
            for _ in range(ROUNDS):
                if turn.outcome is None:
                    await trio.lowlevel.checkpoint()
        finally:
            self._is_looking = False
        return trio.current_time() - began > GRANT_SECONDS / 2

    # -------------------------------------------------------------- the engine's state

    def note_away(self, reason: str, *, is_refused: bool = False) -> None:
        """Let requests go on without the engine, or be refused."""
        state = self.state
        before = _without_numbers(state.reason), state.is_refused
        is_new = not state.is_away or (_without_numbers(reason), is_refused) != before
        if state.away_since is None:
            state.away_since = self.steady()
        state.reason, state.is_refused = reason, is_refused
        for each in self.counters:
            each.share.turns.end_all(Outcome.AGAIN)
        if is_new:
            self.on_change()

    def note_back(self) -> None:
        """Ask the engine again: it answers."""
        state = self.state
        if state.is_away or not state.was_seen:
            state.away_since, state.reason, state.is_refused = None, "", False
            state.was_seen = True
            self.on_change()

    def __repr__(self) -> str:
        return f"<Sharing of {len(self.counters)} counters, {self.state!r}>"
