"""The event loop's time: a client that uses much waits, one that uses little does not."""

import math
import time

import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.sharing import turns as turns_module
from aircherd.sharing.share import Share, share_of_task
from aircherd.sharing.turns import MAX_RELEASED, MAX_STARTING, turns

STEP = 0.002
"""Seconds of work in one step of a greedy task."""


class Greedy:
    """A client with many tasks that always have work."""

    def __init__(self, nursery, tasks=20):
        self.share = Share()
        self.steps = 0
        self._nursery = nursery
        self._tasks = tasks

    def start(self):
        for number in range(self._tasks):
            self._nursery.start_soon(self._work, number)

    async def _work(self, _number):
        share_of_task.set(self.share)
        while True:
            await turns().enter(self.share)
            await trio.lowlevel.checkpoint()
            self.steps += 1
            until = time.perf_counter() + STEP
            while time.perf_counter() < until:
                pass


async def until(is_so):
    """Wait until it is so."""
    with trio.fail_after(20):
        while not is_so():
            await trio.lowlevel.checkpoint()


async def test_nothing_waits_while_the_loop_is_on_time(monkeypatch):
    """Not even the client that uses most."""
    monkeypatch.setattr(turns_module, "LONG_TURN", math.inf)
    async with trio.open_nursery() as nursery:
        greedy = Greedy(nursery, tasks=1)
        greedy.start()
        await until(lambda: greedy.steps > 100)
        assert not greedy.share.waiting
        nursery.cancel_scope.cancel()


async def test_a_client_with_many_tasks_gets_few_steps_in_each_turn():
    """It slows itself: others are served in between."""
    async with trio.open_nursery() as nursery:
        greedy = Greedy(nursery)
        greedy.start()
        await until(lambda: turns().is_congested and len(greedy.share.waiting) > 10)
        most = []
        for _ in range(50):
            before = greedy.steps
            await trio.lowlevel.checkpoint()
            most.append(greedy.steps - before)
        assert max(most) <= 2 * MAX_RELEASED
        assert sum(most) < 50 * 10  # of 20 tasks
        assert sum(most) > 25  # and it goes on
        nursery.cancel_scope.cancel()


async def test_a_client_that_uses_little_never_waits():
    """It enters without a pause while another has used its share."""
    async with trio.open_nursery() as nursery:
        greedy = Greedy(nursery)
        greedy.start()
        await until(lambda: turns().is_congested and greedy.share.waiting)
        modest = Share()
        for _ in range(20):
            steps = greedy.steps
            await turns().enter(modest)
            assert greedy.steps == steps
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()


async def test_greedy_clients_take_turns():
    """One with twice the tasks gets no more than the other."""
    async with trio.open_nursery() as nursery:
        first, second = Greedy(nursery, tasks=40), Greedy(nursery, tasks=20)
        first.start()
        second.start()
        await until(lambda: turns().is_congested and first.share.waiting and second.share.waiting)
        first.steps = second.steps = 0
        await until(lambda: first.steps + second.steps > 100)
        assert first.steps < 1.5 * second.steps + 5
        nursery.cancel_scope.cancel()


async def test_many_greedy_clients_together_get_few_steps_in_each_turn():
    """Although each of them uses less of the loop than a client may use among few."""
    async with trio.open_nursery() as nursery:
        clients = [Greedy(nursery, tasks=2) for _ in range(40)]
        for client in clients:
            client.start()
        await until(
            lambda: turns().is_congested and sum(bool(c.share.waiting) for c in clients) > 30
        )
        before = sum(client.steps for client in clients)
        for _ in range(20):
            await trio.lowlevel.checkpoint()
        assert sum(client.steps for client in clients) - before < 20 * 2 * MAX_RELEASED
        assert turns().active > 20
        nursery.cancel_scope.cancel()


async def test_few_clients_start_queued_requests_in_one_turn():
    """Others wait for the next turns, and what is returned says whether any does."""
    passed = []

    async def start(number):
        passed.append((number, await turns().wait_to_start()))

    assert await turns().wait_to_start()
    async with trio.open_nursery() as nursery:
        for number in range(10 * MAX_STARTING):
            nursery.start_soon(start, number)
        most = 0
        while len(passed) < 10 * MAX_STARTING:
            before = len(passed)
            await trio.lowlevel.checkpoint()
            most = max(most, len(passed) - before)
    assert most <= 2 * MAX_STARTING
    assert not all(is_alone for _, is_alone in passed[: 2 * MAX_STARTING])


async def test_what_goes_first_does_not_wait_for_the_clients_other_tasks():
    """A cancellation must be read although its client's streams wait."""
    async with trio.open_nursery() as nursery:
        greedy = Greedy(nursery)
        greedy.start()
        await until(lambda: turns().is_congested and len(greedy.share.waiting) > 10)
        steps = greedy.steps
        await turns().enter(greedy.share, first=True)
        assert greedy.steps - steps <= 2 * MAX_RELEASED
        nursery.cancel_scope.cancel()


async def test_waiting_for_a_turn_can_be_cancelled():
    """Nothing of it is left."""
    async with trio.open_nursery() as nursery:
        greedy = Greedy(nursery)
        greedy.start()
        await until(lambda: turns().is_congested and len(greedy.share.waiting) > 10)
        nursery.cancel_scope.cancel()
    assert not greedy.share.waiting


async def test_it_ends_when_the_loop_is_on_time_again():
    """Then nothing is measured any more, and nothing waits."""
    async with trio.open_nursery() as nursery:
        greedy = Greedy(nursery)
        greedy.start()
        await until(lambda: turns().is_congested)
        nursery.cancel_scope.cancel()
    with trio.fail_after(20):
        while turns().is_congested:  # noqa: ASYNC110 - it is what is tested
            await trio.sleep(0.05)
    assert not turns().is_open
    await turns().enter(greedy.share)
    assert turns().is_open


async def test_a_long_turn_is_noted_at_its_end(monkeypatch):
    """The next streams wait, and those whose requests come do not."""
    looked = turns()
    with monkeypatch.context() as patch:
        patch.setattr(turns_module, "SAMPLE", 60.0)  # the task that looks would note it later
        await looked.enter(Share())
        await wait_all_tasks_blocked()
    assert looked.is_open
    found = []

    async def stream():
        while not looked.is_congested:
            await looked.pause()
        found.append(await looked.enter(Share(), first=True))
        found.append(await looked.enter(Share()))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream)
        nursery.start_soon(_work_for, 2 * turns_module.LONG_TURN)
    assert found == [False, True]
    await until(lambda: not looked.is_congested)


async def _work_for(seconds):
    for _ in range(4):
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            pass
        await trio.lowlevel.checkpoint()
