"""Machines and an engine: what goes wrong between them; no more is granted than there is."""

import pytest
import trio
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from aircherd.config.model import Limit, LimitScope
from aircherd.shared_state.memory import MemoryEngine
from aircherd.shared_state.names import SECRET_BYTES, Names
from aircherd.usage.fleet import sync
from aircherd.usage.fleet.lease_plan import HEARTBEAT_SECONDS, IDLE_SECONDS, LEASE_SECONDS
from aircherd.usage.fleet.sync import MIN_RETRY_SECONDS, counter_name, limits_digest, name_of
from aircherd.usage.ledger.fleet.day_sums import DaySum
from aircherd.usage.limits.reservation import Reservation
from helpers.fleet.leases import Clock, Lines, Machine, TrioClock, end, shared

MAXIMUM = 40


@pytest.fixture
def engine() -> MemoryEngine:
    return MemoryEngine(TrioClock())


def machine_of(engine: MemoryEngine | Lines, name: str = "m0", **more: object) -> Machine:
    """Return a machine whose limit is 100 requests."""
    return Machine(engine, [shared(requests=100)], clock=TrioClock(), name=name, **more)  # type: ignore[arg-type] -- its arguments


async def test_what_was_used_is_reported(autojump_clock, engine):
    machine, other = machine_of(engine), machine_of(engine, "m1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        taken = await machine.take()
        assert isinstance(taken, Reservation)
        end(taken)
        await trio.sleep(0.5)
        await other.sync.sync()
        assert other.share.used == 1
        assert other.sharing.state.machines == 2
        nursery.cancel_scope.cancel()


async def test_an_idle_machine_reports_rarely(autojump_clock, engine):
    """Every few seconds, so that it counts as one of the fleet."""
    lines = Lines(engine)
    machine = machine_of(lines)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        end(await machine.take())
        await trio.sleep(5)
        before = len(lines.reports)
        await trio.sleep(60)
        assert 60 / LEASE_SECONDS < len(lines.reports) - before <= 60 / HEARTBEAT_SECONDS
        nursery.cancel_scope.cancel()


async def test_a_clean_stop_gives_everything_back(autojump_clock, engine):
    machine, other = machine_of(engine), machine_of(engine, "m1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        taken = await machine.take()
        assert isinstance(taken, Reservation)
        await other.sync.sync()
        assert other.share.elsewhere > 0
        nursery.cancel_scope.cancel()
    await other.look()
    assert other.share.elsewhere == 0


async def test_what_a_killed_machine_held_counts_when_it_is_back(autojump_clock, engine):
    """Its ledger lacks what it used last: all that it held may have been."""
    killed, other = machine_of(engine), machine_of(engine, "m1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(killed.sync.run)
        end(await killed.take())
        await trio.sleep(0.1)
        held = killed.share.lease
        assert held > 0
        killed.sync._give_back = trio.lowlevel.checkpoint  # it is killed
        nursery.cancel_scope.cancel()
    again = machine_of(engine, run=1)
    assert await again.sync.sync()
    [(_, margin)] = again.counter.margins
    assert margin == again.share.window.used >= held
    await other.look()
    assert (other.share.used, other.share.elsewhere) == (margin, 0)


async def test_a_stop_does_not_wait_long_for_an_engine_that_is_silent(autojump_clock, engine):
    lines = Lines(engine)
    machine = machine_of(lines)
    await machine.sync.sync()
    lines.is_answer_lost = True
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        await trio.sleep(0.1)
        nursery.cancel_scope.cancel()
    assert trio.current_time() - began == pytest.approx(1.1)


async def test_an_engine_that_is_away_is_noticed_and_noticed_again(autojump_clock, engine):
    machine = machine_of(engine)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        await trio.sleep(1)
        engine.is_away = True
        await trio.sleep(20)
        assert machine.sharing.state.is_away
        engine.is_away = False
        await trio.sleep(5)
        assert not machine.sharing.state.is_away
        nursery.cancel_scope.cancel()
    assert machine.changes == [False, True, False]


async def test_one_that_refuses_is_said_to(autojump_clock, engine):
    machine = machine_of(engine)
    engine.refusal = "wrong password"
    assert not await machine.sync.sync()
    state = machine.sharing.state
    assert (state.is_refused, state.reason) == (True, "wrong password")


async def test_it_tries_again_at_once_when_something_was_put_right(autojump_clock, engine):
    machine = machine_of(engine)
    engine.refusal = "wrong password"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        await trio.sleep(60)
        engine.refusal = None
        machine.sync.try_now()
        await trio.testing.wait_all_tasks_blocked()
        assert not machine.sharing.state.is_away
        nursery.cancel_scope.cancel()


async def test_it_tries_again_soon_after_something_was_put_right(autojump_clock, engine):
    """The connection with the right password may take a moment."""
    machine = machine_of(engine)
    engine.refusal = "wrong password"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        await trio.sleep(60)
        machine.sync.try_now()
        await trio.testing.wait_all_tasks_blocked()
        engine.refusal = None
        await trio.sleep(2 * MIN_RETRY_SECONDS)
        assert not machine.sharing.state.is_away
        nursery.cancel_scope.cancel()


async def test_an_engine_in_another_zone_refuses(autojump_clock, engine):
    await machine_of(engine).sync.sync()
    other = machine_of(engine, "m1", zone="Europe/Berlin")
    assert not await other.sync.sync()
    assert other.sharing.state.is_refused


async def test_a_slow_engine_is_away_until_it_is_fast_again(autojump_clock, engine):
    """Requests do not wait for it twice, but what it grants is taken."""
    lines = Lines(engine)
    machine = machine_of(lines)
    lines.seconds = 0.5
    assert await machine.sync.sync()
    machine.sharing.note_away("a request has waited for 100 ms")
    assert not await machine.sync.sync()
    assert "answers only after 0.5 s" in machine.sharing.state.reason
    assert machine.share.view is not None
    lines.seconds = 0.0
    assert await machine.sync.sync()
    assert not machine.sharing.state.is_away


async def test_a_frozen_engine_has_a_deadline(autojump_clock, engine):
    lines = Lines(engine)
    machine = machine_of(lines)
    lines.is_answer_lost = True
    assert not await machine.sync.sync()
    assert "did not answer within 2.5 s" in machine.sharing.state.reason


async def test_what_was_used_meanwhile_counts_once(autojump_clock, engine):
    lines = Lines(engine)
    machine, other = machine_of(lines), machine_of(engine, "m1")
    await machine.sync.sync()
    lines.is_answer_lost = True
    machine.sharing.note_away("it has gone")
    for _ in range(20):
        end(machine.begin())
    for _ in range(3):
        await machine.sync.sync()  # taken over, but not answered
    lines.is_answer_lost = False
    for _ in range(3):
        await machine.sync.sync()
    await other.sync.sync()
    assert other.share.used == 20


async def test_a_flushed_engine_is_filled_again(autojump_clock, engine):
    machine, other = machine_of(engine), machine_of(engine, "m1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        nursery.start_soon(other.sync.run)
        for _ in range(30):
            taken = await machine.take()
            assert isinstance(taken, Reservation)
            end(taken)
        await trio.sleep(1)
        engine.flush()
        await trio.sleep(15)
        assert machine.share.used == other.share.used == 30
        assert machine.days.forgotten == 1
        name = machine.share.name
        assert name == other.share.name == counter_name(await _names(engine), machine.counter)
        nursery.cancel_scope.cancel()


async def test_requests_go_on_while_a_flushed_engine_is_filled(autojump_clock, engine):
    """It grants nothing until it knows what this machine has used: that is no full limit."""
    machine = machine_of(engine)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        end(await machine.take())
        await trio.sleep(2)
        engine.flush()
        for _ in range(40):
            taken = await machine.take()
            assert isinstance(taken, Reservation)
            end(taken)
        nursery.cancel_scope.cancel()


async def test_requests_wait_until_all_machines_have_reported_to_a_flushed_engine(
    autojump_clock, engine
):
    """Where little is left. No machine is asked too often meanwhile, and no request is lost."""
    limits = [shared(requests=40)]
    steady = TrioClock()
    machine, other = (
        Machine(Lines(engine), limits, clock=steady, name=name) for name in ("m0", "m1")
    )
    async with trio.open_nursery() as nursery:
        for each in (machine, other):
            nursery.start_soon(each.sync.run)
        for _ in range(10):
            end(await machine.take())
            end(await other.take())
        await trio.sleep(2)
        engine.flush()
        before = machine.sync.reports
        taken = await machine.take()
        end(taken)
        assert machine.share.used == 21
        assert machine.sync.reports - before < 100
        nursery.cancel_scope.cancel()


async def _names(engine: MemoryEngine) -> "Names":
    return Names(await engine.secret(bytes(SECRET_BYTES)))


async def test_clocks_an_hour_apart_do_not_matter(autojump_clock, engine):
    ahead = Machine(
        engine, [shared(requests=100)], clock=TrioClock(12 * 3600.0 + 60), steady=TrioClock()
    )
    await ahead.sync.sync()
    assert ahead.jumps == 1
    assert ahead.share.window.bucket.label == "2026-11-30"
    await ahead.sync.sync()
    assert ahead.jumps == 1
    assert ahead.share.view is not None


@pytest.mark.parametrize("ahead", [-0.06, 0.06])
async def test_requests_at_midnight_are_served_by_the_day_of_the_engine(
    autojump_clock, engine, ahead
):
    """Each machine is a little wrong about when that is."""
    evening = 43_200.0 - 3
    lines = Lines(MemoryEngine(TrioClock(evening)))
    steady = TrioClock(evening)
    machine = Machine(lines, [shared(requests=10)], clock=steady)
    async with trio.open_nursery() as nursery:
        taken = []

        async def take() -> None:
            taken.append(await machine.take())

        nursery.start_soon(machine.sync.run)
        await trio.sleep(2)
        for _ in range(4):
            end(await machine.take())
        await trio.sleep(0.9)
        machine.sharing.clock.offset = ahead
        machine.tracker.recount()
        for _ in range(40):
            nursery.start_soon(take)
            await trio.sleep(0.005)
        await trio.sleep(2)
        nursery.cancel_scope.cancel()
    reported = [report.counters for report in lines.reports if report.counters]
    assert reported[-1][0].bucket.label == "2026-12-01"
    assert len(lines.reports) < 40
    # Of today, 4 were used before; those in progress count for tomorrow, too.
    assert sum(isinstance(each, Reservation) for each in taken) == 6 + 4


async def test_an_engine_whose_clock_is_set_back_goes_on(autojump_clock, engine):
    """After a failover, for example: the lease of another day is worth nothing."""
    clock = TrioClock()
    engine = MemoryEngine(clock)
    machine = machine_of(engine)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        end(await machine.take())
        clock.ahead -= 13 * 3600.0
        for _ in range(20):
            await trio.sleep(1)
            end(await machine.take())
        assert machine.share.window.bucket.label == "2026-11-29"
        await trio.sleep(1)
        assert machine.share.used == 20
        nursery.cancel_scope.cancel()


async def test_another_machine_with_the_same_id_makes_it_take_a_new_one(autojump_clock, engine):
    original, copy = machine_of(engine), machine_of(engine)
    for _ in range(3):
        await original.sync.sync()
    assert not await copy.sync.sync()
    assert await copy.sync.sync()
    assert (copy.ids, copy.jumps) == (1, 1)
    assert copy.sharing.state.machines == 2


async def test_days_are_reported_once(autojump_clock, engine):
    lines = Lines(engine)
    machine = machine_of(lines)
    machine.days.waiting = {"2026-11-30": DaySum(1, 10, 5)}
    await machine.sync.sync()
    [(day, sums)] = lines.reports[1].days.items()
    assert (day, sums.requests, sums.tokens, sums.cost_nano) == ("2026-11-30", 1, 10, 5)


async def test_machines_whose_limits_differ_know(autojump_clock, engine):
    machine, other = machine_of(engine), machine_of(engine, "m1")
    other.configure([shared(requests=99)])
    for each in (machine, other, machine):
        await each.sync.sync()
    assert machine.sharing.state.differing == ("m1",)
    names = await _names(engine)
    assert limits_digest(names, machine.sharing.counters) != limits_digest(
        names, other.sharing.counters
    )


async def test_requests_that_wait_for_calls_to_end_learn_of_room(autojump_clock, engine):
    machine = machine_of(engine)
    woken: list[str] = []
    machine.sync._hooks = machine.sync._hooks._replace(
        on_room=lambda counter: woken.append(counter.description)
    )
    await machine.sync.sync()
    assert woken == ["everything: 100 requests a day"]


class Fleet(RuleBasedStateMachine):
    """Machines that reserve, use less than that, are killed, and lose answers.

    The engine keeps its state here. What all have used and reserved is never more than there is.
    """

    @initialize()
    def open(self) -> None:
        self.clock = Clock()
        self.engine = MemoryEngine(self.clock)
        self.machines: list[Machine] = []
        self.open_calls: list[tuple[Machine, Reservation]] = []
        self.dead_used = self.started = 0
        for _ in range(3):
            self.start()

    def start(self) -> None:
        """Start a machine, as one that has never been there."""
        limits = [Limit(per="day", tokens=MAXIMUM, is_shared=True)]
        self.started += 1
        name = f"m{self.started}"
        made = Machine(Lines(self.engine), limits, clock=self.clock, name=name, on_outage="refuse")
        self.machines.append(made)

    @rule(number=st.integers(0, 2), tokens=st.integers(1, 12))
    def reserve(self, number: int, tokens: int) -> None:
        machine = self.machines[number]

        async def take() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._take, machine, tokens)
                for _ in range(4):
                    await trio.testing.wait_all_tasks_blocked()
                    if machine.share.turns:
                        await machine.sync.sync()
                nursery.cancel_scope.cancel()

        trio.run(take)

    async def _take(self, machine: Machine, tokens: int) -> None:
        taken = await machine.take(tokens)
        if isinstance(taken, Reservation):
            self.open_calls.append((machine, taken))

    @rule(number=st.integers(0, 100), tokens=st.integers(0, 12))
    def settle(self, number: int, tokens: int) -> None:
        if self.open_calls:
            _, call = self.open_calls.pop(number % len(self.open_calls))
            end(call, min(tokens, call.amounts.tokens))

    @rule(number=st.integers(0, 2), is_lost=st.booleans())
    def report(self, number: int, is_lost: bool) -> None:
        machine = self.machines[number]
        lines = machine.sync._engine
        assert isinstance(lines, Lines)
        lines.is_answer_lost = is_lost

        async def sync() -> None:
            with trio.move_on_after(0.001 if is_lost else 5):
                await machine.sync.sync()

        trio.run(sync)
        lines.is_answer_lost = False

    @rule(number=st.integers(0, 2))
    def kill(self, number: int) -> None:
        """Its calls are lost with it, and may have used all that it had reserved."""
        dead = self.machines[number]
        self.open_calls = [each for each in self.open_calls if each[0] is not dead]
        self.dead_used += dead.share.window.used + dead.counter.reserved
        self.machines.remove(dead)
        self.start()

    @rule(seconds=st.floats(0.1, 5))
    def wait(self, seconds: float) -> None:
        self.clock.passed += seconds

    @invariant()
    def no_more_than_there_is(self) -> None:
        if not hasattr(self, "machines"):
            return
        live = sum(each.share.window.used + each.counter.reserved for each in self.machines)
        assert live + self.dead_used <= MAXIMUM


Fleet.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestFleet = Fleet.TestCase


async def test_a_fleet_and_a_machine_may_limit_the_same(autojump_clock, engine):
    """Both count, each for itself, and both must have room."""
    limits = [Limit(per="day", requests=2), shared(requests=3)]
    machine = Machine(engine, limits, clock=TrioClock(), name="m0")
    other = Machine(engine, limits, clock=TrioClock(), name="m1")
    async with trio.open_nursery() as nursery:
        for each in (machine, other):
            nursery.start_soon(each.sync.run)
        own = [await machine.take() for _ in range(3)]
        assert [isinstance(each, Reservation) for each in own] == [True, True, False]
        assert "everything: 2 requests a day" in str(own[2])
        await trio.sleep(2 * IDLE_SECONDS)  # what was leased ahead is given back
        others = [await other.take() for _ in range(2)]
        assert [isinstance(each, Reservation) for each in others] == [True, False]
        nursery.cancel_scope.cancel()


def test_a_project_at_home_is_the_same_wherever_homes_are(monkeypatch, tmp_path):
    """Another folder is another project, also one whose name begins with that of the home."""

    def name(home, project):
        monkeypatch.setenv("HOME", str(tmp_path / home))
        sync._home.cache_clear()
        scope = LimitScope(project=project.replace("TMP", str(tmp_path)))
        return name_of(Names(bytes(SECRET_BYTES)), scope, "day", "usd")

    assert name("anna", "TMP/anna/src/demo") == name("bob", "TMP/bob/src/demo")
    projects = ("TMP/anna/src/demo", "TMP/anna2/src/demo", "TMP/bob/src/demo", "demo", "/src/demo")
    assert len({name("anna", project) for project in projects}) == len(projects)
    sync._home.cache_clear()
