"""What goes over a transport and what comes back: requests, their encoded heads, responses.

These are our own types because httpx's cost more to create than a request costs to send.

    HttpRequest      what an adapter describes: method, URL, headers, body
    RequestHead      its URL parsed, its headers checked and encoded; made once for many requests
    HttpTransport    sends a head with a body
    HttpResponse     status, headers, and the body still to be read
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import httpx
import msgspec

from aircherd.providers.transport.timeouts import Timeouts

Headers = list[tuple[str, str]]
"""Names in lower case with their values, one of which may hold a key."""

RawHeaders = list[tuple[bytes, bytes]]
"""Names and values as they came over the wire."""

Origin = tuple[str, bytes]
"""Scheme, and host with the port if it is not the default of the scheme."""

OnSent = Callable[[], None]
"""Called when a request begins to leave. Before that, nothing can be billed."""


SMALL_BODY = 64 * 1024
"""Bytes that the kernels at both ends hold even when the server reads nothing."""


def ignore_sent() -> None:
    """Do nothing: the caller does not care when the request leaves."""


# ------------------------------------------------------------------ requests


class HttpRequest(msgspec.Struct, frozen=True):
    """One HTTP request. Printing it shows neither header values nor the body."""

    method: str
    url: str
    headers: Headers
    body: bytes = b""

    def __repr__(self) -> str:
        names = ", ".join(name for name, _ in self.headers)
        return f"<HttpRequest {self.method} {self.url} [{names}] {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        # The one that msgspec generates shows the fields, and with them the key.
        return [("request", repr(self))]


class BadUrl(ValueError):
    """A URL that the HTTP library rejects, and why."""


class Endpoint:
    """A parsed URL. `peer` is the host and port for messages."""

    __slots__ = ("origin", "peer", "url")

    def __init__(self, url: httpx.URL) -> None:
        self.url = url
        self.origin: Origin = (url.scheme, url.netloc)
        self.peer = url.netloc.decode("ascii")

    def __repr__(self) -> str:
        return f"<Endpoint {self.peer}>"


@lru_cache(maxsize=256)
def endpoint_of(text: str) -> Endpoint:
    """Parse a URL.

    Raises:
        BadUrl: it is invalid.
    """
    try:
        url = httpx.URL(text)
        # The library validates the host name on first access: do that here rather than later.
        assert url.host is not None
    except (httpx.InvalidURL, UnicodeError) as error:
        raise BadUrl(f"cannot be used: {error}") from None
    return Endpoint(url)


class LargeMessage:
    """A request whose body is too large to be copied behind its head."""

    __slots__ = ("body", "head")

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head = head
        self.body = body

    def __repr__(self) -> str:
        return f"<LargeMessage {len(self.body)} bytes>"


class RequestHead:
    """Request line and headers, checked and encoded. It may hold a key; printing it shows none.

    `headers` include the host; the length of a body is added to each message.
    """

    __slots__ = ("encoded", "endpoint", "headers", "method")

    def __init__(self, method: str, url: str, headers: Headers) -> None:
        """Parse, check and encode.

        Raises:
            BadUrl: the URL is invalid.
            httpx.LocalProtocolError: a header or the path holds a line break or a NUL. The message
                does not repeat it, for it may be part of a key.
        """
        self.method = method
        self.endpoint = endpoint_of(url)
        # As bytes: a header that the user configured may hold more than ASCII.
        self.headers = [(name.encode(), value.encode()) for name, value in headers]
        self.headers.append((b"host", self.endpoint.origin[1]))
        self.encoded = _encode(method, self.endpoint.url.raw_path, self.headers)

    def message(self, body: bytes) -> bytes | LargeMessage:
        """Return a whole request with this head."""
        size = len(body)
        if size > SMALL_BODY:
            return LargeMessage(b"%bcontent-length: %d\r\n\r\n" % (self.encoded, size), body)
        if size:
            return b"%bcontent-length: %d\r\n\r\n%b" % (self.encoded, size, body)
        return self.encoded + b"\r\n"

    def __repr__(self) -> str:
        return f"<RequestHead {self.method} {self.endpoint.url}>"


def _encode(method: str, path: bytes, headers: RawHeaders) -> bytes:
    """Return the lines of a request's head, without the empty line that ends it."""
    lines = [b"%b %b HTTP/1.1\r\n" % (method.encode("ascii"), path)]
    lines += [b"%b: %b\r\n" % header for header in headers]
    head = b"".join(lines)
    # Exactly one line break per line, so that no value can smuggle in a header.
    if not head.count(b"\n") == head.count(b"\r") == len(lines) or b"\0" in head:
        raise httpx.LocalProtocolError("a header or the path holds a line break or a NUL")
    return head


# ------------------------------------------------------------------ responses


class HttpResponse(Protocol):
    """A response whose body is still to be read. Its receiver closes it."""

    status: int
    headers: RawHeaders

    def take_whole(self) -> bytes | None:
        """Return the whole body if it has already arrived, else None and change nothing."""

    async def receive_some(self) -> bytes:
        """Return the next piece of the body, b"" at its end; raises httpx.TransportError."""

    def finish(self) -> None:
        """Declare that the rest of the body is not needed: the connection may be reused."""

    async def aclose(self) -> None:
        """Release the connection: kept if it can be reused, else closed at once."""


class HttpTransport(Protocol):
    """Sends requests."""

    async def send(
        self, head: RequestHead, body: bytes, timeouts: Timeouts, on_sent: OnSent = ignore_sent
    ) -> HttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            httpx.ConnectError, httpx.ConnectTimeout: no connection, so nothing was sent.
            httpx.WriteError, httpx.WriteTimeout: the server does not take the request.
            httpx.ReadError, httpx.ReadTimeout: no response.
            httpx.RemoteProtocolError: a response that is not HTTP/1.1, or none.
            httpx.UnsupportedProtocol: the URL is neither http nor https.
            httpx.ProxyError: the proxy refuses.
            AircherError: our own fault: no descriptors are left.
            RuntimeError: the transport is closed.
        """

    def close_expired(self) -> None:
        """Close connections that have been idle for too long."""

    async def aclose(self) -> None:
        """Close every connection at once; bodies being read end in `httpx.ReadError`."""
