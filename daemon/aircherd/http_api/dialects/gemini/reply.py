"""Writes translated replies, streamed and whole: each event of a stream is a whole reply's form.

Calls come whole in this API, so they are sent when the reply ends. What has no place in it is
carried in the signatures: see `signatures`.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.ids import new_id
from aircherd.http_api.dialects.common.writing import data_event, json_bytes
from aircherd.http_api.dialects.dialect import Answering, ChatRead
from aircherd.http_api.dialects.gemini.errors import error_body
from aircherd.http_api.dialects.gemini.parts_out import (
    Carried,
    call_part,
    mark_of,
    media_part,
    signature_of,
    text_part,
    thought_part,
)
from aircherd.http_api.dialects.gemini.request import Style
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.parts import (
    OtherPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
)
from aircherd.vocabulary.parts import (
    Part as OurPart,
)
from aircherd.vocabulary.parts import (
    seal as seal_other,
)
from aircherd.vocabulary.reply import (
    AboutDelta,
    AudioDelta,
    CitationDelta,
    ImageDelta,
    OtherDelta,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
)

FINISHES: Final = {
    "stop": "STOP",
    "tool_calls": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
    "refusal": "SAFETY",
    "pause": "OTHER",
}
_PAUSED: Final = "The provider made a pause: send the conversation back, and it goes on."

_ARGUMENTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MESSAGE: Final = list[OurPart]


class _Call:
    """A call whose pieces are still coming."""

    __slots__ = ("carried", "id", "name", "pieces", "signature")

    def __init__(self, carried: Carried) -> None:
        self.carried = carried
        self.id = ""
        self.name = ""
        self.pieces: list[str] = []
        self.signature: str | None = None

    def add(self, event: ToolCallDelta) -> None:
        """Add a piece."""
        self.id = event.call_id or self.id
        self.name = event.name or self.name
        self.signature = event.signature or self.signature
        if event.arguments:
            self.pieces.append(event.arguments)


class PartsWriter:
    """Turns the events of a reply into parts."""

    def __init__(self, *, shows_thoughts: bool) -> None:
        self.citations: list[Citation] = []
        self._shows_thoughts = shows_thoughts
        self._calls: dict[int, _Call] = {}
        self._carried = Carried()
        self._thought: list[str] = []
        self._is_thinking = False
        self._has_calls = False

    def add(self, events: Sequence[ReplyEvent], origin: str, parts: list[bytes]) -> None:
        """Append the parts that the events make."""
        texts: list[str] = []
        for event in events:
            if type(event) is TextDelta:
                if self._is_thinking or self._carried or event.signature is not None:
                    self._flush(texts, parts)
                    self._add_signed(event, origin, parts)
                elif event.text:
                    texts.append(event.text)
            else:
                self._flush(texts, parts)
                self._add_other(event, origin, parts)
        self._flush(texts, parts)

    def _flush(self, texts: list[str], parts: list[bytes]) -> None:
        if texts:
            parts.append(text_part("".join(texts)))
            texts.clear()

    def _add_signed(self, event: TextDelta, origin: str, parts: list[bytes]) -> None:
        """Add a text that something goes with; an empty one cannot carry it."""
        if event.text:
            signature = signature_of(origin, event.signature, self._take(origin))
            parts.append(text_part(event.text, signature))
        elif event.signature is not None:
            self._carried.said = event.signature

    def _add_other(self, event: ReplyEvent, origin: str, parts: list[bytes]) -> None:
        if isinstance(event, ReasoningDelta):
            self._think(event, origin)
            if event.text and self._shows_thoughts:
                parts.append(thought_part(event.text))
        elif isinstance(event, ToolCallDelta):
            call = self._calls.get(event.index)
            if call is None:
                call = self._calls[event.index] = _Call(self._take(origin))
            call.add(event)
        elif isinstance(event, CitationDelta):
            self.citations.append(event.citation)
        elif isinstance(event, ImageDelta | AudioDelta):
            signature = signature_of(origin, event.signature, self._take(origin))
            parts.append(media_part(event, signature))
        elif isinstance(event, OtherDelta) and not isinstance(event, AboutDelta):
            self._end_thought(origin, None)
            sealed = seal_other(event.kind, origin, event.data)
            self._carried.before.append(OtherPart(event.kind, origin, event.data, sealed))

    def _think(self, event: ReasoningDelta, origin: str) -> None:
        self._is_thinking = True
        self._thought.append(event.text)
        if event.signature is not None:
            self._end_thought(origin, event.signature)

    def _end_thought(self, origin: str, signature: str | None) -> None:
        if self._is_thinking:
            part = ReasoningPart("".join(self._thought), signature, origin)
            self._carried.before.append(part)
            self._thought.clear()
            self._is_thinking = False

    def _take(self, origin: str) -> Carried:
        """Return what came before a part and goes with it."""
        self._end_thought(origin, None)
        taken = self._carried
        self._carried = Carried()
        return taken

    def close(self, origin: str, parts: list[bytes]) -> None:
        """Append the calls. One that a limit cut off is left out: half a call must not be run."""
        for _, call in sorted(self._calls.items()):
            arguments = "".join(call.pieces)
            if _is_object(arguments):
                signature = signature_of(origin, call.signature, call.carried)
                if signature is None and not self._has_calls:
                    signature = mark_of(origin)
                self._has_calls = True
                parts.append(call_part(call.id, call.name, arguments, signature))
        self._calls.clear()


def _is_object(arguments: str) -> bool:
    if not arguments:
        return True  # no arguments
    try:
        _ARGUMENTS.decode(arguments.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False
    return True


# ------------------------------------------------------------------ streams


class GeminiStreamWriter:
    """Writes one translated stream: server-sent events, or the items of one JSON list."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._parts = PartsWriter(shows_thoughts=style.shows_thoughts)
        self._answering: Answering | None = None
        self._origin = ""
        self._tail = b""
        self._id = new_id("")
        self._has_begun = False

    def write(self, events: Sequence[ReplyEvent], answering: Answering) -> bytes:
        """Return one event with what the reply's events make; see `StreamWriter`."""
        if answering is not self._answering:
            self._begin(answering)
        parts: list[bytes] = []
        self._parts.add(events, self._origin, parts)
        return self._event(_candidate(parts)) if parts else b""

    def end(self, result: ChatResult) -> bytes:
        """Return the calls, the finish and the counts; see `StreamWriter`."""
        self._begin(Answering(result.provider, result.model))
        parts: list[bytes] = []
        self._parts.close(self._origin, parts)
        ending = finishing(result.finish, self._parts.citations)
        data = self._event(_candidate(parts, ending) + usage_field(result.usage))
        return data if self._style.is_sse else data + b"]"

    def fail(self, problem: Problem) -> bytes:
        """Return what ends the stream with an error; see `StreamWriter`."""
        _, body = error_body(problem)
        if not self._style.is_sse:
            return self._item(body) + b"]"
        # An event with an error passes the vendor's library for JavaScript unnoticed.
        return body if self._style.is_javascript else data_event(body)

    def _begin(self, answering: Answering) -> None:
        self._answering = answering
        self._origin = f"{answering.provider}/{answering.model}"
        self._tail = response_tail(answering.model, self._id)

    def _event(self, head: bytes) -> bytes:
        data = head + self._tail
        return data_event(data) if self._style.is_sse else self._item(data)

    def _item(self, data: bytes) -> bytes:
        before = b",\r\n" if self._has_begun else b"["
        self._has_begun = True
        return before + data


