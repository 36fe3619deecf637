"""Requests that come in one write: a few at a time, in their order, and they can be cancelled."""

import pytest
import trio
import trio.testing

from aircherd.ipc import request_queue
from aircherd.memory.budget import QUEUE_LIMIT
from helpers.sessions import conversation, error_of


def requests(count, method, first=0, **params):
    """Return `count` requests."""
    return [[0, first + number, method, [params]] for number in range(count)]


async def test_a_few_start_in_each_turn_and_all_are_answered_in_order():
    """Others are served in between."""
    async with conversation() as (peer, session):
        most = []
        start = session.start

        async def count(request, **options):
            most[-1] += 1
            await start(request, **options)

        session.start = count
        async with trio.open_nursery() as nursery:

            async def mark_turns():
                while True:
                    most.append(0)
                    await trio.lowlevel.checkpoint()

            nursery.start_soon(mark_turns)
            await peer.send(*requests(40, "greet", name="x"))
            answers = [await peer.receive() for _ in range(40)]
            nursery.cancel_scope.cancel()
    assert sorted(answer[1] for answer in answers) == list(range(40))
    assert 0 < max(most) <= 2 * request_queue.FEW
    assert sum(most) == 40


async def test_hello_applies_to_what_comes_after_it():
    """They wait for it, however many they are."""
    async with conversation() as (peer, _):
        await peer.send(
            *requests(20, "who"), [0, 50, "hello", [{"name": "me"}]], *requests(20, "who", 100)
        )
        answers = [await peer.receive() for _ in range(41)]
    callers = {answer[1]: answer[3].get("caller") for answer in answers}
    assert callers[0] == "unknown"
    assert {callers[number] for number in range(100, 120)} == {"me"}


async def test_a_request_that_waits_can_be_cancelled():
    """It never starts; those that wait for it do."""
    async with conversation() as (peer, session):
        together = request_queue.MAX_TOGETHER
        await peer.send(*requests(together + 3, "hang"))
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert len(session._queue) == 3
        await peer.send([2, "$/cancel", [{"id": together + 1}]])
        assert await peer.receive() == [
            1,
            together + 1,
            {"code": "cancelled", "message": "cancelled", "data": {}},
            None,
        ]
        assert len(session._queue) == 2
        # The next one starts when one of those under way ends.
        await peer.send([2, "$/cancel", [{"id": 0}]])
        assert (await peer.receive())[1] == 0
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert len(session._queue) == 1


async def test_a_number_that_waits_is_not_used_twice():
    """The responses would be ambiguous."""
    async with conversation() as (peer, _):
        await peer.send(*requests(20, "hang"), [0, 19, "greet", [{"name": "x"}]])
        assert error_of(await peer.receive())[0] == "bad_request"


async def test_nothing_more_starts_for_a_client_that_does_not_read():
    """What it asked for is answered when it reads again."""
    async with conversation() as (peer, session):
        name = "x" * (QUEUE_LIMIT // 4)
        await peer.send([0, 999, "greet", [{"name": name}]])
        await peer.receive()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peer.send, *requests(20, "large"))
            await trio.sleep(0.2)
            await trio.testing.wait_all_tasks_blocked(0.05)
            assert session.outbox.size < 2 * QUEUE_LIMIT
            assert len(session._queue) >= 20 - 2 * request_queue.FEW
            answers = [await peer.receive() for _ in range(20)]
        assert sorted(answer[1] for answer in answers) == list(range(20))


async def test_draining_waits_for_what_waits():
    """It was accepted before."""
    async with conversation() as (peer, session):
        await peer.send(*requests(20, "greet", name="x"))
        with trio.fail_after(5):
            while not len(session._queue):
                await trio.lowlevel.checkpoint()
        await session.wait_drained()
        answers = [await peer.receive() for _ in range(20)]
        assert all(answer[2] is None for answer in answers)


async def test_closing_answers_what_waits():
    """Every request gets a response."""
    async with conversation() as (peer, session):
        count = request_queue.MAX_TOGETHER + 3
        await peer.send(*requests(count, "hang"))
        await trio.testing.wait_all_tasks_blocked(0.01)
        await session.close()
        answers = [await peer.receive() for _ in range(count)]
        assert {error_of(answer)[0] for answer in answers} == {"shutting_down"}
        assert {answer[1] for answer in answers} == set(range(count))


@pytest.mark.parametrize("count", [3, 30])
async def test_requests_before_a_broken_frame_are_answered(count):
    """However many they are."""
    async with conversation() as (peer, _):
        await peer.send(*requests(count, "greet", name="x"))
        await peer.stream.send_all(b"\xc1")
        received = [await peer.receive() for _ in range(count + 1)]
    assert sum(frame[0] == 1 for frame in received) == count
