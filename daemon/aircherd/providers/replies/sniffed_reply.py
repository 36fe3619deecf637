"""Chooses how to read a reply by its first bytes; what its headers say decides only in doubt.

Servers and proxies send streams under `application/json`, whole replies and errors under
`text/event-stream`, one object per line in place of events, and web pages under any name.

    {  [               one object: a whole reply, or an error; several: the pieces of a stream
    data: event: :     server-sent events
    <                  a web page
    UTF-16             any of these, when it is complete
    anything else      the format that the headers or the request name, else a text
"""

import re
from functools import partial
from typing import Final

from aircherd.errors import ProviderFailed
from aircherd.providers.adapter import ReplyDecoder
from aircherd.providers.codec.json_values import JsonSplitter
from aircherd.providers.codec.ndjson import NdjsonError
from aircherd.providers.codec.sse import SseDecoder, SseEvent
from aircherd.providers.error_mapping.classify import web_page
from aircherd.providers.replies.embedded_error import MAX_TEXT, text_error
from aircherd.providers.replies.whole_reply import (
    OneReply,
    ReplyReader,
    is_cut_list,
    read_json_reply,
    read_to_end,
)
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import ReplyEvent

_USUAL: Final = (b"data:", b"event:")
_STARTS: Final = (b"data", b"event", b"error", b"id", b"retry", b"\xef\xbb\xbf")
_BLANK: Final = re.compile(rb"(?:\xef\xbb\xbf|[\s\0\x1e])*+")
_SSE: Final = re.compile(rb"(?:data|event|error|id|retry)?[ \t]?:", re.IGNORECASE)
_UTF_16: Final = re.compile(rb"\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]", re.DOTALL)
_BEFORE_JSON: Final = (b")]}'", b"```", b"/*", b"//")
"""What servers put before JSON: against its inclusion as a script, as a quotation, or a comment."""
_LONGEST: Final = 8
"""Bytes that suffice to recognise any of the formats."""

_OPEN_LINE: Final = re.compile(rb"[{\[]\s*[\r\n]")
_MAX_BLANK: Final = 64 * 1024