def _candidate(parts: list[bytes], ending: bytes = b"") -> bytes:
    """Return the beginning of a reply, without its last fields and the closing brace."""
    content = b'"content":{"parts":[%b],"role":"model"}' % b",".join(parts)
    return b'{"candidates":[{%b%b,"index":0}]' % (content, ending)


def response_tail(model: str, response_id: str) -> bytes:
    """Return the last fields of a reply, and its end."""
    return b',"modelVersion":%b,"responseId":%b}' % (json_bytes(model), json_bytes(response_id))


def finishing(finish: str, citations: list[Citation]) -> bytes:
    """Return the fields of a candidate that ends."""
    fields = b',"finishReason":"%b"' % FINISHES.get(finish, "OTHER").encode()
    if finish == "pause":
        fields += b',"finishMessage":%b' % json_bytes(_PAUSED)
    sources = {each.url: each.title for each in citations if each.url}
    if sources:
        chunks = [{"web": {"uri": url, "title": title or ""}} for url, title in sources.items()]
        fields += b',"groundingMetadata":%b' % json_bytes({"groundingChunks": chunks})
    return fields


def usage_field(usage: Usage | None) -> bytes:
    """Return the counts: Google counts thinking apart from the answer."""
    if usage is None:
        return b""
    counts = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": max(usage.output_tokens - usage.reasoning_tokens, 0),
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    if usage.cached_tokens:
        counts["cachedContentTokenCount"] = usage.cached_tokens
    if usage.reasoning_tokens:
        counts["thoughtsTokenCount"] = usage.reasoning_tokens
    return b',"usageMetadata":%b' % json_bytes(counts)


# ------------------------------------------------------------------ whole replies


def whole_reply(read: ChatRead, result: ChatResult) -> bytes:
    """Return a reply in one piece."""
    style = read.style
    assert isinstance(style, Style)
    origin = f"{result.provider}/{result.model}"
    message = msgspec.convert(result.message["content"], _MESSAGE)
    writer = PartsWriter(shows_thoughts=style.shows_thoughts)
    parts: list[bytes] = []
    for number, part in enumerate(message):
        writer.add(_events(part, number), origin, parts)
        writer.close(origin, parts)
    head = _candidate(parts, finishing(result.finish, writer.citations))
    return head + usage_field(result.usage) + response_tail(result.model, new_id(""))


def _events(part: OurPart, number: int) -> list[ReplyEvent]:
    """Return the events that a part would have come from."""
    if isinstance(part, TextPart):
        cited: list[ReplyEvent] = [CitationDelta(each) for each in part.citations]
        return [TextDelta(part.text, part.signature), *cited]
    if isinstance(part, ReasoningPart):
        return [ReasoningDelta(part.text, part.signature)]
    if isinstance(part, ToolCallPart):
        return [ToolCallDelta(number, part.id, part.name, part.arguments, part.signature)]
    if isinstance(part, OtherPart):
        return [OtherDelta(part.kind, part.data)]
    return _media_events(part)


def _media_events(part: OurPart) -> list[ReplyEvent]:
    from aircherd.vocabulary.content.media import AudioPart, ImagePart  # noqa: PLC0415 - rare

    if isinstance(part, ImagePart):
        return [ImageDelta(part.data, part.media_type, part.url, part.signature)]
    if isinstance(part, AudioPart):
        return [AudioDelta(part.data, part.media_type, part.transcript, part.signature)]
    return []  # a reply has no documents and no tool results
