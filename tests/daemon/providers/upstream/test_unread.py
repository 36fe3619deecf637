"""What has come for one call and was not taken yet."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircher_wire.frames import Response
from aircherd.errors import Busy
from aircherd.memory.budget import MemoryBudget
from aircherd.memory.request_memory import RequestMemory, uncounted
from aircherd.providers.upstream.unread import Unread

DELTA = {"type": "text", "text": "x" * 100}


def an_unread(memory: RequestMemory | None = None) -> tuple[Unread, list[int]]:
    """Return one, and the changes of its size."""
    changes: list[int] = []
    return Unread(memory or uncounted(), changes.append), changes


async def test_deltas_are_taken_in_order_and_the_response_last() -> None:
    """As many at a time as the taker can handle."""
    unread, changes = an_unread()
    deltas = [{"n": number} for number in range(5)]
    for delta in deltas:
        assert unread.put(delta)
    unread.end(Response(1, None, {"done": True}))
    assert [*await unread.take(3), *await unread.take(3)] == deltas
    assert await unread.take(3) == []
    assert unread.take_response().result == {"done": True}
    assert (unread.size, sum(changes)) == (0, 0)


async def test_a_taker_waits_for_what_comes() -> None:
    """And is woken by it."""
    unread, _ = an_unread()
    taken = []

    async def take() -> None:
        taken.extend(await unread.take(10))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(take)
        await wait_all_tasks_blocked()
        assert unread.is_starving
        unread.put(DELTA)
    assert taken == [DELTA]


async def test_what_came_before_a_failure_is_taken_first() -> None:
    """Then it is raised; what comes later is ignored."""
    unread, _ = an_unread()
    unread.put(DELTA)
    unread.fail(Busy("too slow"))
    unread.put(DELTA)
    unread.end(Response(1, None, {}))
    assert await unread.take(10) == [DELTA]
    with pytest.raises(Busy, match="too slow"):
        await unread.take(10)


async def test_a_client_without_memory_fails_its_own_call() -> None:
    """And what it held is given back when the call is closed."""
    budget = MemoryBudget(20_000)
    memory = RequestMemory(budget.open_share())
    unread, changes = an_unread(memory)
    while unread.put({"text": "x" * 1000}):
        pass
    assert unread.has_ended
    while taken := await unread.take(100):
        assert len(taken) > 1
        break
    with pytest.raises(Busy):
        await unread.take(100)
    unread.drop()
    assert (memory.size, sum(changes)) == (0, 0)


async def test_what_is_given_up_is_forgotten_at_once() -> None:
    """Its taker did not come for too long."""
    unread, changes = an_unread()
    unread.put(DELTA)
    unread.give_up(Busy("not read"))
    assert sum(changes) == 0
    with pytest.raises(Busy, match="not read"):
        await unread.take(1)
    assert "ended" in repr(unread)
