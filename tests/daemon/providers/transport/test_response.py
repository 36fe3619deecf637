"""The pieces of a body, its deadlines, and where its connection goes afterwards."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import httpx
import pytest
import trio
from trio.abc import Stream

from aircherd.config.model import Network
from aircherd.providers.transport.http_transport import Transport, open_transport
from aircherd.providers.transport.response import PooledResponse
from aircherd.providers.transport.timeouts import Timeouts
from helpers.providers.http_server import OK, Server, open_server, read_request, send_slowly
from helpers.providers.over_httpx import get

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TIMES = Timeouts(connect=1.0, write=1.0, first_byte=9.0, read=4.0)


@asynccontextmanager
async def answered(
    handler: Callable[[Server, Stream], Awaitable[None]],
) -> AsyncIterator[tuple[Transport, PooledResponse]]:
    async with open_server(handler) as server:
        transport = open_transport(Network(), {})
        assert isinstance(transport, Transport)
        async with aclosing(transport):
            response = await get(transport, server.url, TIMES)
            assert isinstance(response, PooledResponse)
            yield transport, response


def sends(
    *pieces: bytes, gap: float = 0.01, then: float = 1e9
) -> Callable[[Server, Stream], Awaitable[None]]:
    async def handler(_server: Server, stream: Stream) -> None:
        await read_request(stream)
        await send_slowly(stream, pieces, gap)
        await trio.sleep(then)

    return handler


async def read_all(body: PooledResponse) -> list[bytes]:
    pieces = []
    while piece := await body.receive_some():
        pieces.append(piece)
    return pieces


async def test_returns_pieces_as_they_arrive() -> None:
    """Each read is one piece; bytes that came with the head are the first."""
    pieces = [HEAD + b"1\r\na\r\n", b"1\r\nb\r\n1\r\nc\r\n", b"1\r\nd\r\n", b"0\r\n\r\n"]
    async with answered(sends(*pieces)) as (_, body):
        assert await read_all(body) == [b"a", b"bc", b"d"]
        assert await body.receive_some() == b""


async def test_a_whole_reply_frees_its_connection_at_once() -> None:
    """When head and body came in one read, the connection is free before anything is read."""
    async with answered(sends(OK)) as (transport, body):
        assert (transport.statistics().idle, transport.statistics().in_use) == (1, 0)
        assert body.take_whole() == b"ok"
        assert await body.receive_some() == b""


async def test_an_incomplete_reply_is_not_taken_whole() -> None:
    """What has arrived of it is still read piece by piece."""
    async with answered(sends(HEAD + b"1\r\na\r\n")) as (_, body):
        assert body.take_whole() is None
        assert await body.receive_some() == b"a"


async def test_reading_to_the_end_frees_the_connection() -> None:
    """The last byte returns the connection; closing is not needed."""
    async with answered(sends(HEAD, b"1\r\na\r\n", b"0\r\n\r\n")) as (transport, body):
        assert (transport.statistics().idle, transport.statistics().in_use) == (0, 1)
        assert await read_all(body) == [b"a"]
        assert (transport.statistics().idle, transport.statistics().in_use) == (1, 0)


async def test_closing_early_closes_the_connection() -> None:
    """The server of an unfinished body sees the end at once."""
    seen = trio.Event()

    async def handler(_server: Server, stream: Stream) -> None:
        await read_request(stream)
        await stream.send_all(HEAD + b"1\r\na\r\n")
        assert await stream.receive_some(1) == b""
        seen.set()

    async with answered(handler) as (transport, body):
        assert await body.receive_some() == b"a"
        await body.aclose()
        await seen.wait()
        assert (transport.statistics().idle, transport.statistics().in_use) == (0, 0)
        assert await body.receive_some() == b""


async def test_finishing_early_keeps_the_connection() -> None:
    """`finish` returns the connection although bytes are still to come."""
    async with answered(sends(HEAD + b"1\r\na\r\n", b"0\r\n\r\n")) as (transport, body):
        assert await body.receive_some() == b"a"
        body.finish()
        await body.aclose()
        assert (transport.statistics().idle, transport.statistics().in_use) == (1, 0)


@pytest.mark.parametrize(
    ("pieces", "gap", "error", "words"),
    [
        ([HEAD], 1.0, httpx.ReadTimeout, "no answer from .* within 9 s"),
        ([HEAD + b"1\r\na\r\n"], 1.0, httpx.ReadTimeout, "sent nothing more for 4 s"),
        ([HEAD, b"1\r\na\r\n"], 3.0, httpx.ReadTimeout, "sent nothing more for 4 s"),
        ([HEAD + b"1;", *[b"x"] * 9], 1.0, httpx.ReadTimeout, "no answer from .* within 9 s"),
    ],
    ids=["nothing", "nothing more", "nothing more, later", "only framing"],
)
async def test_deadlines(
    autojump_clock: trio.abc.Clock,
    pieces: list[bytes],
    gap: float,
    error: type[Exception],
    words: str,
) -> None:
    """The first byte of the body has the time of `first_byte`, each later one that of `read`."""
    async with answered(sends(*pieces, gap=gap)) as (transport, body):
        with pytest.raises(error, match=words):
            await read_all(body)
        assert (transport.statistics().idle, transport.statistics().in_use) == (0, 0)


async def test_steady_trickle_is_no_timeout(autojump_clock: trio.abc.Clock) -> None:
    """A body may take far longer than any timeout while it keeps coming."""
    pieces = [HEAD, *[b"1\r\na\r\n"] * 20, b"0\r\n\r\n"]
    async with answered(sends(*pieces, gap=3.0)) as (_, body):
        assert len(await read_all(body)) == 20
    assert trio.current_time() > 50


@pytest.mark.parametrize(
    "start",
    [HEAD + b"5\r\nhello\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"],
    ids=["chunked", "sized"],
)
async def test_a_cut_is_an_error_after_the_text(start: bytes) -> None:
    """What came before a cut is returned first; the cut is never an end."""
    async with answered(sends(start, then=0)) as (transport, body):
        assert await body.receive_some() == b"hello"
        with pytest.raises(httpx.RemoteProtocolError, match="within its reply"):
            await body.receive_some()
        assert transport.statistics().in_use == 0


async def test_cancelling_a_read_closes_the_connection() -> None:
    """A cancelled read leaves no connection behind."""
    async with answered(sends(HEAD)) as (transport, body):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(body.receive_some)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert (transport.statistics().idle, transport.statistics().in_use) == (0, 0)
        assert repr(body) == "<PooledResponse 200 of None>"
