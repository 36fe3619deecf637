"""Bodies: counted while they arrive, dropped for others, decompressed within bounds."""

import gzip
import zlib

import pytest

from aircherd.http_api.server import body as module
from aircherd.http_api.server.body import IncomingBody, check_coding, decompress
from aircherd.http_api.server.refusal import Refusal
from aircherd.memory.budget import MEGABYTE, MemoryBudget
from aircherd.memory.request_memory import uncounted


def test_a_body_is_one_whatever_pieces_it_came_in():
    """Small ones are not counted."""
    body = IncomingBody(MemoryBudget().open_share())
    for piece in (b"a", b"bc", b"", b"d"):
        body.add(piece)
    body.note_complete()
    assert (body.size, body.memory.size, body.take(), body.take()) == (4, 0, b"abcd", b"")


def test_an_incomplete_body_may_be_dropped_for_others():
    """Its client hears of it with the next piece; a complete one is kept."""
    now = [0.0]
    budget = MemoryBudget(64 * MEGABYTE, monotonic=lambda: now[0])
    share = budget.open_share()
    slow, whole = IncomingBody(share), IncomingBody(share)
    slow.add(b"x" * 10 * MEGABYTE)
    whole.add(b"x" * 8 * MEGABYTE)
    whole.note_complete()
    now[0] += 100
    budget.open_share().take(16 * MEGABYTE)
    assert (slow.memory.size, whole.memory.size) == (0, 8 * MEGABYTE)
    with pytest.raises(Refusal, match="incomplete") as caught:
        slow.add(b"x")
    assert caught.value.problem.status == 503
    whole.close()
    assert share.used == 0


def test_a_body_without_room_is_refused_and_holds_nothing():
    """The client may come again."""
    share = MemoryBudget(8 * MEGABYTE).open_share()
    body = IncomingBody(share)
    body.add(b"x" * MEGABYTE)
    with pytest.raises(Refusal) as caught:
        body.add(b"x" * 6 * MEGABYTE)
    assert (caught.value.problem.may_retry, share.used, body.size) == (True, 0, 0)


@pytest.mark.parametrize(
    ("value", "codings"),
    [("", []), ("identity", []), ("gzip", ["gzip"]), ("X-GZip, br", ["gzip", "br"])],
)
def test_known_codings_are_taken(value, codings):
    """Whatever their case."""
    assert check_coding(value) == codings


def test_an_unknown_coding_is_refused_with_those_that_are_known():
    """As HTTP wants it."""
    with pytest.raises(Refusal) as caught:
        check_coding("gzip, lzw")
    assert caught.value.problem.status == 415
    assert caught.value.headers == (("accept-encoding", "br, deflate, gzip, zstd"),)


async def test_bodies_are_decompressed_within_bounds(monkeypatch):
    """Of the body, and of what the client may have."""
    data = b"abc" * 100_000
    assert await decompress(gzip.compress(data), ["gzip"], uncounted()) == data
    twice = gzip.compress(zlib.compress(data))
    assert await decompress(twice, ["deflate", "gzip"], uncounted()) == data
    memory = MemoryBudget(MEGABYTE)
    share = memory.open_share()
    known = IncomingBody(share).memory
    with pytest.raises(Refusal) as caught:
        await decompress(gzip.compress(bytes(4 * MEGABYTE)), ["gzip"], known)
    assert caught.value.problem.status == 503
    monkeypatch.setattr(module, "MAX_BODY", 1000)
    with pytest.raises(Refusal) as caught:
        await decompress(gzip.compress(data), ["gzip"], uncounted())
    assert caught.value.problem.status == 413
