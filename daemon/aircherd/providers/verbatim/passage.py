"""One request of an HTTP client on its way to providers, and what comes back of it.

The body is not decoded further than its top-level fields. `begin` is called for each call that is
answered: from then on the bytes of its reply are kept until `take` fetches them, as far as they end
with an event. So whatever is put between two pieces stands between two events.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from aircherd.errors import BadRequest, fail
from aircherd.providers.codec.reply_stream import ReplyStream
from aircherd.providers.replies.whole_reply import ReplyReader
from aircherd.providers.verbatim.body import (
    Span,
    read_fields,
    with_field,
    with_items,
    with_name,
    with_reply_model,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.verbatim import VerbatimHead, VerbatimRequest

Mask = Callable[[bytes], bytes]
"""Replaces keys by as many other characters."""

_EVENT_ENDS: Final = (b"\n\n", b"\r\n\r\n", b"\r\r")
_LINE_ENDS: Final = (b"\n",)
_GOOGLE: Final = "models/"


class Passage:
    """A client's request, and the bytes of the reply that is for it.

    `received` counts the bytes that came from providers so far, whatever is in them: it tells a
    provider that works from one that is gone. `fields` has the span of each top-level field.
    """

    __slots__ = (
        "_is_kept",
        "_kept",
        "_mask",
        "_model",
        "_reader",
        "_size",
        "fields",
        "head",
        "received",
        "request",
    )

    def __init__(self, request: VerbatimRequest) -> None:
        """Look at the body.

        Raises:
            BadRequest: it is no JSON object, or has a field twice.
        """
        self.request = request
        self.fields: dict[str, Span] = read_fields(request.body)
        self.received = 0
        self.head = VerbatimHead("")
        self._reader: _FirstForm | None = None
        self._mask: Mask = bytes
        self._is_kept = False
        self._kept: list[bytes] = []
        self._size = 0
        self._model: str | None = None

    # -------------------------------------------------------------- there

    def value(self, name: str) -> bytes | None:
        """Return the JSON of a top-level field, None if there is none."""
        span = self.fields.get(name)
        return None if span is None else self.request.body[span[0] : span[1]]

    def body_for(self, model: str, renamed: tuple[str, str] | None = None) -> bytes:
        """Return the body with the model's name at the provider; nothing else is changed.

        But for the name of a field that has another one there: `renamed` is both.

        Raises:
            ProviderFailed: BAD_REQUEST: what should name it has another form.
        """
        body = self.request.body
        if self.request.dialect != "gemini":
            name = msgspec.json.encode(model)
            if renamed is None:
                return with_field(body, self.fields, "model", name)
            body = with_name(body, self.fields, *renamed)
            return with_field(body, read_fields(body), "model", name)
        # The path names it there, and sometimes the body as well.
        name = msgspec.json.encode(_GOOGLE + model.removeprefix(_GOOGLE))
        try:
            return _with_google_name(body, name)
        except BadRequest as error:
            fail(FailureClass.BAD_REQUEST, error.message)

    # -------------------------------------------------------------- and back

    def begin(
        self, reader: ReplyReader, head: VerbatimHead, *, stream: bool, mask: Mask = bytes
    ) -> ReplyReader:
        """Begin a reply that `reader` reads; return what has to read it instead.

        `mask` replaces keys in the bytes for the client, should a server repeat them.
        """
        self.begin_translated()
        self._mask = mask
        if self.request.only_translated:
            return reader
        self.head, self._is_kept = head, stream
        self._model = self.request.reply_model
        self._reader = _FirstForm(reader)
        return self._reader

    def begin_translated(self) -> None:
        """Begin a reply that is translated: its bytes are not kept."""
        self.received += 1
        self._reader, self._is_kept = None, False
        self._kept.clear()
        self._size = 0

    def note(self, data: bytes) -> None:
        """Note bytes of the reply that were received."""
        self.received += len(data)
        if self._is_kept:
            self._kept.append(data)
            self._size += len(data)

    @property
    def size(self) -> int:
        """The number of bytes that are kept."""
        return self._size

    def passes_on(self, *, stream: bool) -> bool:
        """Return whether the reply has the form that was asked for: then its bytes are passed on.

        It is known once there are events. Servers that answer a stream with one object, or wrap
        their replies, have them translated.
        """
        reader = self._reader
        if reader is None:
            return False
        if stream:
            decoder = reader.stream
            return decoder is not None and decoder.is_framed_as_usual and not reader.has_tried
        return reader.whole is not None

    def take(self, *, whole: bool = False) -> bytes:
        """Return the kept bytes of a stream, up to the end of an event, or all of them."""
        data = self._kept[0] if len(self._kept) == 1 else b"".join(self._kept)
        self._kept.clear()
        end = len(data) if whole else self._last_end(data)
        self._size = len(data) - end
        if self._size:
            self._kept.append(data[end:])
            data = data[:end]
        if self._model is not None and data:
            data, self._model = with_reply_model(data, self._model), None
        return self._mask(data) if data else data

    def take_whole(self) -> bytes:
        """Return the body of a reply in one piece."""
        assert self._reader is not None
        body, self._reader.whole = self._reader.whole, None
        return self._mask(body or b"")

    def _last_end(self, data: bytes) -> int:
        if data.endswith(b"\n\n"):  # as nearly all do
            return len(data)
        marks = _LINE_ENDS if self.request.dialect == "ollama" else _EVENT_ENDS
        return max(at + len(mark) if (at := data.rfind(mark)) >= 0 else 0 for mark in marks)

    def __repr__(self) -> str:
        return f"<Passage of {self.request.dialect}, {self.received} bytes received>"


class _FirstForm:
    """A `ReplyReader` that notes what the reply turned out to be.

    `stream` decodes it, if it streams; `has_tried` is whether it was read in one piece instead, and
    `whole` is its body, if that was read as it came.
    """

    def __init__(self, reader: ReplyReader) -> None:
        self._reader = reader
        self.has_tried = False
        self.stream: ReplyStream | None = None
        self.whole: bytes | None = None

    def reply_decoder(self) -> ReplyStream:
        self.stream = self._reader.reply_decoder()
        return self.stream

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        is_first, self.has_tried = not self.has_tried, True
        events = self._reader.read_reply(body)
        if is_first:
            self.whole = body
        return events

    def __repr__(self) -> str:
        return f"<FirstForm of {self._reader!r}>"


def _with_google_name(body: bytes, name: bytes) -> bytes:
    """Return a body of Google's with the model's name wherever it names one."""
    fields = read_fields(body)
    for holder, change in _GOOGLE_HOLDERS.items():
        if span := fields.get(holder):
            body = with_field(body, fields, holder, change(body[span[0] : span[1]], name))
            fields = read_fields(body)
    return with_field(body, fields, "model", name) if "model" in fields else body


def _in_each(value: bytes, name: bytes) -> bytes:
    return with_items(value, lambda item: _with_google_name(item, name))


_GOOGLE_HOLDERS: Final[dict[str, Callable[[bytes, bytes], bytes]]] = {
    "requests": _in_each,
    "generateContentRequest": _with_google_name,
    "generate_content_request": _with_google_name,
}
"""Fields with a request inside, of embeddings and of counts -> how the name is changed there."""
