"""Turns under a limit."""

import trio

from aircherd.chat.spending.limit_queue import LimitQueue, first_pending
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.availability import Limited, LimitStatus


async def waiting(queue: LimitQueue, nursery: trio.Nursery, *names: str) -> list[str]:
    """Let these wait; return the list of those that had their turn."""
    turns: list[str] = []

    async def wait(name: str) -> None:
        if await queue.wait("limit", 10):
            turns.append(name)

    for name in names:
        nursery.start_soon(wait, name)
        await trio.testing.wait_all_tasks_blocked()
    return turns


async def test_turns_are_in_order(autojump_clock):
    """One after another, and only under the same limit."""
    queue = LimitQueue()
    async with trio.open_nursery() as nursery:
        turns = await waiting(queue, nursery, "a", "b", "c")
        for expected in ([], ["a"], ["a", "b"]):
            assert turns == expected
            queue.wake_next("another")
            queue.wake_next("limit")
            await trio.testing.wait_all_tasks_blocked()
    assert (turns, queue.is_empty) == (["a", "b", "c"], True)


async def test_a_wait_ends(autojump_clock):
    """After its time, or when the limits have changed."""
    queue = LimitQueue()
    assert not await queue.wait("limit", 5)
    async with trio.open_nursery() as nursery:
        turns = await waiting(queue, nursery, "a", "b")
        assert repr(queue) == "<LimitQueue of 2>"
        queue.wake_all()
    assert (sorted(turns), trio.current_time()) == (["a", "b"], 5)


async def test_a_cancelled_wait_leaves_nothing():
    """The next one has the next turn."""
    queue = LimitQueue()
    async with trio.open_nursery() as nursery:
        await waiting(queue, nursery, "a", "b")
        nursery.cancel_scope.cancel()
    assert queue.is_empty


def test_only_limits_that_calls_in_progress_may_free_are_waited_for():
    """Not a cooldown, and not a limit that is used up."""
    status = LimitStatus(
        limit="a: 1", counted="requests", per="day", max=1, used=0, reserved=1, left=0, share=0
    )
    found = {
        "full": Limited("limit_reached", "full", None, status),
        "pending": Limited("limit_reached", "reserved", None, status, is_pending=True),
    }
    steps = [
        Skipped(provider="cooling", model="m", reason="rate_limited", message=""),
        Skipped(provider="full", model="m", reason="limit_reached", message=""),
        Skipped(provider="free", model="m", reason="limit_reached", message=""),
        Skipped(provider="pending", model="m", reason="limit_reached", message=""),
    ]
    assert first_pending(steps, lambda name, _key, _model: found.get(name)) == (steps[3], "a: 1")
    assert first_pending(steps[:3], lambda name, _key, _model: found.get(name)) is None
