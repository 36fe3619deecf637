"""Deltas at the pace of a client that draws."""

import pytest
import trio

from aircherd.ipc.deltas import DeltaWriter
from aircherd.ipc.outbox import Outbox
from aircherd.ipc.pace import AT_ONCE_ABOVE, PacedDeltas, joined
from aircherd.memory.budget import MemoryBudget
from aircherd.vocabulary.reply import (
    AttemptDelta,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)
from helpers.sessions import conversation

TRYING = AttemptDelta(outcome="trying", provider="work", model="m")


class Sent(Outbox):
    """An outbox that keeps what it is given."""

    def __init__(self):
        super().__init__(MemoryBudget(2**30).open_share())
        self.batches = []

    def put_deltas(self, writer, deltas):
        self.batches.append((trio.current_time(), *deltas))


@pytest.fixture
async def paced(nursery):
    made = PacedDeltas(DeltaWriter("stream", 1), Sent(), 0.03)
    nursery.start_soon(made.run)
    yield made
    made.close()


async def test_pieces_between_two_sends_come_as_one(paced, autojump_clock):
    """The first comes at once, the rest when it is time, in one delta."""
    start = trio.current_time()
    for piece in "abcd":
        await paced.send([TextDelta(piece)])
        await trio.sleep(0.001)
    await trio.sleep(1)
    assert paced._outbox.batches == [
        (start, TextDelta("a")),
        (pytest.approx(start + 0.03), TextDelta("bcd")),
    ]


async def test_a_piece_after_a_pause_is_sent_at_once(paced, autojump_clock):
    """Slow models are not made slower."""
    for piece in "ab":
        await paced.send([TextDelta(piece)])
        await trio.sleep(0.05)
    assert [batch[1:] for batch in paced._outbox.batches] == [(TextDelta("a"),), (TextDelta("b"),)]


async def test_an_endless_stream_is_sent_at_its_pace(paced, autojump_clock):
    """5,000 pieces a second become about 33 sends, and nothing is lost."""
    for _ in range(5000):
        await paced.send([TextDelta("x")])
        await trio.sleep(0.0002)
    await trio.sleep(1)
    batches = paced._outbox.batches
    assert 30 <= len(batches) <= 36
    assert "".join(delta.text for _, delta in batches) == "x" * 5000


async def test_news_is_sent_at_once_behind_what_came_before(paced, autojump_clock):
    """An attempt does not wait, and does not overtake."""
    await paced.send([TextDelta("a")])
    await paced.send([TextDelta("b")])
    await paced.send([TRYING])
    assert paced._outbox.batches[1][1:] == (TextDelta("b"), TRYING)


async def test_much_text_is_not_kept(paced, autojump_clock):
    """What is kept is bounded in characters, not only in time."""
    await paced.send([TextDelta("a")])
    await paced.send([TextDelta("b" * (AT_ONCE_ABOVE + 1))])
    assert len(paced._outbox.batches) == 2


def test_only_what_continues_is_joined():
    """Text and refusals, thinking, and the arguments of one call; of counts, the last ones."""
    call = ToolCallDelta(0, "c1", "find", "{")
    pieces = [
        TextDelta("a"),
        UsageDelta(Usage(1, 1)),
        TextDelta("b", signature="s"),
        TextDelta("no", refusal=True),
        ReasoningDelta("h"),
        ReasoningDelta("m"),
        call,
        ToolCallDelta(0, arguments="}"),
        ToolCallDelta(1, "c2", "find", ""),
        UsageDelta(Usage(1, 2)),
        TRYING,
        TextDelta("c"),
    ]
    assert list(joined(pieces)) == [
        TextDelta("ab"),
        TextDelta("no", refusal=True),
        ReasoningDelta("hm"),
        ToolCallDelta(0, "c1", "find", "{}"),
        ToolCallDelta(1, "c2", "find", ""),
        UsageDelta(Usage(1, 2)),
        TRYING,
        TextDelta("c"),
    ]


async def test_a_paced_chat_sends_all_before_its_end(autojump_clock):
    """What waits goes out before the result; the task that would have sent it ends."""
    async with conversation() as (peer, session):
        session.pace = 0.5
        began = trio.current_time()
        await peer.send([0, 3, "stream", []])
        texts = []
        while (received := await peer.receive())[0] != 1:
            texts.append(received[2][0]["text"])
        assert texts == ["a", "b"]
        assert trio.current_time() < began + 0.5
        await trio.testing.wait_all_tasks_blocked()
        assert not [t for t in session._nursery.child_tasks if "PacedDeltas" in t.name]


async def test_a_cancelled_paced_chat_sends_what_has_come(autojump_clock):
    """Before the error, and its task ends too."""
    async with conversation() as (peer, session):
        session.pace = 0.5
        await peer.send([0, 3, "flood", []])
        first = await peer.receive()
        await peer.send([2, "$/cancel", [{"id": 3}]])
        received = first
        while received[0] != 1:
            received = await peer.receive()
        assert received[2]["code"] == "cancelled"
        await trio.testing.wait_all_tasks_blocked()
        assert not [t for t in session._nursery.child_tasks if "PacedDeltas" in t.name]
