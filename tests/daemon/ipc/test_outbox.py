"""What waits for a client is counted, ordered, gathered, and awaited."""

import msgpack
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.ipc.deltas import DeltaWriter
from aircherd.ipc.outbox import BUFFER_LIMIT, MERGE_ABOVE, Outbox
from aircherd.vocabulary.reply import Ending, TextDelta, ToolCallDelta


async def test_take_returns_everything_in_order():
    """One write for all that waits."""
    outbox = Outbox()
    outbox.put(b"one")
    outbox.put(b"two")
    assert await outbox.take() == b"onetwo"
    assert outbox.size == 6
    outbox.written()
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
        await outbox.take()
        await wait_all_tasks_blocked()
        assert not went_on.is_set()
        outbox.written()
    assert went_on.is_set()


async def test_wait_empty_returns_once_all_has_left():
    """A farewell waits for its own frame."""
    outbox = Outbox()
    outbox.put(b"bye")

    async def writer():
        await outbox.take()
        outbox.written()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(writer)
        await outbox.wait_empty()
    assert repr(outbox) == "<Outbox 0 bytes waiting>"


async def deltas_of(outbox):
    """Return the maps of all deltas that wait, as the client gets them."""
    unpacker = msgpack.Unpacker()
    unpacker.feed(await outbox.take())
    return [frame[2][0] for frame in unpacker if isinstance(frame, list)]


async def test_a_client_that_keeps_up_gets_delta_by_delta():
    """The rhythm is the provider's."""
    outbox, writer = Outbox(), DeltaWriter("id", 1)
    outbox.put_deltas(writer, [TextDelta("a"), TextDelta("b")])
    outbox.put_deltas(writer, [TextDelta("c"), Ending("stop")])
    assert [delta["text"] for delta in await deltas_of(outbox)] == ["a", "b", "c"]


async def test_the_text_of_a_client_that_is_behind_is_gathered_by_chat():
    """One delta for each chat and each run of text; nothing is lost, order and numbers hold."""
    outbox, one, two = Outbox(), DeltaWriter("id", 1), DeltaWriter("id", 2)
    outbox.put(msgpack.packb(b"x" * MERGE_ABOVE))
    outbox.put_deltas(one, [TextDelta("a"), TextDelta("b")])
    outbox.put_deltas(two, [TextDelta("\u00e9")])
    outbox.put_deltas(one, [TextDelta("c"), ToolCallDelta(0, "t", "f"), TextDelta("d")])
    outbox.put_deltas(one, [TextDelta("e"), Ending("stop")])
    told = [(d["id"], d["seq"], d.get("text", d["type"])) for d in await deltas_of(outbox)]
    assert told == [(1, 1, "abc"), (2, 1, "\u00e9"), (1, 2, "tool_call"), (1, 3, "de")]


async def test_what_was_taken_grows_no_more():
    """Text that comes while the last is being written starts anew."""
    outbox, writer = Outbox(), DeltaWriter("id", 1)
    outbox.put(msgpack.packb(b"x" * MERGE_ABOVE))
    outbox.put_deltas(writer, [TextDelta("a")])
    assert [delta["text"] for delta in await deltas_of(outbox)] == ["a"]
    outbox.put_deltas(writer, [TextDelta("b")])
    assert [delta["text"] for delta in await deltas_of(outbox)] == ["b"]


async def test_gathered_text_counts_and_is_forgotten_when_written():
    """In bytes, so that the bound holds; and the count comes back to nothing."""
    outbox, writer = Outbox(), DeltaWriter("id", 1)
    outbox.put(b"x" * MERGE_ABOVE)
    for _ in range(1000):
        outbox.put_deltas(writer, [TextDelta("\u00e9" * 500)])
    assert outbox.size == MERGE_ABOVE + 1_000_000
    await outbox.take()
    outbox.written()
    assert outbox.size == 0


async def test_what_leaves_at_once_never_waits():
    """Neither for a writer nor in the count."""
    left = []

    def send_now(data):
        left.append(data)
        return len(data)

    outbox = Outbox(send_now)
    outbox.put(b"one")
    outbox.put_deltas(DeltaWriter("id", 1), [TextDelta("a")])
    assert len(left) == 2
    assert outbox.size == 0


async def test_the_rest_of_what_left_in_part_waits_and_all_that_follows_behind_it():
    """Order holds: nothing overtakes a frame that is half written."""
    tried = []

    def send_now(data):
        tried.append(data)
        return 2

    outbox = Outbox(send_now)
    outbox.put(b"abcd")
    outbox.put(b"ef")
    assert tried == [b"abcd"]
    assert await outbox.take() == b"cdef"
    outbox.put(b"gh")  # what was taken is still being written
    assert tried == [b"abcd"]
    outbox.written()
    assert await outbox.take() == b"gh"
    outbox.written()
    assert outbox.size == 0
