"""Reads a reply that is there as a whole, even if it was sent in another format than expected."""

from collections.abc import Callable
from typing import Protocol

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.adapter import ReplyDecoder
from aircherd.providers.codec.json_values import JsonSplitter
from aircherd.providers.codec.ndjson import NdjsonError
from aircherd.providers.codec.reply_stream import ReplyStream
from aircherd.providers.codec.sse import SseEvent
from aircherd.providers.codec.value_count import TooManyValues, check_values
from aircherd.providers.replies.embedded_error import embedded_error
from aircherd.providers.replies.wrapped_reply import unwrapped
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, ReplyEvent

MAX_REPLY = 16 * 1024 * 1024
"""Bytes of a reply in one piece: room for a picture, and what is decoded of it takes more."""

MAX_SPLIT = 1024 * 1024
"""Bytes of a reply that is split into values after it could not be read as one."""


class ReplyReader(Protocol):
    """The part of an `Adapter` that reads replies."""

    def reply_decoder(self) -> ReplyStream:
        """Return a decoder for one streamed reply."""

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that came in one piece."""


def read_json_reply(reader: ReplyReader, body: bytes) -> list[ReplyEvent]:
    """Return the events of a body that begins like JSON: a reply, an error, or several pieces.

    Raises:
        ProviderFailed: it holds an error, or is no reply of the API.
    """
    try:
        check_values(body)
    except TooManyValues as error:
        fail(FailureClass.PROTOCOL, f"sent {error}")
    try:
        return reader.read_reply(body)
    except ProviderFailed as error:
        if error.failure.kind is not FailureClass.PROTOCOL:
            raise
        if found := embedded_error(body):
            raise found from None
        splitter = JsonSplitter(MAX_SPLIT)
        values = _split(splitter, body)
        if len(values) + splitter.has_rest < 2:
            if (inner := _only_reply(values, body)) is None:
                raise
            return reader.read_reply(inner)
    decoder = reader.reply_decoder()
    decoder.use_framing(splitter)
    return read_to_end(decoder, decoder.feed_events(values))


def _only_reply(values: list[SseEvent], body: bytes) -> bytes | None:
    """Return the reply that stands in a list, among other text, or in an object of a gateway."""
    body = body.strip()
    if is_cut_list(body):
        return None
    if len(values) == 1 and values[0][1] != body:
        return values[0][1]
    return unwrapped(body) if len(body) <= MAX_SPLIT else None


def is_cut_list(body: bytes) -> bool:
    """Return whether a body begins a list and does not end it."""
    return body[:1] == b"[" and body[-1:] != b"]"


def _split(splitter: JsonSplitter, body: bytes) -> list[SseEvent]:
    try:
        return splitter.feed(body) if len(body) <= MAX_SPLIT else []
    except NdjsonError:
        return []


def read_to_end(decoder: ReplyDecoder, events: list[ReplyEvent]) -> list[ReplyEvent]:
    """Return `events` and those that follow at the end of the body.

    Raises:
        ProviderFailed: the reply is an error, or incomplete.
    """
    while not (events and type(events[-1]) is Ending) and (more := decoder.close()):
        events += more
    return events


class OneReply:
    """A `ReplyDecoder` for a reply that comes in one piece: `read` gets it when it is complete."""

    def __init__(
        self, read: Callable[[bytes], list[ReplyEvent]], max_reply: int | None = None
    ) -> None:
        """`max_reply` is in bytes, None for the usual maximum."""
        self._read = read
        self._max_reply = max_reply or MAX_REPLY
        self.progress_count = 0
        self._body = bytearray()  # grows in place: pieces of many replies would fragment the heap
        self._is_read = False

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Keep `data`; see `ReplyDecoder`."""
        self.progress_count += 1
        if len(self._body) + len(data) > self._max_reply:
            fail(FailureClass.PROTOCOL, f"sent a reply of more than {self._max_reply} bytes")
        self._body += data
        return []

    def close(self) -> list[ReplyEvent]:
        """Read the reply; see `ReplyDecoder`."""
        if self._is_read:
            return []
        body = bytes(self._body)
        self._body.clear()
        self._is_read = True
        return self._read(body)

    def __repr__(self) -> str:
        return f"<OneReply {len(self._body)} bytes>"