class SniffedReply:
    """A `ReplyDecoder` that hands over to another one, `chosen`, once it has seen enough."""

    def __init__(self, reader: ReplyReader, *, is_labelled_stream: bool, may_stream: bool) -> None:
        """Prepare it.

        Args:
            reader: of the vendor.
            is_labelled_stream: whether the headers name a stream, or nothing but the request does.
            may_stream: whether pieces are expected to arrive over time: those of a list of JSON
                objects are then read one by one.
        """
        self._reader = reader
        self._is_labelled_stream = is_labelled_stream
        self._may_stream = may_stream
        self._start = b""
        self._progress_count = 0
        self._chosen: ReplyDecoder | None = None

    @property
    def progress_count(self) -> int:
        """See `ReplyDecoder`. Blank lines may precede a whole reply while the model works."""
        return self._progress_count + (self._chosen.progress_count if self._chosen else 0)

    def choose(self, data: bytes) -> ReplyDecoder:
        """Return the decoder for a body that begins with `data`: this one if that is not enough.

        Raises:
            ProviderFailed: it is a web page.
        """
        return self._choose(data, is_over=False) or self

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Choose, and return the events that `data` completes; see `ReplyDecoder`."""
        if self._chosen is None:
            data = self._start + data
            self._chosen = self._choose(data, is_over=len(data) > _MAX_BLANK)
            if self._chosen is None:
                self._start = data
                self._progress_count += not self._is_labelled_stream
                return []
        return self._chosen.feed(data)

    def close(self) -> list[ReplyEvent]:
        """Return the remaining events; see `ReplyDecoder`."""
        if self._chosen is None:
            self._chosen = self._choose(self._start, is_over=True)
            assert self._chosen is not None
            if events := self._chosen.feed(self._start):
                return events
        return self._chosen.close()

    def _choose(self, data: bytes, *, is_over: bool) -> ReplyDecoder | None:
        """Return the decoder for a body that begins with `data`, None to wait for more.

        Raises:
            ProviderFailed: it is a web page.
        """
        if data.startswith(_USUAL):
            return self._sse_decoder()
        blank = _BLANK.match(data)
        start = data[blank.end() if blank else 0 :][:_LONGEST]
        if not is_over and _needs_more(start):
            return None
        if _UTF_16.match(data):
            return OneReply(partial(_read_utf_16, self._reader))
        if start[:1] in (b"{", b"[") or start.startswith(_BEFORE_JSON):
            return self._json_decoder(data)
        if start[:1] == b"<":
            raise ProviderFailed(web_page(200))
        if _SSE.match(start):
            return self._sse_decoder()
        stream = self._reader.reply_decoder() if self._is_labelled_stream else None
        return _Foreign(stream or OneReply(_refuse))

    def _json_decoder(self, data: bytes) -> ReplyDecoder:
        if not self._is_labelled_stream and not self._may_stream:
            return OneReply(partial(read_json_reply, self._reader))
        decoder = self._reader.reply_decoder()
        is_usual = self._is_labelled_stream and decoder.reads_lines and not _OPEN_LINE.match(data)
        return decoder if is_usual else _JsonPieces(self._reader)

    def _sse_decoder(self) -> ReplyDecoder:
        decoder = self._reader.reply_decoder()
        if decoder.reads_lines:
            decoder.use_framing(SseDecoder())
        return decoder

    def __repr__(self) -> str:
        return f"<SniffedReply {self._chosen!r}>"


def _needs_more(start: bytes) -> bool:
    """Return whether `start` may begin several formats; after a bracket a line end tells them."""
    return start in (b"{", b"[") or any(each.startswith(start.lower()) for each in _STARTS)


class _JsonPieces:
    """A `ReplyDecoder` for JSON objects that are not framed: one is a whole reply."""

    def __init__(self, reader: ReplyReader) -> None:
        self._reader = reader
        self._splitter = JsonSplitter()
        self._first: list[SseEvent] = []
        self._decoder: ReplyDecoder | None = None
        self._is_read = False
        self._progress_count = 0
        self._ends = b""  # the first and the last byte

    @property
    def progress_count(self) -> int:
        return self._progress_count + (self._decoder.progress_count if self._decoder else 0)

    def feed(self, data: bytes) -> list[ReplyEvent]:
        if self._decoder is not None:
            return self._decoder.feed(data)
        self._progress_count += 1
        if stripped := data.strip():
            self._ends = (self._ends or stripped)[:1] + stripped[-1:]
        try:
            self._first += self._splitter.feed(data)
        except NdjsonError as error:
            failure = Failure(kind=FailureClass.PROTOCOL, message=f"sent {error}")
            raise ProviderFailed(failure) from None
        return self._begin() if len(self._first) > 1 else []

    def _begin(self) -> list[ReplyEvent]:
        decoder = self._decoder = self._reader.reply_decoder()
        decoder.use_framing(self._splitter)
        first, self._first = self._first, []
        return decoder.feed_events(first)

    def close(self) -> list[ReplyEvent]:
        if self._decoder is not None:
            return self._decoder.close()
        if self._is_read:
            return []
        if self._first and (self._splitter.has_rest or is_cut_list(self._ends)):
            # It is the first of several, and the others were cut off.
            return self._begin() or self.close()
        values = self._first or self._splitter.close() or [(b"", b"")]
        events = read_json_reply(self._reader, values[0][1])
        self._is_read = True
        return events

    def __repr__(self) -> str:
        return f"<JsonPieces {self._decoder or self._splitter}>"


class _Foreign:
    """A `ReplyDecoder` for a body that begins like nothing known; its text is the message."""

    def __init__(self, decoder: ReplyDecoder) -> None:
        self._decoder = decoder
        self._text = b""
        self._is_reply = False

    @property
    def progress_count(self) -> int:
        return self._decoder.progress_count

    def feed(self, data: bytes) -> list[ReplyEvent]:
        self._text += data[: MAX_TEXT - len(self._text)]
        events = self._decoder.feed(data)
        self._is_reply = self._is_reply or bool(events)
        return events

    def close(self) -> list[ReplyEvent]:
        try:
            return self._decoder.close()
        except ProviderFailed as error:
            if self._is_reply or error.failure.kind is not FailureClass.PROTOCOL:
                raise
            raise text_error(self._text) from None

    def __repr__(self) -> str:
        return f"<Foreign {self._decoder!r}>"


def _refuse(body: bytes) -> list[ReplyEvent]:
    raise text_error(body)


def _read_utf_16(reader: ReplyReader, body: bytes) -> list[ReplyEvent]:
    encoding = "utf-16"
    if body[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16-be" if body[:1] == b"\0" else "utf-16-le"
    text = body.decode(encoding, "replace").encode("utf-8", "replace")
    return read_body(reader, text.replace(b"\0", b""))


def read_body(reader: ReplyReader, body: bytes) -> list[ReplyEvent]:
    """Return the events of a whole body, in whatever format it is.

    Raises:
        ProviderFailed: it holds an error, or is no reply of the API.
    """
    if body[:1] == b"{" and body[1:2] != b"\0":
        return read_json_reply(reader, body)
    decoder = SniffedReply(reader, is_labelled_stream=False, may_stream=False)
    return read_to_end(decoder, decoder.feed(body))
