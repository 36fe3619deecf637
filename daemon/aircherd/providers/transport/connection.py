"""One connection to a server: sockets and TLS below, one request and its reply at a time above.

    open_connection -> Connection -> exchange(message) -> receive() ... -> can_reuse | close()

Closing is synchronous and abrupt wherever it happens (a cancelled handshake too): nothing may wait
once nobody wants the answer, and the provider shall stop producing it at once.

A large body is sent while the answer is already being read: a server may refuse it after the
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
from aircherd.providers.transport.parser import ReplyParser
from aircherd.providers.transport.tcp import (
    BROKEN,
    READ_SIZE,
    DeadlineExceeded,
    NothingThere,
    TcpStream,
)
from aircherd.providers.transport.timeouts import RequestDeadlines
from aircherd.providers.transport.tls import handshake_problem

SMALL_MESSAGE = 64 * 1024
"""Bytes that the kernels at both ends hold even when the server reads nothing."""
MAX_PROBES = 4
"""Reads spent on the rest of a reply before its connection is used again."""
PORTS = {"http": 80, "https": 443}
ContextSource = Callable[[], ssl.SSLContext]
"""Makes the TLS context when the first https connection needs it."""
Origin = tuple[str, bytes]
"""Scheme, and host with the port if it is not the scheme's own."""


class Connection:
    """A connection to one server, carrying one request at a time.

    Whoever gets an exception out of it, cancellation included, closes it.
    """

    __slots__ = ("_parser", "_stream", "_wire", "idle_since", "origin", "uses")

    def __init__(self, wire: TcpStream, stream: trio.abc.Stream, origin: Origin) -> None:
        self.origin = origin
        self._wire = wire
        self._stream = stream
        self._parser = ReplyParser()
        self.idle_since = 0.0
        self.uses = 0

    def __repr__(self) -> str:
        tls = " tls" if self.is_tls else ""
        return f"<Connection{tls} uses={self.uses} {self._wire!r} {self._parser!r}>"

    @property
    def is_tls(self) -> bool:
        """Whether TLS runs over it."""
        return self._stream is not self._wire

    @property
    def reply(self) -> ReplyParser:
        """The reply being read: its status, headers and state."""
        return self._parser

    @property
    def can_reuse(self) -> bool:
        """Whether the reply is whole and both sides are ready for another request."""
        return self._parser.can_reuse and not self._wire.gave_up_sending

    @property
    def is_stale(self) -> bool:
        """Whether a failed exchange may be the keep-alive race: used before, and no byte back."""
        return self.uses > 1 and not self._parser.has_bytes

    async def exchange(
        self, message: bytes, deadlines: RequestDeadlines, *, is_head: bool
    ) -> bytes:
        """Send a request, wait for the head of its reply; return the body bytes that came along.

        Raises:
            httpx.ReadError, httpx.WriteError: the connection broke.
            httpx.ReadTimeout, httpx.WriteTimeout: it took longer than `deadlines` allow.
            httpx.RemoteProtocolError: the server closed without an answer, or sent no HTTP.
        """
        self.uses += 1
        self._parser.expect(is_head_request=is_head)
        self._wire.read_by = self._wire.send_seconds = math.inf
        if len(message) > SMALL_MESSAGE:
            with deadlines.open_scope("write"):
                return await self._exchange_large(message, deadlines)
            raise deadlines.error()
        try:
            return await self._exchange_small(message, deadlines)
        except DeadlineExceeded:
            raise deadlines.error() from None

    async def receive(self, ends_at: float = math.inf) -> bytes:
        """Return what one read brought of the body; b"" when the reply is over.

        Raises:
            Overdue: `ends_at` has passed on trio's clock, and nothing is there.
            httpx.ReadError: the connection broke.
            httpx.RemoteProtocolError: the reply ended too early, or is not HTTP.
        """
        self._wire.read_by = ends_at
        while not self._parser.is_complete:
            try:
                data = await self._stream.receive_some(READ_SIZE)
            except BROKEN as error:
                reason = _why(error)
                raise httpx.ReadError(f"the connection broke within a reply: {reason}") from None
            if not data:
                self._parser.feed_eof()
            elif body := self._parser.feed(bytes(data)):
                return body
        return b""

    async def probe(self) -> bool:
        """Say whether the idle connection is fit for another request; never wait for the peer.

        A rest of the last reply that has come in the meantime is read and dropped.
        """
        if not self.is_tls and self._parser.can_reuse:
            return not self._wire.has_news()
        self._wire.may_wait = False
        try:
            for _ in range(MAX_PROBES):
                if not await self._drop_some():
                    return False
        except NothingThere:
            return self.can_reuse
        except (*BROKEN, httpx.RemoteProtocolError):
            return False
        finally:
            self._wire.may_wait = True
        return False

    async def _drop_some(self) -> bool:
        """Read and drop a part of the reply; False if it was over, or cannot be followed."""
        data = await self._stream.receive_some(READ_SIZE)
        if not data or self._parser.is_complete:
            return False  # closed, or bytes nobody asked for
        self._parser.feed(bytes(data))
        return True

    def close(self) -> None:
        """Close at once, whatever is under way."""
        self._wire.close()

    # ------------------------------------------------------------ inside

    async def _send(self, message: bytes) -> str | None:
        """Send; a broken connection is returned as its reason, for an answer may be there yet."""
        try:
            await self._stream.send_all(message)
        except BROKEN as error:
            return _why(error)
        return None

    async def _exchange_small(self, message: bytes, deadlines: RequestDeadlines) -> bytes:
        deadlines.phase = "write"
        self._wire.send_seconds = deadlines.seconds("write")
        problem = await self._send(message)
        self._wire.read_by = deadlines.await_answer()
        return await self._receive_head(problem)

    async def _exchange_large(self, message: bytes, deadlines: RequestDeadlines) -> bytes:
        """Send in a task of its own while the head is awaited.

        There are three cases: the head comes after the message, as usual; it comes early and
        refuses, then the rest is not sent; it comes early and accepts, then the rest still is.
        """
        problems: list[str] = []
        failure: httpx.TransportError | None = None
        body = b""

        async def send() -> None:
            problem = await self._send(message)
            if problem is not None:
                problems.append(problem)
            elif not self._parser.has_head:
                deadlines.await_answer()

        self._wire.on_progress = deadlines.renew
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            try:
                body = await self._receive_head(problems)
            except httpx.TransportError as error:
                failure = error  # raised outside, where no exception group wraps it
            if failure or self._parser.status >= 300:
                self._wire.give_up_sending()
        self._wire.on_progress = None
        if failure:
            raise failure
        if problems:
            self._wire.give_up_sending()
        deadlines.await_answer()
        return body

    async def _receive_head(self, problem: str | list[str] | None) -> bytes:
        """Read until the head is whole; `problem` is why sending failed, if it did."""
        while True:
            try:
                data = await self._stream.receive_some(READ_SIZE)
            except BROKEN as error:
                raise self._no_answer(problem, _why(error)) from None
            if not data:
                if problem:  # the send has met the reset, so that reading meets a plain end
                    raise self._no_answer(problem, "reset")
                self._parser.feed_eof()
            body = self._parser.feed(bytes(data))
            if self._parser.has_head:
                return body

    def _no_answer(self, problem: str | list[str] | None, reason: str) -> httpx.NetworkError:
        if problem and not self._parser.has_bytes:
            return httpx.WriteError(f"the connection broke while the request was sent: {reason}")
        return httpx.ReadError(f"the connection broke before the answer: {reason}")


