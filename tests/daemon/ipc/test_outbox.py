"""What waits for a client is counted, ordered, and awaited."""

import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.ipc.outbox import BUFFER_LIMIT, Outbox


async def test_take_returns_everything_in_order():
    """One write for all that waits."""
    outbox = Outbox()
    outbox.put(b"one")
    outbox.put(b"two")
    assert await outbox.take() == b"onetwo"
    assert outbox.size == 6
    outbox.written(6)
    assert outbox.size == 0


async def test_take_waits_for_something_to_write():
    """A quiet client costs nothing."""
    outbox, got = Outbox(), []

    async def writer():
        got.append(await outbox.take())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(writer)
        await wait_all_tasks_blocked()
        outbox.put(b"late")
    assert got == [b"late"]


async def test_a_full_outbox_makes_chats_wait_until_it_was_written():
    """The bound is in bytes; taken is not yet written."""
    outbox, went_on = Outbox(), trio.Event()
    outbox.put(b"x" * BUFFER_LIMIT)

    async def chat():
        await outbox.wait_for_room()
        went_on.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(chat)
        await wait_all_tasks_blocked()
        assert outbox.is_full
        data = await outbox.take()
        await wait_all_tasks_blocked()
        assert not went_on.is_set()
        outbox.written(len(data))
    assert went_on.is_set()


async def test_wait_empty_returns_once_all_has_left():
    """A farewell waits for its own frame."""
    outbox = Outbox()
    outbox.put(b"bye")

    async def writer():
        outbox.written(len(await outbox.take()))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(writer)
        await outbox.wait_empty()
    assert repr(outbox) == "<Outbox 0 bytes waiting>"
