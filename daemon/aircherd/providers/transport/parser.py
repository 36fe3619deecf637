"""HTTP/1.1 without a socket: a request becomes bytes, bytes become a reply's head and body.

httptools (llhttp) does the parsing, strictly. What it leaves to its user is decided here: which
reply ends at the end of the connection, what a reply to HEAD is, how many bytes may pass that are
not body, and when a connection may carry another request.

    request_message(request)            -> the bytes to send; request_head(...): of their head only
    parser.expect(...) ; feed(data) ... -> body bytes; then `has_head`, `is_complete`, `can_reuse`
    parser.feed_eof()                   -> the end, where the peer closing is one
"""

import httptools
import httpx

MAX_OVERHEAD = 64 * 1024
"""Bytes a reply may take at one stretch without any body: its head, or chunk framing."""


def request_message(request: httpx.Request, body: bytes) -> bytes:
    """Return the whole request as it goes over the wire.

    Raises:
        httpx.LocalProtocolError: the head holds a line break or a NUL. The message does not repeat
            it, for it may stand in a key.
    """
    head = request_head(request.method, request.url.raw_path, request.headers.raw)
    if "transfer-encoding" in request.headers:
        body = _chunk(body) + b"0\r\n\r\n"
    return b"%b\r\n%b" % (head, body)


def request_head(method: str, path: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return the lines of a request's head, without the empty one that ends it.

    Raises:
        httpx.LocalProtocolError: as `request_message`.
    """
    lines = [b"%b %b HTTP/1.1\r\n" % (method.encode("ascii"), path)]
    lines += [b"%b: %b\r\n" % header for header in headers]
    head = b"".join(lines)
    # One line break for each line we made, and no more: nobody can smuggle a header in.
    if not head.count(b"\n") == head.count(b"\r") == len(lines) or b"\0" in head:
        raise httpx.LocalProtocolError("a header or the path holds a line break or a NUL")
    return head


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body) if body else b""


class ReplyParser:
    """The replies of one connection, one after the other.

    `status`, `reason` and `headers` hold once `has_head` is true. `is_complete` says that the
    reply is over (it is so before the first request too), `can_reuse` that the connection may then
    carry another. Interim replies (1xx) are skipped.
    """

    __slots__ = (
        "_body",
        "_error",
        "_is_head_request",
        "_keeps_alive",
        "_overhead",
        "_parser",
        "_received",
        "has_head",
        "headers",
        "is_complete",
        "reason",
        "status",
    )

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._keeps_alive = True
        self._body: list[bytes] = []
        self._error: httpx.RemoteProtocolError | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.expect(is_head_request=False)
        self.is_complete = True

    def __repr__(self) -> str:
        state = "complete" if self.is_complete else "body" if self.has_head else "head"
        return f"<ReplyParser {state} status={self.status} received={self._received}>"

    @property
    def can_reuse(self) -> bool:
        """Whether the reply is over and the connection is fit for another."""
        return self.is_complete and self._keeps_alive

    @property
    def has_bytes(self) -> bool:
        """Whether anything at all came back for this request."""
        return self._received > 0

    def expect(self, *, is_head_request: bool) -> None:
        """Begin the reply to a request that is about to be sent."""
        self._is_head_request = is_head_request
        self._body = []
        self._error = None
        self._overhead = 0
        self._received = 0
        self.is_complete = False
        self.has_head = False
        self.status = 0
        self.reason = b""
        self.headers = []

    def feed(self, data: bytes) -> bytes:
        """Take what one read brought; return the body bytes in it, b"" if there are none.

        Raises:
            httpx.RemoteProtocolError: this is not HTTP/1.1. Body bytes that came before the fault
                are returned first, and the error is raised by the next call.
        """
        self._raise_kept_error()
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._note_error(str(error))
        body = b"".join(self._body)
        self._body.clear()
        if not self.is_complete:
            self._count_overhead(len(data), body)
        if not body:
            self._raise_kept_error()
        return body

    def feed_eof(self) -> None:
        """Take the news that the peer closed.

        Raises:
            httpx.RemoteProtocolError: the reply is not whole.
        """
        self._raise_kept_error()
        self._keeps_alive = False
        if self.is_complete:
            return
        if not self.has_head:
            what = "within the head of its reply" if self._received else "without an answer"
            raise httpx.RemoteProtocolError(f"the server closed the connection {what}")
        if not self._ends_at_eof():
            raise httpx.RemoteProtocolError("the server closed the connection within its reply")
        self.is_complete = True

    # ------------------------------------------------------------ called by httptools

    def on_message_begin(self) -> None:
        """Start a reply; one nobody asked for makes the connection unfit."""
        if self.is_complete:
            self._keeps_alive = False

    def on_status(self, reason: bytes) -> None:
        """Collect the reason phrase, which may come in parts."""
        if not self.has_head:
            self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; trailers are dropped."""
        if not self.has_head:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Decide what the head means."""
        if self.is_complete:
            return
        self.status = self._parser.get_status_code()
        if self.status >= 200:
            self.has_head = True
            if self._is_head_request:
                # The parser believes that a body follows, so it cannot read another reply.
                self.is_complete, self._keeps_alive = True, False

    def on_body(self, data: bytes) -> None:
        """Collect body bytes."""
        if not self.is_complete:
            self._body.append(data)

    def on_message_complete(self) -> None:
        """End the reply, or drop an interim one and wait for the real one."""
        if self.is_complete:
            return
        if self.has_head:
            self.is_complete = True
            self._keeps_alive = self._keeps_alive and self._parser.should_keep_alive()
        elif self.status == 101:
            self._error = httpx.RemoteProtocolError("the server switched to another protocol")
        else:
            self.headers, self.reason = [], b""

    # ------------------------------------------------------------ inside

    def _raise_kept_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _note_error(self, reason: str) -> None:
        self._keeps_alive = False
        if not self.is_complete and self._error is None:
            self._error = httpx.RemoteProtocolError(
                f"what the server sent is not HTTP/1.1: {reason}"
            )

    def _count_overhead(self, size: int, body: bytes) -> None:
        """Refuse heads, trailers and chunk extensions that never end."""
        self._overhead = 0 if body else self._overhead + size
        if self._overhead > MAX_OVERHEAD and self._error is None:
            part = "framing" if self.has_head else "headers"
            self._keeps_alive = False
            self._error = httpx.RemoteProtocolError(
                f"the server sent more than {MAX_OVERHEAD // 1024} KiB of {part}"
            )

    def _ends_at_eof(self) -> bool:
        """Whether the head announced neither a length nor chunks."""
        for name, value in self.headers:
            lower = name.lower()
            if lower == b"content-length":
                return False
            if lower == b"transfer-encoding" and value.lower().rstrip().endswith(b"chunked"):
                return False
        return True
