"""Frames that come in pieces are counted, and dropped if there is no room for them."""

import msgpack
import pytest

from aircher_wire.frames import MAX_FRAME, Notification
from aircherd.api.methods import METHODS
from aircherd.ipc.request_reader import RequestReader
from aircherd.memory.budget import MEGABYTE, STALE_SECONDS, MemoryBudget

PIECE = 64 * 1024
PING = msgpack.packb([0, 9, "ping", []])


def chat(msgid=7, size=MEGABYTE):
    messages = [{"role": "user", "content": "x" * size}]
    return msgpack.packb([0, msgid, "chat", [{"model": "m", "messages": messages}]])


def pieces(data):
    return [data[at : at + PIECE] for at in range(0, len(data), PIECE)]


class Client:
    """A reader with a share of `budget`; `refused` has the ids of dropped requests."""

    def __init__(self, budget):
        self.share, self.refused = budget.open_share(), []
        self.reader = RequestReader(METHODS, self.share, self.refuse)

    def refuse(self, msgid, error):
        assert error.code == "busy"
        self.refused.append(msgid)

    def feed(self, data):
        return [each for piece in pieces(data) for each in self.feed_once(piece)]

    def feed_once(self, piece):
        found = []
        while piece:
            found += self.reader.feed(piece)
            piece = self.reader.rest
        return found


def test_an_incomplete_frame_is_counted_until_it_is_complete():
    """Then it is for the request to count what it takes."""
    budget = MemoryBudget()
    client, data = Client(budget), chat()
    client.feed(data[:-1])
    assert len(data) <= budget.used < len(data) * 1.1
    (request,) = client.feed(data[-1:])
    assert request.msgid == 7
    assert budget.used == 0


def test_many_small_values_count_as_what_they_take():
    """An empty list takes one byte on the wire and 64 in memory, also in half a frame."""
    budget = MemoryBudget()
    head = b"\x94\x00\x01\xa4ping\x91\x81\xa1x\xdc\xff\xff"
    Client(budget).feed(head + b"\x90" * 60_000)
    assert budget.used > 60_000 * 64


def test_small_frames_are_not_counted():
    """They must get through, however little is left."""
    client = Client(MemoryBudget(0))
    (ping,) = client.feed(PING[:3]) + client.feed(PING[3:])
    assert ping.msgid == 9
    assert client.refused == []


@pytest.mark.parametrize("cut", [1, 5, 1000, 70_000])
def test_a_frame_without_room_is_answered_and_skipped(cut):
    """Its bytes are not kept, and what follows it is served: the connection stays usable."""
    budget = MemoryBudget(3 * MEGABYTE)
    client = Client(budget)
    cancel = msgpack.packb([2, "$/cancel", [{"id": 1}]])
    data = chat(size=8 * MEGABYTE) + cancel + PING + chat(8, MEGABYTE // 2)
    found = client.feed_once(data[:cut]) + client.feed(data[cut:])
    assert client.refused == [7]
    assert found[0] == Notification("$/cancel", {"id": 1})
    assert [each.msgid for each in found[1:]] == [9, 8]
    assert budget.used == 0
    assert budget.peak < 2 * MEGABYTE


@pytest.mark.parametrize("width", [b"\xcd\x00\x07", b"\xcf" + bytes(7) + b"\x07"])
def test_the_id_is_found_in_any_encoding(width):
    """As every decoder reads it."""
    client = Client(MemoryBudget(0))
    client.feed(b"\xdd\x00\x00\x00\x04\xd0\x00" + width + chat()[3:])
    assert client.refused == [7]


def test_a_notification_without_room_is_skipped():
    """It has no answer."""
    client = Client(MemoryBudget(0))
    found = client.feed(msgpack.packb([2, "x", [{"y": "z" * MEGABYTE}]]) + PING)
    assert ([each.msgid for each in found], client.refused) == ([9], [])


def test_a_skipped_frame_has_the_same_limit():
    """Otherwise it could go on forever."""
    client = Client(MemoryBudget(0))
    head = b"\x94\x00\x01\xa4chat\x91\x81\xa1x\xdb\xff\xff\xff\xff"
    client.feed(head + b"x" * (MAX_FRAME + PIECE))
    assert "at most" in str(client.reader.error)


def test_a_stalled_frame_gives_way_to_another_client():
    """It is answered too, and the rest of it is skipped when it comes."""
    now = [0.0]
    budget = MemoryBudget(16 * MEGABYTE, monotonic=lambda: now[0])
    stalled, other = Client(budget), Client(budget)
    data = chat(size=5 * MEGABYTE)
    stalled.feed(data[: 4 * MEGABYTE])
    now[0] = STALE_SECONDS + 1
    (request,) = other.feed(chat(8, 5 * MEGABYTE))
    assert (request.msgid, stalled.refused, other.refused) == (8, [7], [])
    (ping,) = stalled.feed(data[4 * MEGABYTE :] + PING)
    assert ping.msgid == 9


def test_a_client_that_leaves_in_mid_frame_leaves_nothing():
    """Neither memory nor a frame that could be dropped."""
    budget = MemoryBudget()
    client = Client(budget)
    client.feed(chat()[:-1])
    client.reader.close()
    client.share.close()
    assert budget.used == 0
    assert not budget._incoming
