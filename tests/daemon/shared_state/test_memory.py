"""The fleet within a process: its own faults, and that no faults of machines let a fleet overshoot.

The contract of all engines is in test_base.
"""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aircherd.shared_state.base import (
    Bucket,
    CounterReport,
    EngineAway,
    EngineRefused,
    FleetView,
    MachineReport,
)
from aircherd.shared_state.memory import MemoryEngine


async def test_engine_may_be_away() -> None:
    """And come back with all that it knew."""
    engine = MemoryEngine(lambda: 1000.0)
    engine.is_away = True
    with pytest.raises(EngineAway):
        await engine.rows([])
    engine.is_away = False
    assert await engine.rows([]) == []


async def test_engine_may_refuse() -> None:
    """With the message that the test has chosen."""
    engine = MemoryEngine(lambda: 1000.0)
    engine.refusal = "wrong password"
    with pytest.raises(EngineRefused, match="wrong password"):
        await engine.forget("one")


# ------------------------------------------------------------------ whatever machines do

MAXIMUM = 60
LENGTH = 20
"""Of the rolling window, in seconds. A day of the calendar has 100."""
LEASE_SECONDS = 5.0

NAMES = ("a", "b")
PAUSES = (0.0, 5.5, 14.5)
"""Together the last two are a window long; machines count as such for less than either."""


KINDS = ("report",) * 4 + ("use",) * 3 + ("lose", "arrive", "give_back", "kill", "flush")


class Machine:
    """A daemon: its ledger, which outlives it, and what it may still use of one counter.

    `seen` is when the engine has last taken over a report. `rest` is how much was left for all when
    it knew last; it may be old. While an engine that was flushed does not know all machines again,
    it is asked for nothing: as `lease_plan.may_ask` says where little is left.
    """

    def __init__(self, name: str, *, is_rolling: bool) -> None:
        self.name = name
        self.is_rolling = is_rolling
        self.ledger: Counter[str] = Counter()
        self.sequence = 0
        self.machines = 1
        self.changed: set[str] = set()  # since a report was answered
        self.start()

    def start(self) -> None:
        self.is_alive = True
        self.lease = 0
        self.seen = -1e9
        self.label, self.rest, self.rest_of = "", 0, "unknown"
        self.must_report_all = True
        self.epoch = ""
        self.is_learning = self.has_lost = False

    def bucket(self, now: float) -> Bucket:
        if self.is_rolling:
            return Bucket(length=LENGTH, step=1)
        day = now // 100
        return Bucket(label=f"day-{day:g}", start=day * 100, end=day * 100 + 100)

    def available(self, now: float) -> int:
        """Return what it may use: what is held counts no longer when its window is over."""
        bucket = self.bucket(now)
        is_over = now >= self.seen + LENGTH if self.is_rolling else self.label != bucket.label
        return self.lease if self.is_alive and not is_over else 0

    def use(self, amount: int, now: float) -> int:
        used = min(amount, self.available(now))
        self.lease -= used
        bucket = str(int(now)) if self.is_rolling else self.bucket(now).label
        self.ledger[bucket] += used
        self.changed.add(bucket)
        return used

    def report(self, now: float, least: int, most: int, *, is_whole: bool) -> MachineReport:
        self.sequence += 1
        bucket = self.bucket(now)
        if self.label != bucket.label:
            self.lease, self.label = 0, bucket.label
        is_whole = is_whole or self.must_report_all
        is_known = self.has_lost or self.label == self.rest_of
        if is_known and (is_whole or self.is_learning):
            least = most = 0
        asked = CounterReport(
            name="limit",
            maximum=MAXIMUM,
            bucket=bucket,
            used={each: self.ledger[each] for each in (self.ledger if is_whole else self.changed)},
            is_whole=is_whole,
            held=self.available(now),
            least=least,
            most=most,
            rest=self.rest if self.label == self.rest_of else None,
        )
        return MachineReport(
            machine=self.name,
            label=self.name,
            sequence=self.sequence,
            limits="",
            zone="UTC",
            machines=self.machines,
            lease_seconds=LEASE_SECONDS,
            counters=[asked],
        )

    def take(self, held: int, answer: FleetView, now: float) -> None:
        """Take over an answer to a report in which it held so much, and nothing was used since."""
        (view,) = answer.counters
        self.lease = held + view.granted
        self.changed.clear()
        self.must_report_all, self.is_learning = view.wants_whole, view.is_learning
        self.has_lost |= self.epoch not in ("", answer.epoch)
        self.epoch = answer.epoch
        if not view.is_learning:
            self.rest, self.rest_of = MAXIMUM - view.used - view.held, self.label
            self.has_lost = False
        self.machines = max(answer.machines, self.machines if self.has_lost else 1)
        self.seen = now


