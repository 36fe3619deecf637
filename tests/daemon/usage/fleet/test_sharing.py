"""Requests that wait for a grant, and the limits that they wait for."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.config.model import Limit
from aircherd.shared_state.memory import MemoryEngine
from aircherd.usage.fleet.sharing import START_SECONDS
from aircherd.usage.limits.reservation import Amounts, GrantNeeded, High, Reservation
from aircherd.vocabulary.availability import Limited
from helpers.fleet.leases import KEY, Lines, Machine, TrioClock, end, shared


def machine_of(requests: int = 100, **more: object) -> tuple[Machine, Lines]:
    """Return a machine with a limit, and what is between it and the engine."""
    clock = TrioClock()
    lines = Lines(MemoryEngine(clock))
    return Machine(lines, [shared(requests=requests)], clock=clock, **more), lines  # type: ignore[arg-type] -- its arguments


async def test_a_request_waits_for_a_grant(autojump_clock):
    machine, _ = machine_of()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        assert isinstance(await machine.take(), Reservation)
        assert isinstance(machine.reserve(), Reservation)
        nursery.cancel_scope.cancel()


async def test_a_request_that_the_fleet_has_no_room_for_is_refused(autojump_clock):
    machine, _ = machine_of(1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        first = await machine.take()
        refused = await machine.take()
        assert isinstance(first, Reservation)
        assert isinstance(refused, Limited)
        assert "limit reached" in refused.message
        nursery.cancel_scope.cancel()


async def test_what_others_gave_back_is_found_by_the_first_request(autojump_clock):
    """It asks the engine, although the last answer said that there is no room."""
    machine, lines = machine_of(10)
    other = Machine(lines.engine, [shared(requests=10)], clock=TrioClock(), name="m1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        nursery.start_soon(other.sync.run)
        taken = [await other.take() for _ in range(10)]
        refused = await machine.take()
        assert isinstance(refused, Limited)
        assert "10 requests leased by other machines" in refused.message
        other.configure([])
        await trio.sleep(0.3)
        assert isinstance(await machine.take(), Reservation)
        assert len(taken) == 10
        nursery.cancel_scope.cancel()


async def test_the_last_part_of_a_limit_goes_to_one_call_that_may_use_more(autojump_clock):
    """As without a fleet: it goes out alone."""
    machine, _ = machine_of()
    machine.configure([Limit(per="day", tokens=100, is_shared=True)])

    def reserve(*, has_turn: bool = False) -> Reservation | Limited | GrantNeeded:
        high = High(Amounts(1, 80, None))
        return machine.tracker.reserve(KEY, 20, None, high, has_turn=has_turn)

    async def take() -> Reservation | Limited:
        found = reserve()
        while isinstance(found, GrantNeeded):
            needed, is_granted = found, await machine.sharing.wait(found)
            found = reserve(has_turn=True)
            if not is_granted and isinstance(found, GrantNeeded) and not found.is_less_than(needed):
                return machine.tracker.refusal(needed)
        return found

    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        first = await take()
        await trio.sleep(0.3)
        second, third = await take(), await take()
        assert isinstance(first, Reservation)
        assert isinstance(second, Reservation)
        assert [hold.amount for hold in (*first.holds, *second.holds)] == [80, 20]
        assert isinstance(third, Limited)
        nursery.cancel_scope.cancel()


async def test_thousands_of_requests_take_few_reports_and_get_what_there_is(autojump_clock):
    machine, lines = machine_of(5000)
    taken: list[Reservation | Limited] = []

    async def ask() -> None:
        taken.append(await machine.take())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        async with trio.open_nursery() as requests:
            for _ in range(10_000):
                requests.start_soon(ask)
        nursery.cancel_scope.cancel()
    assert sum(isinstance(each, Reservation) for each in taken) == 5000
    assert len(taken) == 10_000
    assert len(lines.reports) < 40


async def test_a_cancelled_wait_leaves_nothing(autojump_clock):
    machine, lines = machine_of()
    lines.is_answer_lost = True
    with trio.move_on_after(0.05):
        await machine.take()
    assert not machine.share.turns
    assert machine.share.turns.promised == 0
    assert machine.counter.reserved == 0


async def test_one_that_is_cancelled_after_its_grant_gives_it_to_others(autojump_clock):
    machine, _ = machine_of()
    async with trio.open_nursery() as nursery:
        scope = trio.CancelScope()
        nursery.start_soon(_take_in, scope, machine)
        await wait_all_tasks_blocked()
        await machine.sync.sync()
        assert machine.share.turns.promised == 1
        scope.cancel()
        await wait_all_tasks_blocked()
    assert machine.share.turns.promised == 0
    assert isinstance(machine.reserve(), Reservation)


async def _take_in(scope: trio.CancelScope, machine: Machine) -> None:
    with scope:
        await machine.take()


async def test_one_that_comes_later_waits_behind_others(autojump_clock):
    machine, _ = machine_of()
    await machine.sync.sync()
    first = machine.reserve()
    assert isinstance(first, GrantNeeded)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.take)
        await wait_all_tasks_blocked()
        machine.share.lease = 50
        assert isinstance(machine.reserve(), GrantNeeded)
        nursery.cancel_scope.cancel()


async def test_the_first_answer_is_waited_for_longer(autojump_clock):
    """A connection has to be opened; and how many machines there are is not known."""
    machine, lines = machine_of()
    lines.seconds = 1.0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        began = trio.current_time()
        assert isinstance(await machine.take(), Reservation)
        assert 1.0 <= trio.current_time() - began <= START_SECONDS
        assert not machine.sharing.state.is_away
        nursery.cancel_scope.cancel()


async def test_an_engine_that_never_answers_is_waited_for_once(autojump_clock):
    machine, lines = machine_of()
    lines.is_answer_lost = True
    began = trio.current_time()
    assert isinstance(await machine.take(), Reservation)
    assert trio.current_time() - began == pytest.approx(START_SECONDS)
    assert isinstance(await machine.take(), Reservation)
    assert trio.current_time() - began == pytest.approx(START_SECONDS)


async def test_after_100_ms_the_rules_of_an_outage_apply(autojump_clock):
    machine, lines = machine_of()
    await machine.sync.sync()
    machine.sharing.state.machines = 2
    lines.is_answer_lost = True
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        began = trio.current_time()
        assert isinstance(await machine.take(), Reservation)
        assert trio.current_time() - began == pytest.approx(0.1)
        assert machine.sharing.state.is_away
        for _ in range(49):
            assert isinstance(await machine.take(), Reservation)
        refused = await machine.take()
        assert isinstance(refused, Limited)
        assert "1/2 of the rest" in refused.message
        assert trio.current_time() - began == pytest.approx(0.1)
        nursery.cancel_scope.cancel()


async def test_where_little_is_left_a_late_answer_is_waited_for(autojump_clock):
    """By the rules of an outage each machine would use a part of what others are granted."""
    engine = MemoryEngine(TrioClock())
    lines = Lines(engine)
    machine = Machine(lines, [shared(requests=20)], clock=TrioClock())
    await machine.sync.sync()
    lines.seconds = 0.3
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        assert isinstance(await machine.take(), Reservation)
        assert not machine.sharing.state.is_away
        assert machine.share.lease > 0
        nursery.cancel_scope.cancel()


async def test_a_daemon_that_is_busy_does_not_blame_the_engine(autojump_clock):
    """Each round of its loop takes 20 ms: an answer may have arrived long ago."""
    machine, lines = machine_of()
    await machine.sync.sync()
    lines.seconds = 0.3

    async def be_busy() -> None:
        for _ in range(30):
            autojump_clock.jump(0.02)
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        nursery.start_soon(be_busy)
        assert isinstance(await machine.take(), Reservation)
        assert not machine.sharing.state.is_away
        nursery.cancel_scope.cancel()


async def test_refusing_says_that_the_engine_is_away(autojump_clock):
    machine, lines = machine_of(on_outage="refuse")
    lines.is_answer_lost = True
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        refused = await machine.take()
        assert isinstance(refused, Limited)
        assert "the engine that counts for all machines is away" in refused.message
        nursery.cancel_scope.cancel()


async def test_a_limit_that_is_removed_lets_requests_go_on(autojump_clock):
    machine, lines = machine_of()
    lines.is_answer_lost = True
    async with trio.open_nursery() as nursery:
        taken: list[object] = []

        async def take() -> None:
            taken.append(await machine.take())

        nursery.start_soon(take)
        await wait_all_tasks_blocked()
        machine.configure([])
    assert isinstance(taken[0], Reservation)


async def test_the_lease_of_a_removed_limit_is_given_back(autojump_clock):
    machine, lines = machine_of()
    await machine.sync.sync()
    machine.share.typical = 1
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        reservation = await machine.take()
        assert isinstance(reservation, Reservation)
        machine.configure([])
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    assert [each.held for report in lines.reports for each in report.counters][-1] == 0
    assert machine.sharing.gone == []


async def test_a_limit_that_becomes_local_begins_again(autojump_clock):
    machine, _ = machine_of()
    before = machine.counter
    machine.configure([Limit(per="day", requests=100)])
    assert machine.sharing.counters == []
    assert isinstance(machine.reserve(), Reservation)
    machine.configure([shared(requests=100)])
    assert machine.counter is not before
    assert machine.counter.reserved == 1


async def test_only_a_start_follows_a_kill(autojump_clock):
    """Later, the ledger has all that was used, and what is held was not used."""
    machine, _ = machine_of()
    assert machine.share.is_unclaimed
    await machine.sync.sync()
    machine.configure([shared(requests=100), shared(tokens=100)])
    assert not machine.sharing.counters[1].share.is_unclaimed


async def test_another_maximum_keeps_the_lease(autojump_clock):
    machine, _ = machine_of()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        first = await machine.take()
        assert isinstance(first, Reservation)
        lease = machine.share.lease
        machine.configure([shared(requests=50)])
        assert (machine.share.lease, machine.share.maximum) == (lease, 50)
        end(first)
        nursery.cancel_scope.cancel()
