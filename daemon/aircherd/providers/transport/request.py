"""One call over HTTP in the plainest form: what goes out, and what comes back.

The hot path's way past httpx's own objects, which cost more to make than a request to send. Every
transport takes it by `send_over`; ours takes it as it is.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import httpx

from aircherd.providers.transport.connection import Origin
from aircherd.providers.transport.parser import request_head
from aircherd.providers.transport.timeouts import Seconds


class BodyReader(Protocol):
    """The body of a reply, read without an async generator."""

    async def receive_some(self) -> bytes:
        """Return the next piece, b"" at the end; raises httpx.TransportError."""

    def finish(self) -> None:
        """Say that the reply's meaning is over, so that the connection may be kept."""

    async def aclose(self) -> None:
        """Let the body go: the connection is kept if it can be, closed at once if not."""


class Endpoint:
    """Where a call goes, worked out once for each URL."""

    __slots__ = ("origin", "peer", "url")

    def __init__(self, url: httpx.URL) -> None:
        self.url = url
        self.origin: Origin = (url.scheme, url.netloc)
        self.peer = url.netloc.decode("ascii")

    def __repr__(self) -> str:
        return f"<Target {self.peer}>"


class BadUrl(ValueError):
    """A URL that the HTTP library does not take, and why."""


@lru_cache(maxsize=256)
def endpoint_of(text: str) -> Endpoint:
    """Return the target of a URL.

    Raises:
        BadUrl: it is none.
    """
    try:
        url = httpx.URL(text)
        # The library looks at a host's name when it is first asked for: better here than later.
        assert url.host is not None
    except (httpx.InvalidURL, UnicodeError) as error:
        raise BadUrl(f"cannot be used: {error}") from None
    return Endpoint(url)


class HttpResponse:
    """What came back: the head, and the body still to be read. Whoever has it closes `body`."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: BodyReader) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def __repr__(self) -> str:
        return f"<Answer {self.status} {self.body!r}>"


OnSent = Callable[[], None]


def ignore_sent() -> None:
    """Nobody wants to know."""


class HttpRequest:
    """A request that is ready to go. Printing it shows neither header values nor the body.

    `headers` are text, as they do not change from call to call: the bytes of the same ones are made
    once. What httpx would add, host and length, is added here. `on_sent` is called when the request
    begins to leave: before that it costs nobody anything.
    """

    __slots__ = ("body", "headers", "method", "on_sent", "target", "timeouts")

    def __init__(
        self,
        method: str,
        target: Endpoint,
        headers: tuple[tuple[str, str], ...],
        body: bytes,
        timeouts: Seconds,
        *,
        on_sent: OnSent = ignore_sent,
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.on_sent = on_sent

    def message(self) -> bytes:
        """Return the bytes that go over the wire; raises as `http1.request_head`."""
        head = _head(self.method, self.target, self.headers)
        if not self.body:
            return head + b"\r\n"
        return b"%bcontent-length: %d\r\n\r\n%b" % (head, len(self.body), self.body)

    def as_httpx(self) -> httpx.Request:
        """Return the same request for a transport that knows httpx's form only."""
        headers = _raw(self.target, self.headers)
        if self.body:
            headers.append((b"content-length", b"%d" % len(self.body)))
        return httpx.Request(
            self.method,
            self.target.url,
            headers=headers,
            stream=httpx.ByteStream(self.body),
            extensions={"timeout": self.timeouts},
        )

    def __repr__(self) -> str:
        return f"<Outgoing {self.method} {self.target.url} {len(self.body)} bytes>"


def _raw(target: Endpoint, headers: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    # As bytes: a header of the user's own may hold more than ASCII.
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return [*raw, (b"host", target.origin[1])]


def forget_heads() -> None:
    """Forget the heads that were made: there are keys in them, of which one is no more."""
    _head.cache_clear()


@lru_cache(maxsize=256)
def _head(method: str, target: Endpoint, headers: tuple[tuple[str, str], ...]) -> bytes:
    return request_head(method, target.url.raw_path, _raw(target, headers))
