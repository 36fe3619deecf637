"""A fleet's state within this process, for tests: it promises what an engine does.

    engine = MemoryEngine(clock)
    view = await engine.sync(report, seconds=0.1)

All machines use the same object. It passes the contract of engines (`tests/helpers/shared_state`).
"""

import math
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import msgspec
import trio

from aircherd.shared_state import counting
from aircherd.shared_state.base import (
    Bucket,
    Change,
    Cooldowns,
    CounterReport,
    CounterView,
    DayUse,
    EngineAway,
    EngineRefused,
    FleetView,
    MachineReport,
    MachineRow,
    SharedCooldown,
    other_zone_message,
)

KEPT_DAYS = 62
"""For how long machines and their days are kept: a month, and the one before it."""
MAX_WAITING = 1024
"""Changes that wait for one receiver; further ones are lost, as with an engine."""

MIN_CLEARED = 60.0
"""For how many seconds a clearing is kept at least."""

_DAY = 86_400.0


class _Held(msgspec.Struct, frozen=True):
    """What a machine may still use, and until when that counts if it is silent."""

    amount: int
    until: float


class _Machine(msgspec.Struct):
    """What is known of a machine. `used_days` is by day."""

    report: MachineReport
    seen_at: float
    used_days: dict[str, DayUse]


class _Probe(NamedTuple):
    """Which machine probes, and until when no other may."""

    machine: str
    until: float


_NO_PROBE = _Probe("", -math.inf)


class _ScopeState(msgspec.Struct):
    """What is known of a scope: it cools `until`, and what had begun by `cleared_at` is over."""

    scope: str
    began: float
    until: float
    content: Mapping[str, object]
    cleared_at: float = -math.inf
    forgotten_at: float = 0.0
    version: int = 0

    def shared(self, now: float) -> SharedCooldown:
        """Return it as it is sent."""
        if self.until > now:
            left, age = self.until - now, now - self.began
            return SharedCooldown(scope=self.scope, left=left, age=age, content=self.content)
        return SharedCooldown(scope=self.scope, left=0.0, age=now - self.cleared_at)


def _cooled(cooldown: SharedCooldown, kept: _ScopeState | None, now: float) -> _ScopeState | None:
    """Return a cooldown as the engine keeps it, None if that is what is kept already."""
    began, until = now - cooldown.age, now + cooldown.left
    made = _ScopeState(cooldown.scope, began, until, cooldown.content, forgotten_at=until)
    if kept is None:
        return made
    if began <= kept.cleared_at:
        return None
    made.cleared_at, made.forgotten_at = kept.cleared_at, max(until, kept.forgotten_at)
    if kept.until <= now:
        return made
    if began <= kept.began and until <= kept.until:
        return None
    later = made if until > kept.until else kept
    return msgspec.structs.replace(later, began=max(began, kept.began))


def _cleared(cooldown: SharedCooldown, kept: _ScopeState | None, now: float) -> _ScopeState | None:
    """Return a clearing as the engine keeps it, None if something newer cools or is cleared."""
    began = now - cooldown.age
    if kept is not None and began < (kept.began if kept.until > now else kept.cleared_at):
        return None
    ended = kept.forgotten_at if kept is not None else now
    forgotten_at = max(ended, now + MIN_CLEARED)
    return _ScopeState(cooldown.scope, began, now, {}, began, forgotten_at)


class _Fleet(NamedTuple):
    """The time of a report, how many machines there are, and how many there may be."""

    now: float
    machines: int
    known: int


