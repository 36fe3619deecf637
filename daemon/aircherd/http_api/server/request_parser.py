"""Parsing HTTP/1.1 requests without I/O: bytes in, requests out.

httptools (llhttp) parses, strictly: it refuses a length together with chunks, two lengths, bare
line feeds, folded headers and NUL. What it leaves to its user is bounded here: the size of the
head, the number of headers, one Host, chunks as the only transfer coding.

    parser.feed(data)        -> `ready` has the requests that are complete, or refused
    parser.refuse(refusal)   -> the request that is coming in is refused

After a refusal that closes nothing more is parsed: what follows cannot be trusted to begin a
request. After any other, the rest of the request is dropped as it comes.
"""

from collections import deque
from collections.abc import Callable

import httptools

from aircherd.http_api.server.body import too_large
from aircherd.http_api.server.bounds import (
    MAX_BODY,
    MAX_HEAD,
    MAX_HEADERS,
    MAX_PIPELINED,
    MAX_TARGET,
)
from aircherd.http_api.server.incoming_request import IncomingRequest
from aircherd.http_api.server.refusal import Refusal

_TLS_HANDSHAKE = 0x16
_USUAL = (
    "Host", "Accept", "Accept-Encoding", "Accept-Language", "Anthropic-Beta", "Anthropic-Version",
    "Authorization", "Connection", "Content-Length", "Content-Type", "User-Agent", "X-Api-Key",
)  # fmt: skip
_NAMES = {form.encode(): name.lower() for name in _USUAL for form in (name, name.lower())}
"""Names that come with most requests, as most clients write them."""


