"""How requests reach a provider: HTTP/1.1 over pooled connections, or through a proxy.

httpx's own pool walks all its connections for every request and loses some to cancellation; see
`pool` for ours. A response returns its connection, see `response`.

    open_transport -> Transport, or Router -> Transport | ProxiedTransport
    send(head, body, timeouts) -> response -> response.receive_some() ... aclose()

Redirects are never followed: a key goes to the origin it is bound to and nowhere else.
"""

import ssl
from collections.abc import Callable, Container, Mapping
from functools import cache

import httpx
import trio

from aircherd.config.model import Network
from aircherd.errors import Busy
from aircherd.providers.transport.connection import (
    PORTS,
    Connection,
    ContextSource,
    open_connection,
)
from aircherd.providers.transport.pool import (
    KEEPALIVE_SECONDS,
    MAX_IDLE,
    ConnectionPool,
    TransportStatistics,
)
from aircherd.providers.transport.proxy import (
    PROXY_VARIABLES,
    ProxiedTransport,
    ProxySetting,
    proxy_for,
)
from aircherd.providers.transport.request import (
    Endpoint,
    HttpResponse,
    HttpTransport,
    OnSent,
    Origin,
    RequestHead,
    ignore_sent,
)
from aircherd.providers.transport.response import PooledResponse
from aircherd.providers.transport.timeouts import Timeouts
from aircherd.providers.transport.tls import make_context
from aircherd.sharing.descriptors import may_connect
from aircherd.sharing.share import Share, share_of_task

LOST = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""How a request fails on a connection that the server closed at the moment it was reused."""


class Transport:
    """HTTP/1.1 with keep-alive, directly to the server; an `HttpTransport`.

    If a server closes a kept connection at the moment it is reused, and not one byte of a response
    has come, the request is sent once more over a new connection. Every other failure is raised as
    an `httpx.TransportError` with a readable message, and the connection is closed.
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
        self._opening: list[Share | None] = []

    def __repr__(self) -> str:
        return f"<Transport {'closed' if self._pool.is_closed else self.statistics()}>"

    def statistics(self) -> TransportStatistics:
        """Return a snapshot of the counts."""
        return self._pool.statistics(retried=self._retried)

    async def send(
        self, head: RequestHead, body: bytes, timeouts: Timeouts, on_sent: OnSent = ignore_sent
    ) -> HttpResponse:
        """Send a request and wait for the head of its response; see `HttpTransport`."""
        pool, origin, message = self._pool, head.endpoint.origin, head.message(body)
        connection = pool.take(origin) or await pool.take_drained(origin)
        if connection is not None:
            connection.share = share_of_task.get()
            on_sent()
            try:
                pending = await connection.exchange(message, timeouts)
            except BaseException as error:
                pool.discard(connection)
                is_lost = isinstance(error, LOST) and connection.is_stale and not pool.is_closed
                if not is_lost:
                    raise
                self._retried += 1
            else:
                return PooledResponse(pool, connection, pending, timeouts)
        connection = await self._open(head.endpoint, timeouts)
        on_sent()
        try:
            pending = await connection.exchange(message, timeouts)
        except BaseException:
            pool.discard(connection)
            raise
        return PooledResponse(pool, connection, pending, timeouts)

    async def _open(self, endpoint: Endpoint, timeouts: Timeouts) -> Connection:
        if self._pool.is_closed:
            raise RuntimeError("this transport is closed")
        if endpoint.url.scheme not in PORTS:
            raise httpx.UnsupportedProtocol(f"{endpoint.url.scheme}:// is not http:// or https://")
        share = share_of_task.get()
        self._check_place(share)
        self._opening.append(share)
        try:
            with trio.move_on_after(timeouts.connect):
                connection = await open_connection(endpoint, self._get_context)
                connection.share = share
                self._pool.add(connection)
                return connection
        finally:
            self._opening.remove(share)
        raise timeouts.error("connect", endpoint.peer)

    def _check_place(self, share: Share | None) -> None:
        """Check that the client leaves descriptors for others.

        Raises:
            Busy: it has too many connections.
        """
        opening = len(self._opening)
        if may_connect(share, [*self._pool.owners(), *self._opening], opening):
            return
        self._pool.close_idle()
        if not may_connect(share, [*self._pool.owners(), *self._opening], opening):
            raise Busy(
                "this client has so many connections to providers that few open files are left: "
                "wait until some of its requests have ended, or raise the limit of open files"
            )

    def close_expired(self) -> None:
        """Close what has been idle for too long.

        Requests do this from time to time; an idle daemon calls it.
        """
        self._pool.close_expired()

    def close_idle(self, origins: Container[Origin] | None = None) -> None:
        """Close the idle connections to `origins`, or all."""
        self._pool.close_idle(origins)

    async def aclose(self) -> None:
        """Close every connection at once; bodies being read end in `httpx.ReadError`."""
        self._pool.close()


class Router:
    """Sends each request directly to its server or through the proxy that serves it.

    An `HttpTransport`.
    """

    def __init__(
        self,
        direct: Transport,
        choose: Callable[[httpx.URL], ProxySetting | None],
        get_context: ContextSource,
    ) -> None:
        self._direct = direct
        self._choose = choose
        self._get_context = get_context
        self._proxied: dict[ProxySetting, ProxiedTransport] = {}

    def __repr__(self) -> str:
        return f"<Router direct={self._direct!r} proxied={list(self._proxied.values())!r}>"

    async def send(
        self, head: RequestHead, body: bytes, timeouts: Timeouts, on_sent: OnSent = ignore_sent
    ) -> HttpResponse:
        """Send a request over the right transport; see `HttpTransport`."""
        return await self._transport_for(head.endpoint.url).send(head, body, timeouts, on_sent)

    def _transport_for(self, url: httpx.URL) -> HttpTransport:
        proxy = self._choose(url)
        if proxy is None:
            return self._direct
        if proxy not in self._proxied:
            self._proxied[proxy] = ProxiedTransport(proxy, self._get_context)
        return self._proxied[proxy]

    def close_expired(self) -> None:
        """Close what has been idle for too long; proxied connections expire by themselves."""
        self._direct.close_expired()

    def close_idle(self, origins: Container[Origin] | None = None) -> None:
        """Close the idle direct connections to `origins`, or all; proxied ones expire soon."""
        self._direct.close_idle(origins)

    async def aclose(self) -> None:
        """Close every connection of all transports."""
        await self._direct.aclose()
        for transport in self._proxied.values():
            await transport.aclose()


def open_transport(network: Network, environ: Mapping[str, str]) -> Transport | Router:
    """Return the transport for a network configuration; close it with `aclose`.

    Nothing is read or connected yet; certificates are read with the first https request.
    """

    @cache
    def get_context() -> ssl.SSLContext:
        return make_context(environ, network.ca_file)

    def choose(url: httpx.URL) -> ProxySetting | None:
        return proxy_for(url, network.proxy, environ)

    direct = Transport(get_context)
    if network.proxy or not PROXY_VARIABLES.isdisjoint(name.lower() for name in environ):
        return Router(direct, choose, get_context)
    return direct