class _Counter:
    """The totals of one counter, and what each machine holds.

    `known_at` is when the engine began to know it. `used` is by machine and bucket; `whole` has
    what each machine had used when it reported all of it, `first_held` what it held at first, and
    `left` is how much was left before and `known` how many machines there were, as far as they
    know.
    """

    def __init__(self, known_at: float) -> None:
        self.known_at = known_at
        self.expires_at = math.inf
        self.used: dict[str, dict[str, int]] = {}
        self.held: dict[str, _Held] = {}
        self.whole: dict[str, int] = {}
        self.first_held: dict[str, int] = {}
        self.left: int | None = None
        self.known = 0

    @property
    def totals(self) -> dict[str, int]:
        """What all machines have used, by bucket."""
        sums: dict[str, int] = {}
        for buckets in self.used.values():
            for name, amount in buckets.items():
                sums[name] = sums.get(name, 0) + amount
        return sums

    def used_by(self, machine: str, bucket: Bucket, now: float) -> int:
        """Return what a machine has used within the window."""
        return counting.used_in(bucket, self.used.get(machine, {}), now)

    def used_newly(self, machine: str, bucket: Bucket, now: float) -> int:
        """Return what a machine has used since it reported the whole."""
        used = self.used_by(machine, bucket, now)
        return max(0, used - self.whole.get(machine, used))

    def held_by(self, machine: str, now: float) -> int:
        """Return what a machine may still use."""
        held = self.held.get(machine)
        return held.amount if held and held.until > now else 0

    def all_held(self, now: float) -> int:
        """Return what all machines may still use together."""
        return sum(self.held_by(machine, now) for machine in self.held)

    def apply(self, machine: str, report: CounterReport, now: float) -> None:
        """Take over what a machine reports."""
        bucket = report.bucket
        own = {} if report.is_whole else self.used.get(machine, {})
        kept = {name: own[name] for name in own if counting.counts(bucket, name, now)}
        self.used[machine] = {**kept, **report.used}
        if machine not in self.first_held:
            self.first_held[machine] = report.held
            self.left = counting.known_rest(self.left, report.rest)
        if report.is_whole and machine not in self.whole:
            self.whole[machine] = self.used_by(machine, bucket, now)
        if not counting.is_over(bucket, now):
            self.hold(machine, report.held, bucket, now)
        self.expires_at = now + counting.kept_seconds(bucket)

    def hold(self, machine: str, amount: int, bucket: Bucket, now: float) -> None:
        """Let a machine hold an amount, instead of what it held."""
        self.held[machine] = _Held(amount, counting.held_until(bucket, now))