class RequestParser:
    """The requests of one connection. `on_head` decides about a request whose head is complete.

    It sets `body`, or raises a `Refusal`. `is_over` is set once nothing more is parsed. `current`
    is the request that is coming in, None between two.
    """

    def __init__(self, on_head: Callable[[IncomingRequest], None]) -> None:
        self.ready: deque[IncomingRequest] = deque()
        self.current: IncomingRequest | None = None
        self.is_over = False
        self._on_head = on_head
        self._crash: Exception | None = None
        self._overhead = 0
        self._has_hosts = False
        self._repeated = 0
        self._has_head = False
        self._size = 0
        self._is_resuming = False
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._feed = self._parser.feed_data

    def feed(self, data: bytes) -> None:
        """Take what one read brought."""
        if self.is_over:
            return
        if self.current is None:
            self._overhead = 0
            if data[0] == _TLS_HANDSHAKE:
                self.refuse(Refusal(400, "this is http, not https: use a URL with http://"))
                return
        self._overhead += len(data)
        rest = data
        while rest:
            try:
                self._feed(rest)
            except httptools.HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
                self._begin()
                if self.current is not None:
                    self._resume(self.current)
                if not self.is_over:
                    continue
            except httptools.HttpParserError as error:
                self._note_error(error)
            break
        if self._crash is not None:
            raise self._crash
        if self.current is not None and self._overhead > MAX_HEAD and not self.is_over:
            self.refuse(self._overhead_refusal())

    def _resume(self, request: IncomingRequest) -> None:
        """Let another parser read the body of a request that asked for another protocol.

        The wish is ignored, as HTTP allows, but httptools takes what follows its head for that
        protocol. The new one gets the body only.
        """
        self._is_resuming = True
        coding = request.headers.get("transfer-encoding")
        length = request.headers.get("content-length")
        framing = f"content-length: {length}" if coding is None else "transfer-encoding: chunked"
        self._feed(f"POST / HTTP/1.1\r\nhost: x\r\n{framing}\r\n\r\n".encode())
        self._is_resuming = False

    def refuse(self, refusal: Refusal) -> None:
        """Refuse the request that is coming in; the connection ends with it."""
        request, self.current = self.current or IncomingRequest(), None
        request.close()
        request.refusal = refusal
        request.keeps_alive = False
        self.is_over = True
        self.ready.append(request)

    def close(self) -> None:
        """Drop all requests, and give back what they hold."""
        if self.current is not None:
            self.ready.append(self.current)
        for request in self.ready:
            request.close()
        self.ready.clear()
        self.current, self.is_over = None, True

    # ------------------------------------------------------------ called by httptools

    def on_message_begin(self) -> None:
        """Start a request."""
        if self.is_over or self._is_resuming:
            return
        if len(self.ready) >= MAX_PIPELINED:
            # The last one says that the connection ends with it: the client sends the rest again.
            self.ready[-1].keeps_alive = False
            self.is_over = True
            return
        self.current = IncomingRequest()
        self._repeated = self._size = 0
        self._has_hosts = False
        self._has_head = False

    def on_url(self, data: bytes) -> None:
        """Collect the target, which may come in pieces."""
        if not self.is_over and self.current is not None and not self._has_head:
            self.current.target += data
            if len(self.current.target) > MAX_TARGET:
                self.refuse(Refusal(414, f"the path has more than {MAX_TARGET} bytes"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; trailers are dropped."""
        request = self.current
        if request is None or self._has_head:
            return
        self._size += len(name) + len(value)
        key = _NAMES.get(name) or name.decode("latin-1").lower()
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        headers = request.headers
        if key in headers:
            self._add_again(headers, key, text)
        else:
            headers[key] = text
        if not text.isprintable() and not text.replace("\t", " ").isprintable():
            self.refuse(Refusal(400, f"header {key!r}: has control characters"))
        elif len(headers) + self._repeated > MAX_HEADERS:
            self.refuse(Refusal(431, f"the request has more than {MAX_HEADERS} headers"))

    def _add_again(self, headers: dict[str, str], key: str, text: str) -> None:
        self._repeated += 1
        if key == "host":
            self._has_hosts = True
        if self._repeated <= MAX_HEADERS:
            headers[key] = f"{headers[key]}, {text}"

    def on_headers_complete(self) -> None:
        """Check the head, and let the connection decide about it."""
        request = self.current
        if self.is_over or request is None or self._has_head:
            return
        self._has_head = True
        parser = self._parser
        request.method = parser.get_method().decode("latin-1")
        version = parser.get_http_version()
        request.is_http10 = version == "1.0"
        request.keeps_alive = parser.should_keep_alive()
        request.wants_upgrade = parser.should_upgrade()
        try:
            self._check(request, version)
            self._on_head(request)
        except Refusal as refusal:
            if refusal.closes or request.expects_continue:
                self.refuse(refusal)
            else:
                request.refusal = refusal
        except Exception as error:  # noqa: BLE001 -- httptools would hide it; `feed` raises it
            self._crash, self.is_over = error, True
        self._overhead = 0

    def on_body(self, data: bytes) -> None:
        """Collect a piece of the body."""
        request = self.current
        if self.is_over or request is None:
            return
        self._overhead = 0
        if request.body is None:
            return
        try:
            request.body.add(data)
        except Refusal as refusal:
            self.refuse(refusal)

    def on_message_complete(self) -> None:
        """Hand the request on."""
        request = self.current
        if self.is_over or request is None:
            return
        if request.wants_upgrade and not self._is_resuming and _has_body(request):
            request.wants_upgrade = False
            return  # `feed` sees to its body
        self.current = None
        if request.body is not None:
            request.body.note_complete()
        if not request.keeps_alive:
            self.is_over = True
        self.ready.append(request)
        self._overhead = 0

    # ------------------------------------------------------------ inside

    def _check(self, request: IncomingRequest, version: str) -> None:
        headers = request.headers
        if self._size > MAX_HEAD:
            raise self._overhead_refusal()
        if version not in ("1.1", "1.0"):
            raise Refusal(505, f"HTTP/{version} is not spoken here: use HTTP/1.1")
        if self._has_hosts:
            raise Refusal(400, "the request has more than one Host", closes=True)
        if "host" not in headers and version == "1.1":
            raise Refusal(400, "the request has no Host", closes=True)
        if (coding := headers.get("transfer-encoding")) is not None:
            if version == "1.0" or coding.lower() != "chunked":
                message = "the only transfer coding is chunked, with HTTP/1.1"
                raise Refusal(501, message, closes=True)
        elif (length := headers.get("content-length")) is not None and int(length) > MAX_BODY:
            raise too_large()
        expected = headers.get("expect")
        if expected is not None and version == "1.1":
            if expected.lower() != "100-continue":
                message = "the only expectation that can be met is 100-continue"
                raise Refusal(417, message, closes=True)
            request.expects_continue = True

    def _note_error(self, error: httptools.HttpParserError) -> None:
        if not self.is_over:
            reason = str(error.args[0] if error.args else error)
            self.refuse(Refusal(400, f"this is not HTTP/1.1: {reason}"))

    def _overhead_refusal(self) -> Refusal:
        is_head = not self._has_head or self._size > MAX_HEAD
        part, status = ("headers", 431) if is_head else ("chunk framing", 400)
        message = f"the request has more than {MAX_HEAD} bytes of {part}"
        return Refusal(status, message, closes=True)

    def __repr__(self) -> str:
        return f"<RequestParser {len(self.ready)} ready, {'over' if self.is_over else 'open'}>"


def _has_body(request: IncomingRequest) -> bool:
    headers = request.headers
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
