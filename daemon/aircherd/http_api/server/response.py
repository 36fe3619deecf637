"""The bytes of a response: whole, or in chunks with trailers at the end.

A piece is written at once as far as the kernel takes it, which is nearly always all of it. What is
left waits in the task that sends: so a client that reads slowly slows down its own chat, and no
more than one piece of it is in memory.
"""

import time
from collections.abc import Sequence
from typing import Protocol

from aircherd.http_api.call import Headers

REASONS = {
    100: "Continue", 200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request",
    401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 413: "Content Too Large",
    414: "URI Too Long", 415: "Unsupported Media Type", 417: "Expectation Failed",
    422: "Unprocessable Content", 424: "Failed Dependency", 426: "Upgrade Required",
    429: "Too Many Requests", 431: "Request Header Fields Too Large", 499: "Client Closed Request",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
    529: "Overloaded",
}  # fmt: skip
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_WITHOUT_BODY = frozenset({204, 304})


class Wire(Protocol):
    """Where the bytes go: the connection."""

    async def write(self, data: bytes) -> None:
        """Write all of it; raises `trio.BrokenResourceError` if the client is gone."""


class HttpResponse:
    """The response of one request (`call.Response`).

    - `keeps_alive`: whether the connection carries another one; it may be changed until the start.
    - `extra`: headers that every response to the request has.
    - `is_ended`: whether it is complete.
    """

    __slots__ = ("_chunked", "_head", "_is_head", "_is_http10", "_wire", "extra", "has_started",
                 "is_ended", "keeps_alive")  # fmt: skip

    def __init__(
        self,
        wire: Wire,
        *,
        is_head: bool = False,
        is_http10: bool = False,
        keeps_alive: bool = True,
    ) -> None:
        self._wire = wire
        self._is_head = is_head
        self._is_http10 = is_http10
        self.keeps_alive = keeps_alive
        self.extra: Headers = ()
        self.has_started = False
        self.is_ended = False
        self._chunked = not is_http10
        self._head = b""

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a response in one piece."""
        assert not self.has_started
        self.has_started = True
        data = self.encode_whole(status, headers, body)
        await self._wire.write(data)
        self.is_ended = True

    def encode_whole(self, status: int, headers: Headers, body: bytes) -> bytes:
        """Return all bytes of a response in one piece."""
        length = "" if status in _WITHOUT_BODY else f"content-length: {len(body)}\r\n"
        head = self._encode_head(status, headers, length)
        return head if self._is_head or status in _WITHOUT_BODY else head + body

    async def start(self, status: int, headers: Headers, trailers: Sequence[str] = ()) -> None:
        """Begin a response that streams. Its head goes out with the first piece.

        `trailers` are the names of those that `end` sends.
        """
        assert not self.has_started
        self.has_started = True
        if self._chunked:
            framing = "transfer-encoding: chunked\r\n"
            if trailers:
                framing += f"trailer: {', '.join(trailers)}\r\n"
        else:
            framing, self.keeps_alive = "", False
        self._head = self._encode_head(status, headers, framing)

    async def send(self, data: bytes) -> None:
        """Send a piece; waits while the client is behind."""
        if self._is_head or not data:
            return
        head = self._head
        if self._chunked:
            data = b"%b%x\r\n%b\r\n" % (head, len(data), data)
        elif head:
            data = head + data
        self._head = b""
        await self._wire.write(data)

    async def end(self, trailers: Headers = ()) -> None:
        """End the response properly."""
        data = self._head
        self._head = b""
        if self._chunked and not self._is_head:
            data += b"0\r\n%b\r\n" % _fields(trailers).encode() if trailers else b"0\r\n\r\n"
        if data:
            await self._wire.write(data)
        self.is_ended = True

    def _encode_head(self, status: int, headers: Headers, framing: str) -> bytes:
        if not self.keeps_alive:
            framing += "connection: close\r\n"
        elif self._is_http10:
            framing += "connection: keep-alive\r\n"
        extra = _fields(self.extra) if self.extra else ""
        return (
            f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}\r\n"
            f"date: {_date()}\r\n{_fields(headers)}{extra}{framing}\r\n"
        ).encode()

    def __repr__(self) -> str:
        state = "ended" if self.is_ended else "started" if self.has_started else "not started"
        return f"<HttpResponse {state}>"


def _fields(headers: Headers) -> str:
    return "".join([f"{name}: {_clean(value)}\r\n" for name, value in headers])


def _clean(value: str) -> str:
    """Return a value without what would end its line: it may come from a provider."""
    if value.isprintable():
        return value
    return "".join(char if char.isprintable() else " " for char in value)


class _Clock:
    """The Date header, made once a second."""

    __slots__ = ("second", "text")

    def __init__(self) -> None:
        self.second = 0
        self.text = ""


_clock = _Clock()


def _date() -> str:
    now = int(time.time())
    if now != _clock.second:
        _clock.second = now
        _clock.text = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now))
    return _clock.text
