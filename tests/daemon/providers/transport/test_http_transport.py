"""The transport for its users: one contract for ours and httpx's own, then what ours adds."""

import gzip
import os
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest
import trio
import trustme
from trio.abc import Stream

from aircherd.config.model import Network
from aircherd.providers.transport.http_transport import Router, Transport, open_transport
from aircherd.providers.transport.request import RequestHead
from aircherd.providers.transport.timeouts import Timeouts
from helpers.providers.http_server import (
    OK,
    Server,
    closes_after,
    open_server,
    read_request,
    replies,
    reset,
)
from helpers.providers.over_httpx import OverHttpx, get, read_body

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CA = trustme.CA()


def ours(**options: float) -> Transport:
    context = ssl.create_default_context()
    CA.configure_trust(context)
    return Transport(lambda: context, **options)  # type: ignore[arg-type] # one int among them


@pytest.fixture(params=["ours", "httpx"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    transport = OverHttpx(ours()) if request.param == "ours" else httpx.AsyncHTTPTransport()
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        yield client


class TestContract:
    """What any httpx transport must do; also run over httpx's own."""

    @pytest.mark.parametrize(
        ("reply", "expected"),
        [
            (OK, (200, b"ok")),
            (HEAD + b"2;x=y\r\nok\r\n0\r\nTrailer: z\r\n\r\n", (200, b"ok")),
            (b"HTTP/1.1 200 OK\r\n\r\nok", (200, b"ok")),
            (b"HTTP/1.0 200 OK\r\n\r\nok", (200, b"ok")),
            (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
            (b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", (304, b"")),
            (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, (200, b"ok")),
            (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, (200, b"ok")),
            (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", (500, b"")),
        ],
        ids=["sized", "chunked", "until close", "1.0", "204", "304", "100", "103", "empty"],
    )
    async def test_framings(
        self, client: httpx.AsyncClient, reply: bytes, expected: tuple[int, bytes]
    ) -> None:
        """Every way to end a reply is understood."""
        async with open_server(closes_after(reply)) as server:
            response = await client.get(server.url)
        assert expected == (response.status_code, response.content)

    async def test_what_is_sent(self, client: httpx.AsyncClient) -> None:
        """Method, path, headers and body arrive."""
        async with open_server(replies(OK)) as server:
            await client.post(f"{server.url}/v1/x?y=z", content=b"body", headers={"X-Key": "k"})
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        assert head.startswith(b"POST /v1/x?y=z HTTP/1.1\r\n")
        assert b"\r\nhost: 127.0.0.1:" in head.lower()
        assert (b"\r\nx-key: k" in head.lower(), body) == (True, b"body")

    async def test_gzip(self, client: httpx.AsyncClient) -> None:
        """A compressed body is decoded where httpx reads it."""
        body = gzip.compress(b"hello")
        reply = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
        async with open_server(replies(reply % (len(body), body))) as server:
            assert (await client.get(server.url)).text == "hello"

    async def test_redirects_are_not_followed(self, client: httpx.AsyncClient) -> None:
        """A redirect is a response like any other: a key stays with its origin."""
        reply = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
        async with open_server(replies(reply)) as server:
            response = await client.get(server.url)
        assert (response.status_code, len(server.requests)) == (302, 1)

    async def test_streams(self, client: httpx.AsyncClient) -> None:
        """Pieces are available as soon as they arrive, before the reply is over."""
        go_on = trio.Event()

        async def handler(_server: Server, stream: Stream) -> None:
            await read_request(stream)
            await stream.send_all(HEAD + b"1\r\na\r\n")
            await go_on.wait()
            await stream.send_all(b"1\r\nb\r\n0\r\n\r\n")

        async with open_server(handler) as server, client.stream("GET", server.url) as response:
            pieces = response.aiter_bytes()
            assert await anext(pieces) == b"a"
            go_on.set()
            assert [piece async for piece in pieces] == [b"b"]

    async def test_keeps_alive(self, client: httpx.AsyncClient) -> None:
        """One connection serves consecutive requests."""
        async with open_server(replies(OK)) as server:
            for _ in range(3):
                await client.get(server.url)
        assert (server.connections, len(server.requests)) == (1, 3)

    async def test_closes_after_connection_close(self, client: httpx.AsyncClient) -> None:
        """After `Connection: close` another connection is opened."""
        reply = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        async with open_server(replies(reply)) as server:
            for _ in range(2):
                await client.get(server.url)
        assert server.connections == 2

    async def test_notices_a_closed_connection(self, client: httpx.AsyncClient) -> None:
        """A kept connection that the server closed meanwhile is replaced."""
        async with open_server(closes_after(OK)) as server:
            for _ in range(3):
                assert (await client.get(server.url)).text == "ok"
                await trio.sleep(0.05)
        assert server.connections == 3

    @pytest.mark.parametrize(
        ("sent", "kinds"),
        [
            (b"", (httpx.RemoteProtocolError,)),
            (b"HTTP/1.1 200", (httpx.RemoteProtocolError,)),
            (b"<html>", (httpx.RemoteProtocolError,)),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", (httpx.RemoteProtocolError,)),
            (HEAD + b"5\r\nhel", (httpx.RemoteProtocolError,)),
            (HEAD + b"zz\r\n", (httpx.RemoteProtocolError,)),
            (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000, (httpx.RemoteProtocolError,)),
        ],
        ids=["nothing", "half a line", "html", "too short", "half a chunk", "no chunk", "long"],
    )
    async def test_faults(
        self, client: httpx.AsyncClient, sent: bytes, kinds: tuple[type[Exception], ...]
    ) -> None:
        """A reply that is cut or is no HTTP is the server's fault."""
        async with open_server(closes_after(sent)) as server:
            with pytest.raises(kinds):
                await client.get(server.url)

    @pytest.mark.parametrize("sent", [b"", HEAD + b"5\r\nhello\r\n"], ids=["before", "within"])
    async def test_resets(self, client: httpx.AsyncClient, sent: bytes) -> None:
        """A reset is a broken read, before the head and within the body."""

        async def handler(_server: Server, stream: Stream) -> None:
            await read_request(stream)
            await stream.send_all(sent)
            await trio.sleep(0.02)
            reset(stream)

        async with open_server(handler) as server:
            with pytest.raises(httpx.ReadError):
                await client.get(server.url)

    async def test_refused_connections(self, client: httpx.AsyncClient) -> None:
        """A port without a server is a connection error."""
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:1/")

    async def test_no_answer(
        self, client: httpx.AsyncClient, autojump_clock: trio.abc.Clock
    ) -> None:
        """A silent server is a read timeout."""
        async with open_server(replies(b"")) as server:
            with pytest.raises(httpx.ReadTimeout):
                await client.get(server.url)

    async def test_large_requests(self, client: httpx.AsyncClient) -> None:
        """A large body arrives complete."""
        async with open_server(replies(OK)) as server:
            await client.post(server.url, content=b"x" * 5_000_000)
        assert server.requests[0].partition(b"\r\n\r\n")[2] == b"x" * 5_000_000


class TestRetry:
    """The keep-alive race: the server closes a kept connection at the moment it is reused."""

    @staticmethod
    def racing(
        answer: bytes, *, with_reset: bool = False
    ) -> Callable[[Server, Stream], Awaitable[None]]:
        """Answer the first request, and break off the next on the same connection."""

        async def handler(server: Server, stream: Stream) -> None:
            for number in range(2):
                request = await read_request(stream)
                server.requests.append(request)
                await stream.send_all(OK if number == 0 else answer)
            if with_reset:
                reset(stream)

        return handler

    @pytest.mark.parametrize("with_reset", [False, True])
    async def test_once_over_a_new_connection(self, with_reset: bool) -> None:
        """No byte came back on a kept connection: the request is sent once more."""
        transport = ours()
        async with (
            open_server(self.racing(b"", with_reset=with_reset)) as server,
            httpx.AsyncClient(transport=OverHttpx(transport)) as client,
        ):
            for _ in range(2):
                assert (await client.post(server.url, content=b"x")).text == "ok"
        assert (server.connections, len(server.requests)) == (2, 3)
        assert (transport.statistics().retried, transport.statistics().reused) == (1, 1)

    async def test_not_after_a_byte_came_back(self) -> None:
        """After one byte the server has seen the request: it is not repeated."""
        async with (
            open_server(self.racing(b"H")) as server,
            httpx.AsyncClient(transport=OverHttpx(ours())) as client,
        ):
            await client.get(server.url)
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(server.url)
        assert len(server.requests) == 2

    async def test_not_on_a_new_connection(self) -> None:
        """A server that closes a new connection without an answer is not asked again."""
        async with (
            open_server(closes_after(b"")) as server,
            httpx.AsyncClient(transport=OverHttpx(ours())) as client,
        ):
            with pytest.raises(httpx.RemoteProtocolError, match="without an answer"):
                await client.get(server.url)
        assert (server.connections, len(server.requests)) == (1, 1)

    async def test_not_after_a_timeout(self, autojump_clock: trio.abc.Clock) -> None:
        """A server that was silent on a kept connection is not asked again."""
        async with (
            open_server(replies(OK, b"")) as server,
            httpx.AsyncClient(transport=OverHttpx(ours())) as client,
        ):
            await client.get(server.url)
            with pytest.raises(httpx.ReadTimeout):
                await client.get(server.url)
        assert (server.connections, len(server.requests)) == (1, 2)


class TestCancellation:
    """Cancelling is a normal path: the connection is closed at once, in any phase."""

    @pytest.mark.parametrize("phase", ["handshake", "sending", "head", "body"])
    async def test_closes_at_once(self, phase: str) -> None:
        """The server sees the end as soon as the request is cancelled."""
        reached, cancelled, seen = trio.Event(), trio.Event(), trio.Event()

        async def handler(_server: Server, stream: Stream) -> None:
            await stream.receive_some(10)
            if phase == "body":
                await stream.send_all(HEAD + b"1\r\na\r\n")
            reached.set()
            await cancelled.wait()
            try:
                while await stream.receive_some(65536):
                    pass
            finally:
                seen.set()

        transport = ours()
        async with (
            open_server(handler) as server,
            httpx.AsyncClient(transport=OverHttpx(transport)) as client,
        ):
            url = server.url.replace("http:", "https:") if phase == "handshake" else server.url
            content = b"x" * 20_000_000 if phase == "sending" else b""
            async with trio.open_nursery() as nursery:
                request = client.build_request("POST", url, content=content)
                nursery.start_soon(_read_all, client, request)
                await reached.wait()
                await trio.testing.wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()
            cancelled.set()
            await seen.wait()
            assert (transport.statistics().idle, transport.statistics().in_use) == (0, 0)

    @pytest.mark.parametrize("tls", [False, True])
    async def test_leaks_nothing(self, tls: bool) -> None:
        """Hundreds of requests cancelled anywhere leave no descriptor and no connection in use."""
        chance = random.Random(7)  # noqa: S311 - the same places each time
        pieces = [HEAD, b"1\r\na\r\n", b"1\r\nb\r\n", b"0\r\n\r\n"]

        async def handler(_server: Server, stream: Stream) -> None:
            while await read_request(stream):
                for piece in pieces:
                    await stream.send_all(piece)
                    await trio.lowlevel.checkpoint()

        async def cancel_after(steps: int, scope: trio.CancelScope) -> None:
            for _ in range(steps):
                await trio.lowlevel.checkpoint()
            scope.cancel()

        transport = ours(max_idle=2)
        before = _open_descriptors()
        async with (
            open_server(handler, _server_tls() if tls else None) as server,
            aclosing(transport),
        ):
            for _ in range(300):
                async with trio.open_nursery() as nursery:
                    steps = chance.randrange(60)
                    nursery.start_soon(cancel_after, steps, nursery.cancel_scope)
                    nursery.start_soon(_get, transport, server.url)
            statistics = transport.statistics()
            assert statistics.in_use == 0
            assert statistics.opened > 50  # many were cancelled ...
            assert statistics.reused > 10  # ... and some were not
        assert before == _open_descriptors()


class TestOpenTransport:
    def test_is_direct_without_a_proxy(self) -> None:
        """Without a proxy, requests go directly to the server."""
        assert isinstance(open_transport(Network(), {"HOME": "/"}), Transport)

    @pytest.mark.parametrize("environ", [{"HTTPS_PROXY": "http://p"}, {"all_proxy": "http://p"}])
    def test_routes_with_a_proxy(self, environ: dict[str, str]) -> None:
        """A proxy in the environment or the config brings the router."""
        assert isinstance(open_transport(Network(), environ), Router)
        assert isinstance(open_transport(Network(proxy="http://p"), {}), Router)

    async def test_reads_certificates_when_needed(self, tmp_path: Path) -> None:
        """A missing certificate file fails only the requests that need it."""
        gone = str(tmp_path / "gone.pem")
        async with aclosing(open_transport(Network(ca_file=gone), {})) as transport:
            async with open_server(replies(OK)) as server:
                assert (await get(transport, server.url)).status == 200
            with pytest.raises(httpx.ConnectError, match=r"gone\.pem"):
                await get(transport, "https://127.0.0.1:1/")


async def test_closing_ends_everything() -> None:
    """Closing the transport breaks replies being read and refuses new requests."""

    async def handler(_server: Server, stream: Stream) -> None:
        await read_request(stream)
        await stream.send_all(HEAD)
        await trio.sleep_forever()

    transport = ours()
    async with open_server(handler) as server:
        response = await get(transport, server.url)

        async def read() -> None:
            with pytest.raises(httpx.ReadError):
                await response.receive_some()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await trio.testing.wait_all_tasks_blocked()
            await transport.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await get(transport, server.url)
    assert repr(transport) == "<Transport closed>"


async def test_more_than_announced() -> None:
    """Bytes after the announced length are no part of the next reply; httpx's own fails this."""
    surplus = OK + OK.replace(b"ok", b"no")
    async with (
        open_server(replies(surplus, OK)) as server,
        httpx.AsyncClient(transport=OverHttpx(ours())) as client,
    ):
        assert [(await client.get(server.url)).text for _ in range(2)] == ["ok", "ok"]
    assert server.connections == 2


async def test_idle_connections_expire(autojump_clock: trio.abc.Clock) -> None:
    """A connection idle for too long is not reused, and `close_expired` closes it."""
    transport = ours(keepalive=10)
    async with (
        open_server(replies(OK)) as server,
        httpx.AsyncClient(transport=OverHttpx(transport)) as client,
    ):
        await client.get(server.url)
        await trio.sleep(11)
        await client.get(server.url)
        assert (server.connections, transport.statistics().reused) == (2, 0)
        await trio.sleep(11)
        transport.close_expired()
        assert transport.statistics().idle == 0


async def test_never_connecting_is_a_connect_timeout(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: trio.abc.Clock
) -> None:
    """Name lookup, TCP and TLS together have the time of `connect`."""

    async def hang(*_: object) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(trio, "open_tcp_stream", hang)
    with pytest.raises(httpx.ConnectTimeout, match=r"no connection to h\.test within 3 s"):
        await get(ours(), "http://h.test/", Timeouts(connect=3.0))


async def test_a_silent_handshake_is_a_connect_timeout(autojump_clock: trio.abc.Clock) -> None:
    """A server that accepts and stays silent does not block a request in its handshake."""

    async def silent(_server: Server, _stream: Stream) -> None:
        await trio.sleep_forever()

    async with open_server(silent) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(httpx.ConnectTimeout, match="within 3 s"):
            await get(ours(), url, Timeouts(connect=3.0))


@pytest.mark.parametrize("host", ["127.0.0.1:1", "[::1]:1"])
async def test_a_refused_connection_has_a_message(host: str) -> None:
    """The reason of the system, without any wrapping."""
    with pytest.raises(httpx.ConnectError, match=r"cannot connect to .*:1: .+") as caught:
        await get(ours(), f"http://{host}/")
    assert "attempts" not in str(caught.value)


async def test_other_schemes_are_refused() -> None:
    """Only http and https are supported."""
    with pytest.raises(httpx.UnsupportedProtocol, match="ftp://"):
        await get(ours(), "ftp://h/")


async def test_a_request_goes_over_the_wire_as_it_is() -> None:
    """The server gets the headers of the head, host and length, and nothing else."""
    async with open_server(replies(OK)) as server, aclosing(ours()) as transport:
        head = RequestHead("POST", f"{server.url}/v1/x?y=z", [("x-key", "k")])
        response = await transport.send(head, b"body", Timeouts(read=5.0))
        assert await read_body(response) == b"ok"
    assert (response.status, response.headers) == (200, [(b"Content-Length", b"2")])
    line, *headers = server.requests[0].removesuffix(b"\r\n\r\nbody").split(b"\r\n")
    assert line == b"POST /v1/x?y=z HTTP/1.1"
    assert sorted(headers) == [
        b"content-length: 4",
        b"host: 127.0.0.1:%d" % server.port,
        b"x-key: k",
    ]


async def test_no_response_in_time_is_a_read_timeout(autojump_clock: trio.abc.Clock) -> None:
    """The first byte has its own timeout."""

    async def silent(_server: Server, _stream: Stream) -> None:
        await trio.sleep_forever()

    async with open_server(silent) as server, aclosing(ours()) as transport:
        with pytest.raises(httpx.ReadTimeout, match=r"no answer from .* within 3 s"):
            await get(transport, server.url, Timeouts(first_byte=3.0))


async def test_a_closed_transport_refuses_requests() -> None:
    """Nothing is sent after `aclose`."""
    transport = ours()
    await transport.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await get(transport, "http://h/")


async def test_on_sent_is_called_once_the_request_can_leave() -> None:
    """A failed connection never calls it, a sent request calls it before its response."""
    sent: list[str] = []
    transport = ours()
    unreachable = RequestHead("GET", "http://127.0.0.1:1/", [])
    with pytest.raises(httpx.ConnectError):
        await transport.send(unreachable, b"", Timeouts(), lambda: sent.append("unreachable"))
    async with open_server(replies(OK)) as server, aclosing(transport):
        head = RequestHead("GET", server.url, [])
        for _ in range(2):
            await transport.send(head, b"", Timeouts(), lambda: sent.append("sent"))
    assert sent == ["sent", "sent"]


async def _read_all(client: httpx.AsyncClient, request: httpx.Request) -> None:
    response = await client.send(request, stream=True)
    try:
        await response.aread()
    finally:
        await response.aclose()


async def _get(transport: Transport, url: str) -> None:
    await read_body(await get(transport, url))


def _server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert("127.0.0.1").configure_cert(context)
    return context


def _open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the count of names is all we want