class Fleet(RuleBasedStateMachine):
    """Machines that use, report, are killed and come back, over an engine that may lose answers."""

    is_rolling = False

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.engine = MemoryEngine(lambda: self.now)
        self.machines = {name: Machine(name, is_rolling=self.is_rolling) for name in NAMES}
        self.uses: list[tuple[float, int]] = []
        self.late: list[MachineReport] = []
        self.is_fresh = False  # whether the engine has just lost everything

    def used(self) -> int:
        """Return what was really used in the window, to the moment."""
        if self.is_rolling:
            return sum(amount for at, amount in self.uses if at > self.now - LENGTH)
        return sum(amount for at, amount in self.uses if at // 100 == self.now // 100)

    def sync(self, machine: Machine, made: MachineReport) -> None:
        """Report, and take over the answer."""
        machine.take(made.counters[0].held, self.engine.answer(made), self.now)

    @rule(
        kind=st.sampled_from(KINDS),
        name=st.sampled_from(NAMES),
        after=st.sampled_from(PAUSES),
        amount=st.sampled_from([1, 40]),
        is_so=st.booleans(),
    )
    def act(self, kind: str, name: str, after: float, amount: int, is_so: bool) -> None:
        """A machine does something, after a pause."""
        if self.is_fresh and (after or kind == "kill"):
            # Machines report more often than so. What one used that is killed before is lost.
            self.report_all()
        self.now += after
        getattr(self, kind)(self.machines[name], amount, is_so)

    def report(self, machine: Machine, least: int, is_whole: bool) -> None:
        """It needs something, and gets an answer."""
        if machine.is_alive:
            made = machine.report(self.now, least, least + 20, is_whole=is_whole)
            self.sync(machine, made)

    def use(self, machine: Machine, _: int, uses_all: bool) -> None:
        """Requests are sent."""
        self.uses.append((self.now, machine.use(MAXIMUM if uses_all else 5, self.now)))

    def lose(self, machine: Machine, most: int, is_late: bool) -> None:
        """A report arrives, at once or later, but its answer does not."""
        if machine.is_alive:
            made = machine.report(self.now, 1, most, is_whole=False)
            self.late.append(made)
            if not is_late:
                self.engine.answer(made)

    def arrive(self, _: Machine, number: int, __: bool) -> None:
        """What was sent arrives, or arrives again."""
        if self.late:
            self.engine.answer(self.late[number % len(self.late)])

    def give_back(self, machine: Machine, _: int, __: bool) -> None:
        """A lease is idle, or the daemon is stopped."""
        if machine.is_alive:
            machine.lease = 0
            self.engine.answer(machine.report(self.now, 0, 0, is_whole=False))

    def flush(self, first: Machine, least: int, is_again: bool) -> None:
        """The engine loses everything, once or twice, while all machines are there.

        They know each other, but not what the others were granted since their last reports. The
        `first` machine that reports then does so often.
        """
        machines = self.machines.values()
        for machine in machines:
            if not machine.is_alive:
                machine.start()
        if not all(each.epoch and each.machines == len(NAMES) for each in machines):
            self.report_all()
        for _ in range(2 if is_again else 1):
            for machine in machines:
                if machine is not first:
                    self.report(machine, least, is_whole=False)
            self.engine.flush()
            self.late.clear()  # the connections have ended
            for _ in range(3):
                self.report(first, least, is_whole=False)
        self.is_fresh = True

    def report_all(self) -> None:
        """All machines report, until the engine knows what each has used."""
        for _ in range(2):
            for machine in self.machines.values():
                if machine.is_alive:
                    self.sync(machine, machine.report(self.now, 0, 0, is_whole=False))
        self.is_fresh = False

    def kill(self, machine: Machine, _: int, is_back: bool) -> None:
        """It forgets what it held; when it comes back, its ledger has what it used."""
        machine.start()
        machine.is_alive = is_back

    @invariant()
    def never_more_than_the_maximum_is_used(self) -> None:
        """By the moment of each request, not by what anyone knows."""
        assert self.used() <= MAXIMUM

    @invariant()
    def what_may_be_used_fits(self) -> None:
        """All leases together, if they were used now."""
        leases = sum(machine.available(self.now) for machine in self.machines.values())
        assert self.used() + leases <= MAXIMUM


class RollingFleet(Fleet):
    """The same with a window that moves."""

    is_rolling = True


FEW = settings(max_examples=250, stateful_step_count=25, deadline=None)
TestCalendarWindow = Fleet.TestCase
TestCalendarWindow.settings = FEW
TestRollingWindow = RollingFleet.TestCase
TestRollingWindow.settings = FEW
