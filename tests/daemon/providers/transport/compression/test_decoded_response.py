"""A compressed response, piece by piece."""

import gzip

import httpx
import pytest
import trio

from aircherd.providers.transport.compression.codings import PIECE
from aircherd.providers.transport.compression.decoded_response import DecodedResponse, decoded

TEXT = b'{"text":"hello"}'


class Response:
    """A response whose body comes in pieces; exceptions are raised."""

    def __init__(self, *pieces, headers=()):
        self.status = 200
        self.headers = list(headers)
        self.pieces = list(pieces)
        self.calls = []

    def take_whole(self):
        return b"taken"

    async def receive_some(self):
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        return piece

    def finish(self):
        self.calls.append("finish")

    async def aclose(self):
        self.calls.append("aclose")


async def read(response):
    pieces = []
    while piece := await response.receive_some():
        pieces.append(piece)
    return pieces


@pytest.mark.parametrize(
    "headers", [[], [(b"content-type", b"gzip")], [(b"Content-Encoding", b"identity")]]
)
def test_a_plain_response_is_left_alone(headers):
    """Without a coding in its headers it is the same object."""
    response = Response(headers=headers)
    assert decoded(response) is response


async def test_a_compressed_response_is_decompressed():
    """The names of headers are read in either case; several headers count as one."""
    data = gzip.compress(gzip.compress(TEXT))
    headers = [(b"Content-Encoding", b"gzip"), (b"content-encoding", b"x-gzip")]
    response = decoded(Response(data[:9], data[9:], headers=headers))
    assert (response.status, response.headers, response.take_whole()) == (200, headers, None)
    assert b"".join(await read(response)) == TEXT
    assert await response.receive_some() == b""


async def test_bytes_that_were_received_already_come_first():
    """The coding may be known only from the first bytes."""
    data = gzip.compress(TEXT)
    response = DecodedResponse(Response(data[9:]), ["gzip"], data[:9])
    assert b"".join(await read(response)) == TEXT


async def test_other_tasks_run_while_a_bomb_expands():
    """Each piece of it is a checkpoint, and small."""
    response = DecodedResponse(Response(gzip.compress(b"a" * 2_000_000)), ["gzip"])
    turns = 0

    async def count():
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(count)
        pieces = await read(response)
        nursery.cancel_scope.cancel()
    assert max(map(len, pieces)) == PIECE
    assert turns > len(pieces) // 2


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (Response(b"\x1f\x8b\x08nonsense"), httpx.DecodingError),
        (Response(httpx.ReadError("gone")), httpx.ReadError),
    ],
)
async def test_errors(response, error):
    """Broken data is one of the transport's errors."""
    with pytest.raises(error):
        await read(DecodedResponse(response, ["gzip"]))


async def test_it_is_closed_like_the_response():
    """`finish` and `aclose` are the inner response's."""
    inner = Response()
    response = DecodedResponse(inner, ["gzip"])
    response.finish()
    await response.aclose()
    assert inner.calls == ["finish", "aclose"]
    assert repr(response).startswith("<DecodedResponse ['gzip'] of ")
