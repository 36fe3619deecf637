"""A minimal HTTP/1.1 server codec without I/O: parses requests, encodes heads and chunks.

There is no compression, no trailers, no upgrade. Responses are built by hand, so that tests control
every byte and broken responses are easy to build.
"""

from collections.abc import Sequence
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

import httptools
import msgspec

MAX_BODY = 64 * 1024 * 1024
"""The largest request body in bytes; a larger one closes the connection."""

REASONS = {status.value: status.phrase for status in HTTPStatus} | {
    498: "Capacity Exceeded",
    529: "Overloaded",
}

Headers = Sequence[tuple[str, str]]


class BadHttp(Exception):
    """The data is not a request that this server can parse."""


class Request:
    """One request. `header` looks up by lower-case name; `headers` keeps order and case."""

    def __init__(
        self,
        method: str,
        target: str,
        headers: list[tuple[str, str]],
        body: bytes,
        *,
        keep_alive: bool = True,
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.keep_alive = keep_alive
        path, _, self._query = target.partition("?")
        self.path = unquote(path) if "%" in path else path
        self._by_name = {name.lower(): value for name, value in headers}

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path} {len(self.body)} bytes>"

    def header(self, name: str) -> str | None:
        """Return the header with this lower-case name, the last one if there are several."""
        return self._by_name.get(name)

    @cached_property
    def query(self) -> dict[str, str]:
        """The parameters after the question mark."""
        return dict(parse_qsl(self._query))

    @cached_property
    def json(self) -> object:
        """The body as JSON, None if it is invalid."""
        try:
            parsed: object = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return parsed


class RequestReader:
    """Parses data from the socket; complete requests are appended to `requests`."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.wants_continue = False
        self._parser = httptools.HttpRequestParser(self)
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Parse data.

        Raises:
            BadHttp: it is not HTTP/1.1, requests an upgrade, or has too large a body.
        """
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise BadHttp("upgrades are not served here") from None
        except httptools.HttpParserError as error:
            raise BadHttp(f"not an HTTP/1.1 request: {error}") from None
        if self._size > MAX_BODY:
            raise BadHttp(f"the body is larger than {MAX_BODY} bytes")

    # Callbacks of the parser.

    def on_message_begin(self) -> None:
        """Start a request."""
        self._url: list[bytes] = []
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._expects = False
        self._size = 0

    def on_url(self, url: bytes) -> None:
        """Add a piece of the target."""
        self._url.append(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header."""
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))
        if len(name) == 6 and name.lower() == b"expect":
            self._expects = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        """Record whether the client waits for `100 Continue`."""
        self.wants_continue = self._expects

    def on_body(self, body: bytes) -> None:
        """Add a piece of the body."""
        self._body.append(body)
        self._size += len(body)

    def on_message_complete(self) -> None:
        """Append the complete request."""
        self.wants_continue = False
        self.requests.append(
            Request(
                self._parser.get_method().decode("ascii"),
                b"".join(self._url).decode("latin-1"),
                self._headers,
                b"".join(self._body),
                keep_alive=self._parser.should_keep_alive(),
            )
        )


def encode_head(status: int, headers: Headers) -> bytes:
    """Return the status line and the headers, including the empty line."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return b"".join(_latin1(line) + b"\r\n" for line in [*lines, ""])


def _latin1(line: str) -> bytes:
    """Encode a line as HTTP does; what its letters lack goes out as UTF-8, as servers do it."""
    try:
        return line.encode("latin-1")
    except UnicodeEncodeError:
        return line.encode(errors="replace")


def encode_chunk(data: bytes) -> bytes:
    """Frame `data`, which must not be empty, as one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
