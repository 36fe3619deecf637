"""How bytes reach a provider: an httpx transport with a connection pool of our own.

httpx's own pool walks all its connections for every request and loses some to cancellation; see
`connection_pool` for ours. A reply's body gives its connection back, see `reply_body`.

    open_transport -> Transport, or Router -> Transport | ProxiedTransport
    send(call) -> answer -> answer.body.receive_some() ... aclose()
    handle_async_request(request) -> response: the same for those who use httpx

Deadlines are `call.timeouts` or `request.extensions["timeout"]`, see `deadlines`. Redirects are
never followed: a key goes to the origin it is bound to and nowhere else.
"""

import ssl
from collections.abc import Callable, Mapping
from functools import cache

import httpx

from aircherd.config.model import Network
from aircherd.providers.transport.body import ReplyBody
from aircherd.providers.transport.connection import (
    PORTS,
    Connection,
    ContextSource,
    open_connection,
)
from aircherd.providers.transport.parser import ReplyParser, request_message
from aircherd.providers.transport.pool import (
    KEEPALIVE_SECONDS,
    MAX_IDLE,
    ConnectionPool,
    TransportStatistics,
)
from aircherd.providers.transport.proxy import (
    PROXY_VARIABLES,
    GuardedBody,
    ProxiedTransport,
    proxy_for,
)
from aircherd.providers.transport.request import (
    BodyReader,
    Endpoint,
    HttpRequest,
    HttpResponse,
    OnSent,
    ignore_sent,
)
from aircherd.providers.transport.timeouts import RequestDeadlines, Seconds, timeouts_of
from aircherd.providers.transport.tls import make_context

LOST = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""What a connection may fail with that the server closed in the moment it was used again."""


class Transport(httpx.AsyncBaseTransport):
    """HTTP/1.1 over trio with keep-alive, straight to the server.

    If a server closes a kept connection in the moment it is used again, not one byte of an answer
    having come, the request is sent once more over a fresh one. Every other failure is the
    caller's; it arrives as an `httpx.TransportError` in a sentence, and the connection is closed.
    """

    def __init__(
        self,
        get_context: ContextSource,
        *,
        keepalive: float = KEEPALIVE_SECONDS,
        max_idle: int = MAX_IDLE,
    ) -> None:
        self._get_context = get_context
        self._pool = ConnectionPool(keepalive=keepalive, max_idle=max_idle)
        self._retried = 0

    def __repr__(self) -> str:
        return f"<Transport {'closed' if self._pool.is_closed else self.statistics()}>"

    def statistics(self) -> TransportStatistics:
        """Return a frozen account for people and tests."""
        return self._pool.statistics(retried=self._retried)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and return its reply, the body unread; raises as `send`."""
        target = Endpoint(request.url)
        self._check_use(target)
        message = request_message(request, await _whole_body(request))
        is_head = request.method == "HEAD"
        reply, body = await self._perform(
            target, message, timeouts_of(request), ignore_sent, is_head=is_head
        )
        return httpx.Response(
            reply.status,
            headers=reply.headers,
            stream=body,
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reply.reason},
        )

    async def send(self, call: HttpRequest) -> HttpResponse:
        """Send `call` and return its answer, the body unread.

        Raises:
            httpx.ConnectError, httpx.ConnectTimeout: no connection, so nothing was sent.
            httpx.WriteError, httpx.WriteTimeout: the server does not take the request.
            httpx.ReadError, httpx.ReadTimeout: no answer.
            httpx.RemoteProtocolError: an answer that is not HTTP/1.1, or none.
            httpx.LocalProtocolError, httpx.UnsupportedProtocol: a request that cannot be sent.
            AircherError: our own fault: no descriptors are left.
            RuntimeError: the transport is closed.
        """
        self._check_use(call.target)
        is_head = call.method == "HEAD"
        reply, body = await self._perform(
            call.target, call.message(), call.timeouts, call.on_sent, is_head=is_head
        )
        return HttpResponse(reply.status, reply.headers, body)

    def _check_use(self, target: Endpoint) -> None:
        if self._pool.is_closed:
            raise RuntimeError("this transport is closed")
        scheme = target.origin[0]
        if scheme not in PORTS:
            raise httpx.UnsupportedProtocol(f"{scheme}:// is not http:// or https://")

    def close_expired(self) -> None:
        """Close what has been idle for too long.

        Requests do this by themselves from time to time; a daemon that gets none may call it.
        """
        self._pool.close_expired()

    async def aclose(self) -> None:
        """Close every connection at once; replies being read end in `httpx.ReadError`."""
        self._pool.close()

    async def _perform(
        self,
        target: Endpoint,
        message: bytes,
        timeouts: Seconds,
        on_sent: OnSent,
        *,
        is_head: bool,
    ) -> tuple[ReplyParser, ReplyBody]:
        deadlines = RequestDeadlines(timeouts, target.peer)
        connection = await self._pool.take(target.origin)
        if connection is not None:
            on_sent()
            try:
                return await self._exchange(connection, message, deadlines, is_head=is_head)
            except LOST:
                if not connection.is_stale or self._pool.is_closed:
                    raise
                self._retried += 1
        connection = await self._open(target.url, deadlines)
        on_sent()
        return await self._exchange(connection, message, deadlines, is_head=is_head)

    async def _open(self, url: httpx.URL, deadlines: RequestDeadlines) -> Connection:
        with deadlines.open_scope("connect"):
            connection = await open_connection(url, self._get_context)
            self._pool.add(connection)
            return connection
        raise deadlines.error()

    async def _exchange(
        self, connection: Connection, message: bytes, deadlines: RequestDeadlines, *, is_head: bool
    ) -> tuple[ReplyParser, ReplyBody]:
        try:
            body = await connection.exchange(message, deadlines, is_head=is_head)
        except BaseException:
            self._pool.discard(connection)
            raise
        return connection.reply, ReplyBody(self._pool, connection, deadlines, body)


