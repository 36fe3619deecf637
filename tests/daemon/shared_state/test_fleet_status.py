"""What people see of a fleet does not wait for an engine that is away."""

import trio

from aircherd.shared_state.base import Bucket, CounterReport, DayUse, MachineReport
from aircherd.shared_state.fleet_status import MachineWatch
from aircherd.shared_state.memory import MemoryEngine

MINUTE = Bucket(length=60, step=1)


class Clock:
    """A clock for the engine and the machine."""

    def __init__(self):
        self.now = 1_796_000_000.0

    def __call__(self):
        return self.now


def report(machine, clock, used):
    step = str(int(clock() // 1))
    counter = CounterReport(
        name="c", maximum=100, bucket=MINUTE, used={step: used}, is_whole=True, held=2
    )
    return MachineReport(
        machine=machine,
        label=machine.upper(),
        sequence=1,
        limits="x",
        zone="UTC",
        machines=1,
        lease_seconds=10.0,
        counters=[counter],
        days={"2026-11-30": DayUse(used, 0, 0)},
    )


def watching(engine, clock):
    problems = [None]
    watch = MachineWatch(engine, lambda: [("c", MINUTE)], lambda: problems[0], clock)
    return watch, problems


async def test_each_machine_is_seen():
    """With what it used and holds under this machine's counters, and its days."""
    clock = Clock()
    engine = MemoryEngine(clock)
    watch, _ = watching(engine, clock)
    for machine, used in (("a", 3), ("b", 5)):
        await engine.sync(report(machine, clock, used), 0.1)
    seen = await watch.machines()
    assert [(row.label, row.used, row.held) for row in seen.rows] == [
        ("A", {"c": 3}, {"c": 2}),
        ("B", {"c": 5}, {"c": 2}),
    ]
    assert (seen.age, seen.problem) == (0, None)


async def test_what_was_seen_last_stays_when_the_engine_is_away():
    """With its age, and why it is not of now."""
    clock = Clock()
    engine = MemoryEngine(clock)
    watch, _ = watching(engine, clock)
    await engine.sync(report("a", clock, 3), 0.1)
    before = await watch.machines()
    engine.is_away = True
    clock.now += 30
    seen = await watch.machines()
    assert seen.rows == before.rows
    assert seen.age == 30
    assert seen.problem


async def test_an_engine_that_was_never_seen_leaves_no_rows():
    """There is no age, either."""
    clock = Clock()
    engine = MemoryEngine(clock)
    engine.refusal = "the password is wrong"
    watch, _ = watching(engine, clock)
    seen = await watch.machines()
    assert (list(seen.rows), seen.age, seen.problem) == ([], None, "the password is wrong")


class Frozen(MemoryEngine):
    """An engine that never answers; `asked` counts how often it was asked."""

    asked = 0

    async def rows(self, counters):
        self.asked += 1
        await trio.sleep_forever()


async def test_an_engine_that_does_not_answer_is_not_waited_for(autojump_clock):
    """For longer than the deadline; and not at all once it is known to be away."""
    engine = Frozen(Clock())
    watch, problems = watching(engine, Clock())
    began = trio.current_time()
    seen = await watch.machines(0.5)
    assert trio.current_time() - began == 0.5
    assert seen.problem == "the engine did not answer within 0.5 s"
    problems[0] = "it is away"
    assert (await watch.machines()).problem == "it is away"
    assert trio.current_time() - began == 0.5
    assert engine.asked == 1
