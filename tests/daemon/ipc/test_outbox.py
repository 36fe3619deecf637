"""The queue of frames for a client: size, order, merging and waiting."""

import msgpack
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.ipc.deltas import DeltaWriter
from aircherd.ipc.outbox import MERGE_ABOVE, Outbox
from aircherd.memory.budget import QUEUE_LIMIT, MemoryBudget
from aircherd.vocabulary.reply import Ending, TextDelta, ToolCallDelta


def an_outbox(budget=None, **options):
    """Return an outbox whose client has its own budget."""
    return Outbox((budget or MemoryBudget()).open_share(), **options)


async def test_take_returns_everything_in_order():
    """All queued frames are one write."""
    outbox = an_outbox()
    outbox.put(b"one")
    outbox.put(b"two")
    assert await outbox.take() == b"onetwo"
    assert outbox.size == 6
    outbox.note_written()
    assert outbox.size == 0


async def test_take_waits_for_a_frame():
    """An idle client costs nothing."""
    outbox, received = an_outbox(), []

    async def writer():
        received.append(await outbox.take())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(writer)
        await wait_all_tasks_blocked()
        outbox.put(b"late")
    assert received == [b"late"]


async def test_wait_for_room_waits_for_the_write():
    """The bound is in bytes, and taken frames count until they are written."""
    outbox, went_on = an_outbox(), trio.Event()
    outbox.put(b"x" * QUEUE_LIMIT)

    async def chat():
        await outbox.wait_for_room()
        went_on.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(chat)
        await wait_all_tasks_blocked()
        assert outbox.is_full
        await outbox.take()
        await wait_all_tasks_blocked()
        assert not went_on.is_set()
        outbox.note_written()
    assert went_on.is_set()


async def test_wait_empty_waits_for_all_frames():
    """The last frame of a connection is waited for."""
    outbox = an_outbox()
    outbox.put(b"bye")

    async def writer():
        await outbox.take()
        outbox.note_written()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(writer)
        await outbox.wait_empty()
    assert repr(outbox) == "<Outbox 0 bytes waiting>"


async def deltas_of(outbox):
    """Return the maps of all queued deltas as the client receives them."""
    unpacker = msgpack.Unpacker()
    unpacker.feed(await outbox.take())
    return [frame[2][0] for frame in unpacker if isinstance(frame, list)]


async def test_deltas_are_not_merged_for_a_fast_client():
    """It gets them as the provider sends them."""
    outbox, writer = an_outbox(), DeltaWriter("id", 1)
    outbox.put_deltas(writer, [TextDelta("a"), TextDelta("b")])
    outbox.put_deltas(writer, [TextDelta("c"), Ending("stop")])
    assert [delta["text"] for delta in await deltas_of(outbox)] == ["a", "b", "c"]


async def test_text_is_merged_by_chat_for_a_slow_client():
    """Nothing is lost, and order and numbers are kept."""
    outbox, one, two = an_outbox(), DeltaWriter("id", 1), DeltaWriter("id", 2)
    outbox.put(msgpack.packb(b"x" * MERGE_ABOVE))
    outbox.put_deltas(one, [TextDelta("a"), TextDelta("b")])
    outbox.put_deltas(two, [TextDelta("\u00e9")])
    outbox.put_deltas(one, [TextDelta("c"), ToolCallDelta(0, "t", "f"), TextDelta("d")])
    outbox.put_deltas(one, [TextDelta("e"), Ending("stop")])
    merged = [(d["id"], d["seq"], d.get("text", d["type"])) for d in await deltas_of(outbox)]
    assert merged == [(1, 1, "abc"), (2, 1, "\u00e9"), (1, 2, "tool_call"), (1, 3, "de")]


async def test_taken_text_is_not_extended():
    """Later text starts a new delta."""
    outbox, writer = an_outbox(), DeltaWriter("id", 1)
    outbox.put(msgpack.packb(b"x" * MERGE_ABOVE))
    outbox.put_deltas(writer, [TextDelta("a")])
    assert [delta["text"] for delta in await deltas_of(outbox)] == ["a"]
    outbox.put_deltas(writer, [TextDelta("b")])
    assert [delta["text"] for delta in await deltas_of(outbox)] == ["b"]


async def test_merged_text_counts_in_bytes():
    """The size returns to zero when it is written."""
    outbox, writer = an_outbox(), DeltaWriter("id", 1)
    outbox.put(b"x" * MERGE_ABOVE)
    for _ in range(1000):
        outbox.put_deltas(writer, [TextDelta("\u00e9" * 500)])
    assert outbox.size == pytest.approx(MERGE_ABOVE + 500_000, rel=0.2)  # as it is in memory
    await outbox.take()
    outbox.note_written()
    assert outbox.size == 0


async def test_frame_that_is_sent_at_once_is_not_queued():
    """It is not counted either."""
    left = []

    def send_now(data):
        left.append(data)
        return len(data)

    outbox = an_outbox(send_now=send_now)
    outbox.put(b"one")
    outbox.put_deltas(DeltaWriter("id", 1), [TextDelta("a")])
    assert len(left) == 2
    assert outbox.size == 0


async def test_rest_of_a_partly_sent_frame_is_queued():
    """Later frames follow it."""
    tried = []

    def send_now(data):
        tried.append(data)
        return 2

    outbox = an_outbox(send_now=send_now)
    outbox.put(b"abcd")
    outbox.put(b"ef")
    assert tried == [b"abcd"]
    assert await outbox.take() == b"cdef"
    outbox.put(b"gh")  # what was taken is still being written
    assert tried == [b"abcd"]
    outbox.note_written()
    assert await outbox.take() == b"gh"
    outbox.note_written()
    assert outbox.size == 0