async def open_connection(url: httpx.URL, get_context: ContextSource) -> Connection:
    """Connect to whichever of the host's addresses answers first; for https with TLS.

    Nothing of a request is sent before the server's certificate is found good. On any failure,
    cancellation included, the socket is closed when this returns.

    Raises:
        httpx.ConnectError: in a sentence, why not.
        AircherError: it is our own fault, there are no descriptors left.
    """
    host, origin = url.raw_host.decode("ascii"), (url.scheme, url.netloc)
    context = get_context() if url.scheme == "https" else None
    wire = await _open_wire(host, url.port or PORTS[url.scheme])
    if context is None:
        return Connection(wire, wire, origin)
    try:
        return Connection(wire, await _start_tls(wire, context, host), origin)
    except BaseException:
        wire.close()
        raise


async def _open_wire(host: str, port: int) -> TcpStream:
    try:
        stream = await trio.open_tcp_stream(host, port)
    except (OSError, UnicodeError) as error:
        if is_out_of_files(error):
            raise out_of_files() from None
        problem = connect_problem(error)
        raise httpx.ConnectError(f"cannot connect to {host}:{port}: {problem}") from None
    # trio's own stream hides the socket; TCP_NODELAY, which it has set, stays set.
    return TcpStream(socket.socket(fileno=stream.socket.detach()))


async def _start_tls(wire: TcpStream, context: ssl.SSLContext, host: str) -> trio.abc.Stream:
    stream = trio.SSLStream(wire, context, server_hostname=host, https_compatible=True)
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
        # trio's own text repeats the address, which stands in the sentence already.
        return os.strerror(error.errno)
    if error.__cause__ is not None:
        return connect_problem(error.__cause__)
    return str(error)


def _why(error: BaseException) -> str:
    """Return what broke a stream; TLS gives its reason as the cause."""
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError):
        return cause.reason or "a TLS error"
    return str(error) or "closed"