class Router(httpx.AsyncBaseTransport):
    """Sends each request straight to its server or through the proxy that serves it."""

    def __init__(
        self,
        direct: Transport,
        choose: Callable[[httpx.URL], str | None],
        get_context: ContextSource,
    ) -> None:
        self._direct = direct
        self._choose = choose
        self._get_context = get_context
        self._proxied: dict[str, ProxiedTransport] = {}

    def __repr__(self) -> str:
        return f"<Router direct={self._direct!r} proxied={list(self._proxied.values())!r}>"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` on its way; raises what the two kinds of transport raise."""
        return await self._way(request.url).handle_async_request(request)

    async def send(self, call: HttpRequest) -> HttpResponse:
        """Send `call` on its way; raises likewise."""
        return await send_over(self._way(call.target.url), call)

    def _way(self, url: httpx.URL) -> Transport | ProxiedTransport:
        proxy = self._choose(url)
        if proxy is None:
            return self._direct
        if proxy not in self._proxied:
            self._proxied[proxy] = ProxiedTransport(proxy, self._get_context)
        return self._proxied[proxy]

    def close_expired(self) -> None:
        """Close what has been idle for too long; proxied connections expire by themselves."""
        self._direct.close_expired()

    async def aclose(self) -> None:
        """Close every connection of all."""
        await self._direct.aclose()
        for transport in self._proxied.values():
            await transport.aclose()


def open_transport(network: Network, environ: Mapping[str, str]) -> Transport | Router:
    """Return the transport for a network configuration: use it as `async with`, or `aclose` it.

    Nothing is read or connected yet; certificates are read with the first https request.
    """

    @cache
    def get_context() -> ssl.SSLContext:
        return make_context(environ, network.ca_file)

    def choose(url: httpx.URL) -> str | None:
        return proxy_for(url, network.proxy, environ)

    direct = Transport(get_context)
    if network.proxy or not PROXY_VARIABLES.isdisjoint(name.lower() for name in environ):
        return Router(direct, choose, get_context)
    return direct


async def send_over(transport: httpx.AsyncBaseTransport, call: HttpRequest) -> HttpResponse:
    """Send `call` over any transport, ours by the short way; raises what it raises."""
    if isinstance(transport, Transport | Router):
        return await transport.send(call)
    try:
        response = await transport.handle_async_request(call.as_httpx())
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError):
        raise
    except BaseException:
        call.on_sent()  # perhaps: such a transport does not tell
        raise
    call.on_sent()
    return HttpResponse(response.status_code, response.headers.raw, body_reader(response))


def body_reader(response: httpx.Response) -> BodyReader:
    """Return the reader of a response's body, whichever transport it came from."""
    stream = response.stream
    if isinstance(stream, ReplyBody | GuardedBody):
        return stream
    return _IteratedBody(response)


class _IteratedBody:
    """The body of any other httpx transport, such as a mock's."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._pieces = response.aiter_raw()

    async def receive_some(self) -> bytes:
        return await anext(self._pieces, b"")

    def finish(self) -> None:
        """Nothing to keep."""

    async def aclose(self) -> None:
        await self._response.aclose()


async def _whole_body(request: httpx.Request) -> bytes:
    if isinstance(request.stream, httpx.ByteStream):
        return b"".join(request.stream)
    try:
        return request.content
    except httpx.RequestNotRead:
        return await request.aread()