class MemoryEngine:
    """The state of a fleet; `clock` returns the engine's time in Unix seconds.

    A test may `flush` it, `evict` a counter, let it be away (`is_away`), or let it refuse with a
    message (`refusal`).
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.is_away = False
        self.refusal: str | None = None
        self._clock = clock
        self._receivers: set[trio.MemorySendChannel[Change]] = set()
        self._reset()

    def flush(self) -> None:
        """Lose everything."""
        self._reset()

    def evict(self, counter: str) -> None:
        """Lose one counter."""
        self._counters.pop(counter, None)

    def _reset(self) -> None:
        self._epoch = secrets.token_hex(8)
        self._zone: str | None = None
        self._machines: dict[str, _Machine] = {}
        self._days: dict[str, dict[str, DayUse]] = {}
        self._counters: dict[str, _Counter] = {}
        self._secret: bytes | None = None
        self._cooldowns: dict[str, _ScopeState] = {}
        self._version = 0
        self._probes: dict[str, _Probe] = {}

    # -------------------------------------------------------------- limits

    async def sync(self, report: MachineReport, seconds: float) -> FleetView:  # noqa: ARG002
        """Take over a machine's report, and grant what it asks for, in one step."""
        await self._reach()
        return self.answer(report)

    def answer(self, report: MachineReport) -> FleetView:
        """Do what `sync` does, at once."""
        now = self._clock()
        if self._zone not in (None, report.zone):
            raise EngineRefused(other_zone_message(self._zone or "", report.zone))
        self._zone = report.zone
        known = self._machines.get(report.machine)
        last = -1 if known is None else known.report.sequence
        is_new = report.sequence > last
        if is_new:
            self._note(report, now)
        fleet = self._fleet(report, now)
        return FleetView(
            now=now,
            epoch=self._epoch,
            machines=fleet.machines,
            differing=self._differing(report),
            counters=[
                self._take(report, counter, fleet) if is_new else self._view(report, counter, fleet)
                for counter in report.counters
            ],
            is_stale=report.sequence < last,
        )

    def _note(self, report: MachineReport, now: float) -> None:
        days = self._days.setdefault(report.machine, {})
        days.update(report.days)
        for day in sorted(days)[:-KEPT_DAYS]:
            del days[day]
        self._machines[report.machine] = _Machine(report, now, days)

    def _live(self, report: MachineReport) -> list[MachineReport]:
        """Return what the machines have reported that did so lately, this one included."""
        since = self._clock() - report.lease_seconds
        others = [each.report for each in self._machines.values() if each.seen_at > since]
        return [report, *(each for each in others if each.machine != report.machine)]

    def _fleet(self, report: MachineReport, now: float) -> _Fleet:
        live = self._live(report)
        known = max(len(live), *(each.machines for each in live), 1)
        return _Fleet(now, len(live), known)

    def _differing(self, report: MachineReport) -> list[str]:
        live = self._live(report)
        return sorted({each.label for each in live if each.limits != report.limits})

    def _take(self, report: MachineReport, asked: CounterReport, fleet: _Fleet) -> CounterView:
        """Take over the report of one counter, and grant what it asks for."""
        counter, now = self._counter(asked.name, fleet.now), fleet.now
        counter.apply(report.machine, asked, now)
        counter.known = max(counter.known, fleet.known)
        view = self._view(report, asked, fleet)
        if view.is_over or view.wants_whole:
            return view
        rest = asked.maximum - view.used - view.held
        if view.is_learning:
            new = counter.used_newly(report.machine, asked.bucket, now)
            part = counting.learning_rest(asked.maximum, view.used, asked.held, new, counter.known)
            rest = min(rest, part)
            if counter.left is not None:
                first_held = counter.first_held[report.machine]
                part = counting.part_of_rest(
                    counter.left, asked.held, first_held, new, counter.known
                )
                rest = min(rest, part)
        granted = counting.grant_size(rest, asked.least, asked.most, fleet.machines)
        counter.hold(report.machine, asked.held + granted, asked.bucket, now)
        return msgspec.structs.replace(view, held=view.held + granted, granted=granted)

    def _view(self, report: MachineReport, asked: CounterReport, fleet: _Fleet) -> CounterView:
        """Return the state of one counter, before anything is granted."""
        counter, now = self._counter(asked.name, fleet.now), fleet.now
        bucket, totals = asked.bucket, counter.totals
        is_over = counting.is_over(bucket, now)
        used, held = counting.used_in(bucket, totals, now), counter.all_held(now)
        missing = asked.least - (asked.maximum - used - held)
        can_fit = not is_over and asked.least <= asked.maximum
        is_young = now < counter.known_at + report.lease_seconds
        return CounterView(
            used=used,
            held=0 if is_over else held,
            frees_at=counting.frees_at(bucket, totals, missing, now) if can_fit else None,
            is_learning=is_young and len(counter.whole) < max(counter.known, fleet.known),
            wants_whole=report.machine not in counter.whole,
            is_over=is_over,
        )

    def _counter(self, name: str, now: float) -> _Counter:
        found = self._counters.get(name)
        if found is None or found.expires_at <= now:
            found = self._counters[name] = _Counter(now)
        return found

    async def rows(self, counters: Sequence[tuple[str, Bucket]]) -> list[MachineRow]:
        """Return all machines of the last 62 days, with what each used under these counters."""
        await self._reach()
        now = self._clock()
        since = now - KEPT_DAYS * _DAY
        found = [
            self._row(name, machine, counters, now)
            for name, machine in self._machines.items()
            if machine.seen_at > since
        ]
        return sorted(found, key=lambda row: (row.label, row.machine))

    def _row(
        self, name: str, machine: _Machine, counters: Sequence[tuple[str, Bucket]], now: float
    ) -> MachineRow:
        known = {each: bucket for each, bucket in counters if each in self._counters}
        used = {each: self._counters[each].used_by(name, known[each], now) for each in known}
        held = {each: self._counters[each].held_by(name, now) for each in known}
        return MachineRow(
            machine=name,
            label=machine.report.label,
            seen_at=machine.seen_at,
            is_live=machine.seen_at > now - machine.report.lease_seconds,
            used={each: amount for each, amount in used.items() if amount},
            held={each: amount for each, amount in held.items() if amount},
            days=dict(machine.used_days),
        )

    async def forget(self, machine: str) -> bool:
        """Forget a machine and what it holds, not what it used; return whether it was known."""
        await self._reach()
        for counter in self._counters.values():
            counter.held.pop(machine, None)
        return self._machines.pop(machine, None) is not None

    async def secret(self, proposed: bytes) -> bytes:
        """Return the secret that hides names: `proposed` if the namespace has none yet."""
        await self._reach()
        if self._secret is None:
            self._secret = proposed
        return self._secret

    # -------------------------------------------------------------- cooldowns

    async def cool(self, cooldown: SharedCooldown, machine: str) -> None:
        """Tell all that something cools, or with `left` 0 that it no longer does."""
        await self._reach()
        now = self._clock()
        kept = self._cooldowns.get(cooldown.scope)
        if kept is not None and kept.forgotten_at <= now:
            kept = None
        state = (
            _cleared(cooldown, kept, now) if cooldown.left <= 0 else _cooled(cooldown, kept, now)
        )
        if state is None:
            return
        self._version += 1
        state.version = self._version
        self._cooldowns[cooldown.scope] = state
        self._tell(Change(machine, state.shared(now)))

    async def cooldowns(self, version: str = "") -> Cooldowns:
        """Return what has changed since `version`; everything if it is not known."""
        await self._reach()
        now = self._clock()
        epoch, _, number = version.partition(":")
        is_whole = epoch != self._epoch
        for scope in [name for name, each in self._cooldowns.items() if each.forgotten_at <= now]:
            del self._cooldowns[scope]
        since = 0 if is_whole else int(number)
        found = [state.shared(now) for state in self._cooldowns.values() if state.version > since]
        return Cooldowns(
            version=f"{self._epoch}:{self._version}", is_whole=is_whole, cooldowns=found
        )

    async def claim_probe(self, scope: str, machine: str, seconds: float) -> bool:
        """Return whether this machine may probe: one at a time may, for at most so long."""
        await self._reach()
        now = self._clock()
        if self._probes.get(scope, _NO_PROBE).until > now:
            return False
        self._probes[scope] = _Probe(machine, now + seconds)
        return True

    async def release_probe(self, scope: str, machine: str) -> None:
        """Let another machine probe."""
        await self._reach()
        if self._probes.get(scope, _NO_PROBE).machine == machine:
            del self._probes[scope]

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[AsyncIterator[Change]]:
        """Receive what machines learn, as it happens."""
        await self._reach()
        give, take = trio.open_memory_channel[Change](MAX_WAITING)
        self._receivers.add(give)
        try:
            with give, take:
                yield take
        finally:
            self._receivers.discard(give)

    def _tell(self, change: Change) -> None:
        for receiver in self._receivers:
            try:
                receiver.send_nowait(change)
            except trio.WouldBlock:
                continue  # lost: its machine polls, too

    # -------------------------------------------------------------- faults

    async def _reach(self) -> None:
        await trio.lowlevel.checkpoint()
        if self.refusal is not None:
            raise EngineRefused(self.refusal)
        if self.is_away:
            raise EngineAway("the engine is away")

    def __repr__(self) -> str:
        return f"<MemoryEngine: {len(self._machines)} machines, {len(self._counters)} counters>"
