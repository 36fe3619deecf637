"""Costly calls: bounded, in turn by client, joined, cancelled."""

import sys
import traceback
from collections import Counter
from types import SimpleNamespace

import msgspec
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.api.params import NoParams
from aircherd.api.turns import BUSY, SWITCH_SECONDS, Turns, in_turn, together
from aircherd.errors import AircherError, ShuttingDown

ANN, BOB = object(), object()


class Costly:
    """Work that takes until it is let go; it records what began and how many run at once."""

    def __init__(self):
        self.begun = []
        self.most = 0
        self.go_on = trio.Event()
        self._running = 0

    def work(self, name):
        """Return the work called `name`."""

        async def work():
            self.begun.append(name)
            self._running += 1
            self.most = max(self.most, self._running)
            try:
                await self.go_on.wait()
                await trio.lowlevel.checkpoint()
            finally:
                self._running -= 1
            return name

        return work


@pytest.fixture
async def turns(nursery):
    """Turns whose task runs."""
    made = Turns()
    nursery.start_soon(made.run)
    await wait_all_tasks_blocked()
    return made


async def call(turns, results, work, client=ANN, **options):
    """Append the result of a call, or its error."""
    try:
        results.append(await turns.take("lane", work, client=client, **options))
    except AircherError as error:
        results.append(error)


async def call_of(turns, results, costly, name):
    """Call the method called `name`; equal calls are joined."""
    results.append(await turns.take(str(name), costly.work(name), client=ANN, key="same"))


async def test_few_run_at_once_and_clients_take_turns(turns):
    """A client with many calls does not delay that of another by more than one of them."""
    costly, results = Costly(), []
    async with trio.open_nursery() as nursery:
        for name in ("ann-1", "ann-2", "ann-3"):
            nursery.start_soon(call, turns, results, costly.work(name), ANN)
        await wait_all_tasks_blocked()
        nursery.start_soon(call, turns, results, costly.work("bob-1"), BOB)
        await wait_all_tasks_blocked()
        assert len(costly.begun) == 1
        costly.go_on.set()
    assert costly.begun.index("bob-1") == 2
    assert (costly.most, len(results)) == (1, 4)


async def test_some_methods_run_several_at_once(turns):
    """Those that wait rather than compute."""
    costly, results = Costly(), []
    async with trio.open_nursery() as nursery:
        for name in range(5):
            nursery.start_soon(lambda name=name: call(turns, results, costly.work(name), at_once=2))
        await wait_all_tasks_blocked()
        assert len(costly.begun) == 2
        costly.go_on.set()
    assert costly.most == 2


async def test_busy_calls_of_different_methods_take_turns(turns):
    """Those that wait rather than compute do not wait for them, and equal ones still join."""
    costly, results = Costly(), []
    async with trio.open_nursery() as nursery:
        for name in range(BUSY + 2):
            nursery.start_soon(call_of, turns, results, costly, name)
        await wait_all_tasks_blocked()
        assert len(costly.begun) == BUSY
        waiting = next(name for name in range(BUSY + 2) if name not in costly.begun)
        nursery.start_soon(call_of, turns, results, costly, waiting)  # joins it
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as left:
                left.start_soon(call_of, turns, results, costly, "left")
                await wait_all_tasks_blocked()
                scope.cancel()
        costly.most = 0
        await turns.take("waits", trio.lowlevel.checkpoint, client=ANN, at_once=2)
        costly.go_on.set()
    assert costly.most <= BUSY
    assert sorted(costly.begun) == list(range(BUSY + 2))
    assert sorted(results) == sorted([*range(BUSY + 2), waiting])


async def test_equal_calls_share_a_run_that_begins_after_them(turns):
    """Not the run under way: it may have read what has changed since."""
    costly, results = Costly(), []
    async with trio.open_nursery() as nursery:

        async def one(name, client):
            await call(turns, results, costly.work(name), client, key="equal")

        nursery.start_soon(one, "early", ANN)
        await wait_all_tasks_blocked()
        for number in range(100):
            nursery.start_soon(one, "late", (ANN, BOB)[number % 2])
        await wait_all_tasks_blocked()
        costly.go_on.set()
    assert costly.begun == ["early", "late"]
    assert Counter(results) == {"early": 1, "late": 100}


