"""One connection to a server: sockets and TLS below, one request and response at a time above.

    open_connection -> Connection -> exchange(message) -> PooledResponse -> can_reuse | close()

Closing is synchronous and abrupt wherever it happens, a cancelled handshake included: once nothing
wants the response, nothing may wait, and the provider should stop producing it at once.

A large body is sent while the response is already being read: a server may refuse it after the
first bytes and never take the rest. A small one fits in the kernel's buffers and needs no task.
"""

import math
import os
import socket
import ssl
from collections.abc import Callable

import httpx
import trio

from aircherd.providers.transport.out_of_files import is_out_of_files, out_of_files
from aircherd.providers.transport.parser import ResponseParser
from aircherd.providers.transport.request import Endpoint, LargeMessage, Origin
from aircherd.providers.transport.tcp import (
    BROKEN,
    READ_SIZE,
    DeadlineExceeded,
    TcpStream,
    WouldBlock,
)
from aircherd.providers.transport.timeouts import RequestDeadlines, Timeouts
from aircherd.providers.transport.tls import handshake_problem
from aircherd.sharing.share import Share
from aircherd.vocabulary.hosts import host_to_resolve

SEND_SIZE = 256 * 1024
"""Bytes of a large body that are sent at once: TLS copies them twice."""
MAX_DRAIN_READS = 4
"""Reads spent on the rest of a response before its connection is reused."""
PORTS = {"http": 80, "https": 443}
ContextSource = Callable[[], ssl.SSLContext]
"""Makes the TLS context when the first https connection needs it."""


class Connection:
    """A connection to one server, carrying one request at a time.

    When a method raises, cancellation included, the caller closes it. `now` reads trio's clock.
    """

    __slots__ = ("idle_since", "now", "origin", "parser", "peer", "share", "stream",
                 "tcp", "uses")  # fmt: skip

    def __init__(self, tcp: TcpStream, stream: trio.abc.Stream, origin: Origin) -> None:
        self.origin = origin
        self.peer = origin[1].decode("ascii")
        self.tcp = tcp
        self.stream = stream
        self.parser = ResponseParser()
        self.now = trio.lowlevel.current_clock().current_time
        self.share: Share | None = None
        """The client that it is for."""
        self.idle_since = 0.0
        self.uses = 0

    def __repr__(self) -> str:
        tls = " tls" if self.is_tls else ""
        return f"<Connection{tls} uses={self.uses} {self.tcp!r} {self.parser!r}>"

    @property
    def is_tls(self) -> bool:
        """Whether TLS runs over it."""
        return self.stream is not self.tcp

    @property
    def can_reuse(self) -> bool:
        """Whether the response is complete and both sides are ready for another request."""
        return self.parser.can_reuse and not self.tcp.gave_up_sending

    @property
    def is_stale(self) -> bool:
        """Whether a failed exchange may be the keep-alive race: used before, and no byte back."""
        return self.uses > 1 and not self.parser.has_bytes

    # ------------------------------------------------------------ a request

    async def exchange(self, message: bytes | LargeMessage, timeouts: Timeouts) -> bytes:
        """Send a request, wait for the head of its response; return body bytes that came with it.

        Afterwards `tcp.read_by` is the deadline of the body's first byte.

        Raises:
            httpx.ReadError, httpx.WriteError: the connection broke.
            httpx.ReadTimeout, httpx.WriteTimeout: it took longer than `timeouts` allow.
            httpx.RemoteProtocolError: the server closed without an answer, or sent no HTTP.
        """
        self.uses += 1
        self.parser.start()
        if not isinstance(message, bytes):
            return await self._exchange_large(message, timeouts)
        tcp, stream, problem = self.tcp, self.stream, None
        try:
            # Most messages go out at once, without another coroutine.
            sent = tcp.send_now(message) if stream is tcp else 0
            if sent < len(message):
                tcp.send_seconds = timeouts.write
                await stream.send_all(message[sent:])
        except BROKEN as error:
            problem = why_broken(error)  # a response may have arrived nevertheless
        except DeadlineExceeded:
            raise timeouts.error("write", self.peer) from None
        tcp.read_by = self.now() + timeouts.first_byte
        try:
            while True:  # as `_receive_head`, without another coroutine
                body = self._feed(await stream.receive_some(READ_SIZE), problem)
                if self.parser.has_head:
                    return body
        except DeadlineExceeded:
            raise timeouts.error("first_byte", self.peer) from None
        except BROKEN as error:
            raise self._no_answer(problem, why_broken(error)) from None

    async def _exchange_large(self, message: LargeMessage, timeouts: Timeouts) -> bytes:
        deadlines = RequestDeadlines(timeouts, self.peer)
        self.tcp.read_by = self.tcp.send_seconds = math.inf  # the scope has the deadlines
        self.tcp.on_progress = deadlines.renew
        with deadlines.open_scope("write"):
            body = await self._send_and_receive(message, deadlines)
            self.tcp.read_by = deadlines.begin("first_byte")
            return body
        raise deadlines.error()

    async def _send_and_receive(self, message: LargeMessage, deadlines: RequestDeadlines) -> bytes:
        """Send in a separate task while waiting for the head.

        There are three cases: the head comes after the message, as usual; it comes early and
        refuses, then the rest is not sent; it comes early and accepts, then the rest still is.
        """
        problems: list[str] = []
        failure: httpx.TransportError | None = None
        body = b""

        async def send() -> None:
            try:
                await self.stream.send_all(message.head)
                rest = memoryview(message.body)
                for start in range(0, len(rest), SEND_SIZE):
                    await self.stream.send_all(rest[start : start + SEND_SIZE])
            except BROKEN as error:
                problems.append(why_broken(error))
            else:
                if not self.parser.has_head:
                    deadlines.begin("first_byte")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            try:
                body = await self._receive_head(problems)
            except httpx.TransportError as error:
                failure = error  # raised outside, where no exception group wraps it
            if failure or self.parser.status >= 300:
                self.tcp.give_up_sending()
        self.tcp.on_progress = None
        if failure:
            raise failure
        if problems:
            self.tcp.give_up_sending()
        return body

    async def _receive_head(self, problems: list[str]) -> bytes:
        """Read until the head is complete; `problems` gets the reason if sending fails."""
        while True:
            try:
                data = await self.stream.receive_some(READ_SIZE)
            except BROKEN as error:
                raise self._no_answer(problems, why_broken(error)) from None
            body = self._feed(data, problems)
            if self.parser.has_head:
                return body

    def _feed(self, data: bytes | bytearray, problem: str | list[str] | None) -> bytes:
        """Parse what one read brought; `problem` is why sending failed, if it did."""
        if not data:
            if problem:  # sending met the reset, so that reading meets a plain end
                raise self._no_answer(problem, "reset")
            self.parser.feed_eof()
        return self.parser.feed(data)

    def _no_answer(self, problem: str | list[str] | None, reason: str) -> httpx.NetworkError:
        if problem and not self.parser.has_bytes:
            return httpx.WriteError(f"the connection broke while the request was sent: {reason}")
        return httpx.ReadError(f"the connection broke before the answer: {reason}")

    # ------------------------------------------------------------ between requests

    def is_quiet(self) -> bool:
        """Return whether it can be reused as it is: response complete, nothing arrived since.

        TLS may hold bytes in its buffers: there only `drain` can tell.
        """
        return self.stream is self.tcp and self.parser.can_reuse and not self.tcp.is_readable()

    async def drain(self) -> bool:
        """Drop what has arrived of the last response; return whether it can be reused.

        Never waits for the peer.
        """
        self.tcp.may_wait = False
        try:
            for _ in range(MAX_DRAIN_READS):
                data = await self.stream.receive_some(READ_SIZE)
                if not data or self.parser.is_complete:
                    return False  # closed, or bytes that answer no request
                self.parser.feed(data)
        except WouldBlock:
            return self.can_reuse
        except (*BROKEN, httpx.RemoteProtocolError):
            return False
        finally:
            self.tcp.may_wait = True
        return False

    def close(self) -> None:
        """Close at once, whatever is under way."""
        self.tcp.close()


