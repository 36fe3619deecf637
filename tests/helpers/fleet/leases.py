"""Machines of a fleet within a test: trackers and their leases, without daemons and sockets."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import trio

from aircherd.config.model import Limit, OnOutage
from aircherd.shared_state.base import FleetView, MachineReport, SharedState
from aircherd.shared_state.memory import MemoryEngine
from aircherd.usage.fleet.counter_share import CounterShare
from aircherd.usage.fleet.sharing import Sharing
from aircherd.usage.fleet.sync import FleetSync, Hooks
from aircherd.usage.ledger.fleet.day_sums import DaySum
from aircherd.usage.ledger.fleet.machine import RUN_BITS
from aircherd.usage.limits.counter import LimitCounter
from aircherd.usage.limits.reservation import GrantNeeded, LimitKey, Reservation
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.vocabulary.availability import Limited
from aircherd.vocabulary.reply import Usage

NOON = 1_796_040_000.0
"""2026-11-30 12:00 UTC."""
KEY = LimitKey("anthropic", "default", "claude-x", "nvim")


class Clock:
    """A time that a test moves; without one it is trio's own."""

    def __init__(self, start: float = NOON) -> None:
        self.start = start
        self.passed = 0.0

    def __call__(self) -> float:
        return self.start + self.passed


class TrioClock:
    """Unix time by trio's clock, `ahead` of the right one."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead
        self._start: float | None = None

    def __call__(self) -> float:
        try:
            now = trio.current_time()
        except RuntimeError:  # before the test runs
            return NOON + self.ahead
        if self._start is None:
            self._start = now
        return NOON + self.ahead + now - self._start


class Id(NamedTuple):
    """Which machine it is."""

    id: str
    sequence: int = 0


class NoDays:
    """No sums of days."""

    def __init__(self) -> None:
        self.waiting: Mapping[str, DaySum] = {}
        self.forgotten = 0

    def note_reported(self, days: Mapping[str, DaySum]) -> None:
        """Nothing was reported."""

    def forget_reported(self) -> None:
        """Count it."""
        self.forgotten += 1


class Lines:
    """An engine whose answers are slow, or get lost after the report was taken over."""

    def __init__(self, engine: MemoryEngine) -> None:
        self.engine = engine
        self.seconds = 0.0
        self.is_answer_lost = False
        self.reports: list[MachineReport] = []

    async def sync(self, report: MachineReport, seconds: float) -> FleetView:
        """Pass a report on."""
        self.reports.append(report)
        view = await self.engine.sync(report, seconds)
        if self.is_answer_lost:
            await trio.sleep_forever()
        await trio.sleep(self.seconds)
        return view

    def __getattr__(self, name: str) -> object:
        return getattr(self.engine, name)


class Machine:
    """One machine: `tracker` has limits, `sharing` their leases, `sync` reports them."""

    def __init__(
        self,
        engine: "SharedState | Lines",
        limits: Sequence[Limit],
        *,
        clock: Callable[[], float],
        steady: Callable[[], float] | None = None,
        name: str = "m0",
        on_outage: OnOutage = "local",
        zone: str = "UTC",
        run: int = 0,
        tracker: LimitTracker | None = None,
    ) -> None:
        self._first_sequence = run << RUN_BITS
        self.tracker = tracker or LimitTracker(clock, steady=steady or clock)
        self.jumps = 0
        self.ids = 0
        self.days = NoDays()
        self.changes: list[bool] = []  # whether the engine was away, at each change
        self.name = name
        self.sharing = Sharing(
            steady=self.tracker.steady,
            clock=clock,
            zone=ZoneInfo(zone),
            on_outage=on_outage,
            on_change=lambda: self.changes.append(self.sharing.state.is_away),
        )
        self.tracker.sharing = self.sharing
        self.configure(limits)
        hooks = Hooks(identify=self._identify, on_jump=self._note_jump)
        self.sync = FleetSync(
            engine,  # type: ignore[arg-type] -- `Lines` passes on what it does not change
            self.sharing,
            self.tracker,
            self.days,
            hooks,
            label=name,
        )

    def configure(self, limits: Sequence[Limit]) -> None:
        """Apply limits, whose history is empty."""
        self.tracker.configure(limits)
        self.restore()

    def restore(self) -> None:
        """Say that nothing was used before."""
        for history in self.tracker.missing_history:
            self.tracker.restore(history, ())

    async def _identify(self, renew: bool) -> Id:
        self.ids += renew
        name = f"{self.name}-{self.ids}" if self.ids else self.name
        return Id(name, self._first_sequence)

    def _note_jump(self) -> None:
        self.jumps += 1
        self.tracker.read_again()
        self.restore()

    async def look(self) -> None:
        """Report all counters, changed or not."""
        self.sync._heard_at = -math.inf
        assert await self.sync.sync()

    @property
    def counter(self) -> LimitCounter:
        """The first counter."""
        return self.sharing.counters[0].counter

    @property
    def share(self) -> CounterShare:
        """Its share."""
        return self.sharing.counters[0].share

    def reserve(self, tokens: int = 10) -> Reservation | Limited | GrantNeeded:
        """Reserve for a request, or not."""
        return self.tracker.reserve(KEY, tokens, None)

    def begin(self, tokens: int = 10) -> Reservation:
        """Reserve for a request that needs no grant."""
        found = self.reserve(tokens)
        assert isinstance(found, Reservation), found
        return found

    async def take(self, tokens: int = 10) -> Reservation | Limited:
        """Reserve for a request that waits for a grant if it needs one, as chats do."""
        found = self.reserve(tokens)
        while isinstance(found, GrantNeeded):
            needed, is_granted = found, await self.sharing.wait(found)
            found = self.tracker.reserve(KEY, tokens, None, has_turn=True)
            if not is_granted and isinstance(found, GrantNeeded) and not found.is_less_than(needed):
                return self.tracker.refusal(needed)
        return found


def end(reservation: Reservation, tokens: int = 10) -> None:
    """End a request that used these tokens."""
    reservation.settle(Usage(tokens, 0), None, produced=True)


def shared(**amounts: int) -> Limit:
    """Return a shared limit of a day."""
    return Limit(per="day", is_shared=True, **amounts)  # type: ignore[arg-type] -- numbers
