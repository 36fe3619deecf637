"""Parsing HTTP/1.1 responses without I/O: bytes in, head and body out.

httptools (llhttp) parses, strictly. What it leaves to its user is decided here: which response ends
at the end of the connection, how many bytes may pass that are not body, and when a connection may
carry another request.

    parser.start() ; feed(data) ... -> body bytes; then `has_head`, `is_complete`, `can_reuse`
    parser.feed_eof()               -> the end, where the peer's close is one
"""

import httptools
import httpx

from aircherd.providers.transport.request import RawHeaders

MAX_OVERHEAD = 64 * 1024
"""Bytes without any body that a response may send in a row: its head, or chunk framing."""


class ResponseParser:
    """The responses of one connection, one after the other.

    `status` and `headers` are valid once `has_head` is true. `is_complete` means that the response
    is over (also before the first request), `can_reuse` that the connection may then carry another.
    `has_bytes` means that anything at all came back. Interim responses (1xx) are skipped.
    """

    __slots__ = (
        "_error",
        "_feed",
        "_keeps_alive",
        "_overhead",
        "_parser",
        "_pieces",
        "has_bytes",
        "has_head",
        "headers",
        "is_complete",
        "status",
    )

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._feed = self._parser.feed_data
        self._keeps_alive = True
        self._pieces: list[bytes] = []
        self._error: httpx.RemoteProtocolError | None = None
        self.start()
        self.is_complete = True

    def __repr__(self) -> str:
        state = "complete" if self.is_complete else "body" if self.has_head else "head"
        return f"<ResponseParser {state} status={self.status}>"

    @property
    def can_reuse(self) -> bool:
        """Whether the response is over and the connection can carry another."""
        return self.is_complete and self._keeps_alive

    def start(self) -> None:
        """Begin the response to a request that is about to be sent."""
        self._overhead = self.status = 0
        self.is_complete = self.has_head = self.has_bytes = False
        self.headers: RawHeaders = []

    def feed(self, data: bytes | bytearray) -> bytes:
        """Take what one read brought; return the body bytes in it, b"" if there are none.

        Raises:
            httpx.RemoteProtocolError: this is not HTTP/1.1. Body bytes that came before the fault
                are returned first, and the error is raised by the next call.
        """
        if self._error is not None:
            raise self._error
        self.has_bytes = True
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._note_error(str(error))
        pieces = self._pieces
        body = b""
        if pieces:
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            pieces.clear()
            self._overhead = 0
        else:
            if not self.is_complete:
                self._count_overhead(len(data))
            if self._error is not None:
                raise self._error
        return body

    def feed_eof(self) -> None:
        """Note that the peer closed.

        Raises:
            httpx.RemoteProtocolError: the response is not complete.
        """
        if self._error is not None:
            raise self._error
        self._keeps_alive = False
        if self.is_complete:
            return
        if not self.has_head:
            what = "within the head of its reply" if self.has_bytes else "without an answer"
            raise httpx.RemoteProtocolError(f"the server closed the connection {what}")
        if not self._ends_at_eof():
            raise httpx.RemoteProtocolError("the server closed the connection within its reply")
        self.is_complete = True

    # ------------------------------------------------------------ called by httptools

    def on_message_begin(self) -> None:
        """Start a response; one that answers no request makes the connection unusable."""
        if self.is_complete:
            self._keeps_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; trailers are dropped."""
        if not self.has_head:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Note the status; the head of an interim response is none."""
        if not self.is_complete:
            self.status = status = self._parser.get_status_code()
            self.has_head = status >= 200

    def on_body(self, data: bytes) -> None:
        """Collect body bytes."""
        if not self.is_complete:
            self._pieces.append(data)

    def on_message_complete(self) -> None:
        """End the response, or drop an interim one and wait for the real one."""
        if self.is_complete:
            return
        if self.has_head:
            self.is_complete = True
            if self._keeps_alive:
                self._keeps_alive = self._parser.should_keep_alive()
        elif self.status == 101:
            self._error = httpx.RemoteProtocolError("the server switched to another protocol")
        else:
            self.headers = []

    # ------------------------------------------------------------ inside

    def _note_error(self, reason: str) -> None:
        self._keeps_alive = False
        if not self.is_complete and self._error is None:
            self._error = httpx.RemoteProtocolError(
                f"what the server sent is not HTTP/1.1: {reason}"
            )

    def _count_overhead(self, size: int) -> None:
        """Refuse heads, trailers and chunk extensions that never end."""
        self._overhead += size
        if self._overhead > MAX_OVERHEAD and self._error is None:
            part = "framing" if self.has_head else "headers"
            self._keeps_alive = False
            self._error = httpx.RemoteProtocolError(
                f"the server sent more than {MAX_OVERHEAD // 1024} KiB of {part}"
            )

    def _ends_at_eof(self) -> bool:
        """Return whether the head announced neither a length nor chunks."""
        for name, value in self.headers:
            lower = name.lower()
            if lower == b"content-length":
                return False
            if lower == b"transfer-encoding" and value.lower().rstrip().endswith(b"chunked"):
                return False
        return True