async def open_connection(endpoint: Endpoint, get_context: ContextSource) -> Connection:
    """Connect to the first address of the host that answers; for https with TLS.

    Nothing of a request is sent before the server's certificate is verified. On any failure,
    cancellation included, the socket is closed when this returns.

    Raises:
        httpx.ConnectError: with the reason.
        AircherError: our own fault: no descriptors are left.
    """
    url = endpoint.url
    host = url.raw_host.decode("ascii")
    context = get_context() if url.scheme == "https" else None
    tcp = await _open_tcp(host, url.port or PORTS[url.scheme])
    if context is None:
        return Connection(tcp, tcp, endpoint.origin)
    try:
        return Connection(tcp, await _start_tls(tcp, context, host), endpoint.origin)
    except BaseException:
        tcp.close()
        raise


async def _open_tcp(host: str, port: int) -> TcpStream:
    try:
        stream = await trio.open_tcp_stream(host_to_resolve(host), port)
    except (OSError, UnicodeError) as error:
        if is_out_of_files(error):
            raise out_of_files() from None
        problem = connect_problem(error)
        raise httpx.ConnectError(f"cannot connect to {host}:{port}: {problem}") from None
    # trio's own stream hides the socket; TCP_NODELAY, which it has set, stays set.
    return TcpStream(socket.socket(fileno=stream.socket.detach()))


async def _start_tls(tcp: TcpStream, context: ssl.SSLContext, host: str) -> trio.abc.Stream:
    stream = trio.SSLStream(tcp, context, server_hostname=host, https_compatible=True)
    try:
        await stream.do_handshake()
    except trio.BrokenResourceError as error:
        problem = handshake_problem(error.__cause__)
        raise httpx.ConnectError(f"cannot connect to {host}: {problem}") from None
    return stream


def connect_problem(error: BaseException) -> str:
    """Return the reason at the bottom of a failed connection, without trio's wrapping."""
    if isinstance(error, socket.gaierror):
        return f"its name cannot be looked up ({error.strerror})"
    if isinstance(error, BaseExceptionGroup):
        reasons = dict.fromkeys(connect_problem(each) for each in error.exceptions)
        return ", ".join(reasons)
    if isinstance(error, OSError) and error.errno is not None:
        # trio's own text repeats the address, which the message has already.
        return os.strerror(error.errno)
    if error.__cause__ is not None:
        return connect_problem(error.__cause__)
    return str(error)


def why_broken(error: BaseException) -> str:
    """Return what broke a stream; TLS gives its reason as the cause."""
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError):
        return cause.reason or "a TLS error"
    return str(error) or "closed"
