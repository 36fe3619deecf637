"""One connection: requests of every size, and servers that answer early, late or never."""

import errno
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import trio
import trio.lowlevel
import trustme
from trio.abc import Stream
from trio.testing import MockClock

from aircherd.providers.transport.connection import Connection, connect_problem, open_connection
from aircherd.providers.transport.pool import ConnectionPool
from aircherd.providers.transport.request import SMALL_BODY, LargeMessage, endpoint_of
from aircherd.providers.transport.response import PooledResponse
from aircherd.providers.transport.timeouts import Timeouts
from helpers.providers.http_server import (
    OK,
    Server,
    open_server,
    read_request,
    replies,
    reset,
    send_slowly,
)

CA = trustme.CA()
PATIENCE = 0.1
"""Real seconds before the virtual clock jumps: the kernel moves large bodies on its own."""
LARGE = b"POST / HTTP/1.1\r\nContent-Length: 20000000\r\n\r\n" + b"x" * 20_000_000
SMALL = b"GET / HTTP/1.1\r\n\r\n"
REFUSAL = b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert("127.0.0.1").configure_cert(context)
    return context


def client_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    CA.configure_trust(context)
    return context


@asynccontextmanager
async def connected(
    handler: Callable[[Server, Stream], Awaitable[None]], *, tls: bool = False
) -> AsyncIterator[Connection]:
    async with open_server(handler, server_tls() if tls else None) as server:
        connection = await open_connection(endpoint_of(server.url), client_tls)
        try:
            yield connection
        finally:
            connection.close()


async def read_rest(stream: Stream, missing: int) -> None:
    while missing > 0:
        missing -= len(await stream.receive_some(1 << 20))


async def exchange(connection: Connection, message: bytes, **timeouts: float) -> bytes:
    """Perform one request; return its whole body."""
    phases = Timeouts(**timeouts)
    pool = ConnectionPool()
    pool.add(connection)
    is_large = len(message) > SMALL_BODY
    sent = LargeMessage(message[:100], message[100:]) if is_large else message
    body = await connection.exchange(sent, phases)
    response = PooledResponse(pool, connection, b"", phases)
    while piece := await response.receive_some():
        body += piece
    return body


@pytest.mark.parametrize("tls", [False, True])
async def test_carries_one_request_after_the_other(tls: bool) -> None:
    """A connection is reused, over TLS too."""
    async with connected(replies(OK), tls=tls) as connection:
        for _ in range(3):
            assert tls or connection.is_quiet()
            assert await connection.drain()
            assert await exchange(connection, SMALL) == b"ok"
            assert connection.can_reuse
        assert (3, tls) == (connection.uses, connection.is_tls)


async def test_sends_without_delay() -> None:
    """TCP_NODELAY is set: a request never waits for an acknowledgement."""
    async with connected(replies(OK)) as connection:
        sock = connection.tcp._sock
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("tls", [False, True])
async def test_sends_large_requests(tls: bool) -> None:
    """Twenty million bytes arrive, and the connection can be reused."""
    sizes: list[int] = []

    async def handler(_server: Server, stream: Stream) -> None:
        while request := await read_request(stream):
            sizes.append(len(request))
            await stream.send_all(OK)

    async with connected(handler, tls=tls) as connection:
        assert await exchange(connection, LARGE) == b"ok"
        assert connection.can_reuse
        assert await exchange(connection, SMALL) == b"ok"
    assert [len(LARGE), len(SMALL)] == sizes


@pytest.mark.parametrize("tls", [False, True])
async def test_reads_an_early_refusal(tls: bool) -> None:
    """A refusal that comes while the request is being sent is read; the rest is not sent."""

    async def refuse(_server: Server, stream: Stream) -> None:
        await stream.receive_some(1000)
        await stream.send_all(REFUSAL)
        await trio.sleep_forever()

    async with connected(refuse, tls=tls) as connection:
        assert await exchange(connection, LARGE) == b"big"
        assert (connection.parser.status, connection.can_reuse) == (413, False)


async def test_reads_a_refusal_followed_by_a_close() -> None:
    """A refusal by a server that closes without reading is still read."""

    async def refuse(_server: Server, stream: Stream) -> None:
        await stream.receive_some(1000)
        await stream.send_all(REFUSAL)

    async with connected(refuse) as connection:
        assert await exchange(connection, LARGE) == b"big"


async def test_finishes_sending_after_an_early_acceptance() -> None:
    """A server that says 200 at once still gets the whole request."""
    sizes: list[int] = []

    async def accept(_server: Server, stream: Stream) -> None:
        await stream.receive_some(10)
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        await read_rest(stream, len(LARGE) - 10)
        sizes.append(len(LARGE))
        await stream.send_all(b"ok")

    async with connected(accept) as connection:
        assert await exchange(connection, LARGE) == b"ok"
    assert [len(LARGE)] == sizes


async def test_a_server_that_takes_nothing_is_a_write_timeout(
    autojump_clock: MockClock,
) -> None:
    """The request fails when the server takes no data for the time of `write`."""

    async def take_nothing(_server: Server, _stream: Stream) -> None:
        await trio.sleep_forever()

    async with connected(take_nothing) as connection:
        with pytest.raises(httpx.WriteTimeout, match="took no data for 3 s"):
            await exchange(connection, LARGE, write=3.0, first_byte=60.0)


async def test_slow_progress_is_no_write_timeout(autojump_clock: MockClock) -> None:
    """The time of `write` applies to each part, not to the whole request."""

    async def take_slowly(_server: Server, stream: Stream) -> None:
        received = 0
        for enough in range(2_000_000, len(LARGE) + 1, 2_000_000):
            while received < enough:
                received += len(await stream.receive_some(1 << 20))
            await trio.sleep(2)
        await read_rest(stream, len(LARGE) - received)
        await stream.send_all(OK)

    autojump_clock.autojump_threshold = PATIENCE
    async with connected(take_slowly) as connection:
        assert await exchange(connection, LARGE, write=3.0, first_byte=60.0) == b"ok"
    assert trio.current_time() > 10