async def test_a_shared_run_survives_the_caller_that_began_it(turns):
    """The others still get their result."""
    costly, results = Costly(), []
    async with trio.open_nursery() as nursery:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as blocked:
                blocked.start_soon(call, turns, [], costly.work("first"), ANN)
                await wait_all_tasks_blocked()
                starter = trio.CancelScope()

                async def start():
                    with starter:
                        await turns.take("lane", costly.work("shared"), client=ANN, key=1)

                nursery.start_soon(start)
                await wait_all_tasks_blocked()

                async def join():
                    await call(turns, results, costly.work("not this"), BOB, key=1)

                nursery.start_soon(join)
                await wait_all_tasks_blocked()
                starter.cancel()  # while it waits
                scope.cancel()  # the one that ran: it has no other caller
        await wait_all_tasks_blocked()
        assert costly.begun == ["first", "shared"]
        costly.go_on.set()
    assert results == ["shared"]


async def test_a_run_without_callers_ends(turns):
    """Waiting or under way."""
    costly, results = Costly(), []
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            for key in range(5):
                nursery.start_soon(
                    lambda key=key: call(turns, [], costly.work(key), (ANN, BOB)[key % 2], key=key)
                )
            await wait_all_tasks_blocked()
            scope.cancel()
    await wait_all_tasks_blocked()
    assert len(costly.begun) == 1
    costly.go_on.set()
    await call(turns, results, costly.work("next"))
    assert (results, len(costly.begun)) == (["next"], 2)


async def test_an_error_goes_to_every_caller(turns):
    """And the next call runs."""
    results = []

    async def refuse():
        await trio.lowlevel.checkpoint()
        raise AircherError("no")

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(lambda: call(turns, results, refuse, key=1))
    assert [str(error) for error in results] == ["no"] * 3
    assert "refuse" in "".join(traceback.format_exception(results[0]))  # for the log
    costly = Costly()
    costly.go_on.set()
    await call(turns, results, costly.work("next"))
    assert results[3:] == ["next"]


async def test_calls_end_when_the_daemon_stops():
    """With an error, not by waiting forever."""
    turns, costly, results = Turns(), Costly(), []
    async with trio.open_nursery() as nursery, trio.open_nursery() as daemon:
        daemon.start_soon(turns.run)
        await wait_all_tasks_blocked()
        for key in range(2):
            nursery.start_soon(lambda key=key: call(turns, results, costly.work(key), key=key))
        await wait_all_tasks_blocked()
        daemon.cancel_scope.cancel()
    assert [type(each) for each in results] == [ShuttingDown, ShuttingDown]


async def test_handlers_are_wrapped(turns):
    """The result is encoded once for all that share it; others are not shared."""
    calls = []

    async def handler(services, context, params):
        calls.append(context)
        await trio.lowlevel.checkpoint()
        return {"n": len(calls)}

    services = SimpleNamespace(turns=turns)
    for wrap, expected in ((together(), 1), (in_turn(), 4)):
        calls.clear()
        results = []

        wrapped = wrap(handler)

        async def one(wrapped=wrapped, results=results):
            context = SimpleNamespace(caller=ANN)
            results.append(await wrapped(services, context, NoParams()))

        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(one)
        assert len(calls) == expected
        found = sorted(msgspec.msgpack.decode(each)["n"] for each in results)
        assert found == ([1, 1, 1, 1] if expected == 1 else [1, 2, 3, 4])


async def test_threads_switch_more_often_only_while_a_costly_call_runs():
    """Otherwise each waiting thread would wake up five times as often for nothing."""
    usual, during = sys.getswitchinterval(), []

    async def work() -> object:
        during.append(sys.getswitchinterval())
        return None

    async with trio.open_nursery() as nursery:
        turns = Turns()
        nursery.start_soon(turns.run)
        await wait_all_tasks_blocked()
        await turns.take("costly", work, client=object())
        nursery.cancel_scope.cancel()
    assert during == [pytest.approx(SWITCH_SECONDS)]
    assert sys.getswitchinterval() == usual