@pytest.mark.parametrize("message", [SMALL, LARGE], ids=["small", "large"])
async def test_no_answer_is_a_first_byte_timeout(autojump_clock: MockClock, message: bytes) -> None:
    """The time of `first_byte` begins when the request was sent."""

    async def swallow(_server: Server, stream: Stream) -> None:
        await read_request(stream)
        await trio.sleep_forever()

    autojump_clock.autojump_threshold = PATIENCE
    async with connected(swallow) as connection:
        with pytest.raises(httpx.ReadTimeout, match=r"no answer from .* within 7 s"):
            await exchange(connection, message, write=3.0, first_byte=7.0)


async def test_a_head_that_drips_is_a_first_byte_timeout(autojump_clock: MockClock) -> None:
    """The whole head must arrive in the time of `first_byte`."""

    async def drip(_server: Server, stream: Stream) -> None:
        await read_request(stream)
        await send_slowly(stream, (bytes([byte]) for byte in OK), gap=1.0)

    async with connected(drip) as connection:
        with pytest.raises(httpx.ReadTimeout, match=r"no answer from .* within 7 s"):
            await exchange(connection, SMALL, read=5.0, first_byte=7.0)


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
@pytest.mark.parametrize("message", [SMALL, LARGE], ids=["small", "large"])
async def test_a_reset_is_an_error(sent: bytes, message: bytes) -> None:
    """In any phase it is a network error, never half a reply."""

    async def break_off(_server: Server, stream: Stream) -> None:
        await stream.receive_some(10)
        await stream.send_all(sent)
        reset(stream)

    async with connected(break_off) as connection:
        with pytest.raises(httpx.TransportError, match=r"connection (broke|within)"):
            await exchange(connection, message)


async def test_reads_the_reply_of_a_half_closed_connection() -> None:
    """A reply before the server's close is complete, and the connection is not reused."""

    async def half_close(_server: Server, stream: Stream) -> None:
        assert isinstance(stream, trio.SocketStream)
        await read_request(stream)
        await stream.send_all(OK)
        await stream.send_eof()
        await trio.sleep_forever()

    async with connected(half_close) as connection:
        assert await exchange(connection, SMALL) == b"ok"
        await trio.testing.wait_all_tasks_blocked()
        assert not await connection.drain()


@pytest.mark.parametrize("tls", [False, True])
async def test_drain_notices_a_close(tls: bool) -> None:
    """A connection that the server closed while it was idle cannot be reused."""
    closed = trio.Event()

    async def answer_once(_server: Server, stream: Stream) -> None:
        await read_request(stream)
        await stream.send_all(OK)
        await closed.wait()

    async with connected(answer_once, tls=tls) as connection:
        await exchange(connection, SMALL)
        assert await connection.drain()
        closed.set()
        await trio.testing.wait_all_tasks_blocked()
        assert not await connection.drain()


@pytest.mark.parametrize("tls", [False, True])
async def test_drain_notices_unexpected_bytes(tls: bool) -> None:
    """Bytes that answer no request would be taken for the answer to the next one."""

    async def answer_twice(_server: Server, stream: Stream) -> None:
        await read_request(stream)
        await stream.send_all(OK)
        await trio.lowlevel.checkpoint()
        await stream.send_all(OK)
        await trio.sleep_forever()

    async with connected(answer_twice, tls=tls) as connection:
        await exchange(connection, SMALL)
        await trio.testing.wait_all_tasks_blocked()
        assert not await connection.drain()


@pytest.mark.parametrize("tls", [False, True])
async def test_drain_drops_the_rest_of_a_reply(tls: bool) -> None:
    """The end of a reply that has arrived meanwhile is dropped, and the connection reused."""
    rest = trio.Event()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"

    async def answer(_server: Server, stream: Stream) -> None:
        await read_request(stream)
        await stream.send_all(head)
        await rest.wait()
        await stream.send_all(b"0\r\n\r\n")
        await read_request(stream)
        await stream.send_all(OK)

    async with connected(answer, tls=tls) as connection:
        assert await connection.exchange(SMALL, Timeouts()) == b"hi"
        assert not await connection.drain()
        rest.set()
        await trio.testing.wait_all_tasks_blocked()
        assert await connection.drain()
        assert await exchange(connection, SMALL) == b"ok"


def test_connect_problem_is_the_lowest_reason() -> None:
    """Trio's wrapping and groups are removed; equal reasons are named once."""
    refused = ConnectionRefusedError(111, "Connection refused")
    away = OSError(101, "Network is unreachable")
    error = OSError("all attempts to connect to h:1 failed")
    error.__cause__ = ExceptionGroup("many", [refused, away, refused])
    assert connect_problem(error) == "Connection refused, Network is unreachable"
    verbose = OSError(errno.ENETUNREACH, "[::1]:1: Network is unreachable, says the library")
    assert connect_problem(verbose) == "Network is unreachable"
    unknown = socket.gaierror(-2, "Name or service not known")
    assert connect_problem(unknown) == "its name cannot be looked up (Name or service not known)"


async def test_name_below_localhost_connects_to_this_machine() -> None:
    """Whatever a resolver would say: a key may be sent there over plain http."""
    async with open_server(replies(OK)) as server:
        url = server.url.replace("127.0.0.1", "no-such-name.localhost")
        connection = await open_connection(endpoint_of(url), client_tls)
        connection.close()
