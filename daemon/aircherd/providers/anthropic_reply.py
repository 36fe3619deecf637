"""Reading replies of the Anthropic messages API, streamed or whole.

Only containers are typed; a leaf of a surprising type is looked at, never a reason to fail. Counts
are not even decoded before they are known to be small.
"""

import msgspec

from aircherd.errors import ProviderFailed
from aircherd.providers.adapter import (
    MAX_COUNT,
    as_text,
    branch,
    count_of,
    decode_with,
    fail,
    new_call_id,
)
from aircherd.providers.classify import classify_error
from aircherd.providers.reply_stream import ReplyStream
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import (
    Ending,
    Finish,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)


class _Block(msgspec.Struct, gc=False):
    type: object = None
    text: object = None
    id: object = None
    name: object = None
    input: object = None


class _Delta(msgspec.Struct, gc=False):
    type: object = None
    text: object = None
    partial_json: object = None
    stop_reason: object = None


MAX_FIELD = 1024
"""Bytes of one field of the counts that are kept for later ones."""


class AnthropicUsage(msgspec.Struct, gc=False):
    """The counts as this API sends them."""

    input_tokens: msgspec.Raw = msgspec.Raw()
    output_tokens: msgspec.Raw = msgspec.Raw()
    cache_read_input_tokens: msgspec.Raw = msgspec.Raw()
    cache_creation_input_tokens: msgspec.Raw = msgspec.Raw()
    output_tokens_details: msgspec.Raw = msgspec.Raw()

    def update(self, later: "AnthropicUsage") -> None:
        """Take over every count that `later` has."""
        for name in self.__struct_fields__:
            # A copy: a piece of the buffer would hold all of it.
            text = bytes(getattr(later, name))
            if text and text != b"null" and len(text) <= MAX_FIELD:
                setattr(self, name, msgspec.Raw(text))


class _Details(msgspec.Struct, gc=False):
    thinking_tokens: msgspec.Raw = msgspec.Raw()


class _Message(msgspec.Struct, gc=False):
    content: list[_Block] | None = None
    model: object = None
    stop_reason: object = None
    usage: AnthropicUsage | None = None
    error: object = None


class _Event(msgspec.Struct, gc=False):
    """All events in one struct: one decoder, made once."""

    type: object = None
    index: object = None
    delta: _Delta | None = None
    content_block: _Block | None = None
    message: _Message | None = None
    usage: AnthropicUsage | None = None
    error: object = None


_EVENT = msgspec.json.Decoder(_Event)
_MESSAGE = msgspec.json.Decoder(_Message)
_DETAILS = msgspec.json.Decoder(_Details)
_NO_DETAILS = _Details()
_NO_USAGE = AnthropicUsage()

FINISHES: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",  # only server tools pause, and nobody asks for these yet
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class AnthropicStream(ReplyStream):
    """Decodes one streamed reply. Events go by the `type` in their data, not by their SSE name."""

    def __init__(self) -> None:
        super().__init__()
        self._usage: AnthropicUsage | None = None
        self._model: object = None
        self._stop_reason: object = None
        self._calls: dict[object, _Call] = {}  # by the index of their block

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if not data:
            return
        event = decode_with(_EVENT, data, "an event")
        kind = event.type
        if kind == "content_block_delta":
            self._on_delta(event, out)
        elif kind == "content_block_start":
            self._on_block(event, out)
        elif kind == "content_block_stop":
            self._on_block_stop(event, out)
        elif kind == "message_start":
            self._on_start(event, out)
        elif kind == "message_delta":
            self._on_message_delta(event, out)
        elif kind == "message_stop":
            self._finish(self._ending(), out)
        elif kind == "error" or event.error is not None:
            raise ProviderFailed(classify_error(event.error))
        # Anything else is `ping`, or newer than we are.
        if event.delta or event.content_block or event.message:
            self.hidden += 1

    def _end(self) -> Ending | None:
        # The reason to stop is the last word; `message_stop` only closes the stream.
        return self._ending() if self._stop_reason is not None else None

    def _on_delta(self, event: _Event, out: list[ReplyEvent]) -> None:
        delta = event.delta
        if delta is None:
            return
        if delta.type == "text_delta":
            if text := as_text(delta.text):
                out.append(TextDelta(text))
        elif delta.type == "input_json_delta":
            call = self._calls.get(_index(event))
            # Server tools stream their input too: their blocks are not ours.
            if call and (fragment := as_text(delta.partial_json)):
                call.input = None
                out.append(ToolCallDelta(index=call.number, arguments=fragment))

    def _on_block(self, event: _Event, out: list[ReplyEvent]) -> None:
        block = event.content_block
        if block is None:
            return
        if block.type == "tool_use":
            call = _Call(len(self._calls), block.input)
            self._calls[_index(event)] = call
            out.append(_call_event(block, call.number))
        elif block.type == "text" and (text := as_text(block.text)):
            out.append(TextDelta(text))

    def _on_block_stop(self, event: _Event, out: list[ReplyEvent]) -> None:
        call = self._calls.get(_index(event))
        # Compatible servers may give the whole input at the start, and no fragments.
        if call and (whole := _whole_input(call.input)):
            call.input = None
            out.append(ToolCallDelta(index=call.number, arguments=whole))

    def _on_start(self, event: _Event, out: list[ReplyEvent]) -> None:
        if event.message:
            self._model = event.message.model
            self._count(event.message.usage, out)

    def _on_message_delta(self, event: _Event, out: list[ReplyEvent]) -> None:
        if event.delta and event.delta.stop_reason is not None:
            self._stop_reason = event.delta.stop_reason
        self._count(event.usage, out)

    def _count(self, usage: AnthropicUsage | None, out: list[ReplyEvent]) -> None:
        # Counts are cumulative, and later ones may revise the input's: the latest of each field.
        if usage and usage != _NO_USAGE:
            self._usage = self._usage or AnthropicUsage()
            self._usage.update(usage)
            out.append(UsageDelta(read_usage(self._usage)))

    def _ending(self) -> Ending:
        return _ending(self._stop_reason, self._usage, self._model)


class _Call:
    __slots__ = ("input", "number")

    def __init__(self, number: int, whole: object) -> None:
        self.number = number
        self.input = whole


def _index(event: _Event) -> object:
    return event.index if isinstance(event.index, int) else None


def _call_event(block: _Block, number: int, arguments: str = "") -> ToolCallDelta:
    return ToolCallDelta(
        index=number,
        call_id=as_text(block.id) or new_call_id(),
        name=as_text(block.name) or None,
        arguments=arguments,
    )


def _whole_input(value: object) -> str:
    return msgspec.json.encode(value).decode() if value and isinstance(value, dict) else ""


def read_whole(body: bytes) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    reply = decode_with(_MESSAGE, body, "a reply")
    if reply.error is not None:
        raise ProviderFailed(classify_error(reply.error))
    if reply.content is None:
        fail(FailureClass.PROTOCOL, "sent a reply that is not of its API: it has no content")
    return [*_content_events(reply.content), _ending(reply.stop_reason, reply.usage, reply.model)]


def _content_events(content: list[_Block]) -> list[ReplyEvent]:
    events: list[ReplyEvent] = []
    number = 0
    for block in content:
        if block.type == "text" and (text := as_text(block.text)):
            events.append(TextDelta(text))
        elif block.type == "tool_use":
            events.append(_call_event(block, number, _whole_input(block.input)))
            number += 1
    return events


def _ending(stop_reason: object, usage: AnthropicUsage | None, model: object) -> Ending:
    reason = as_text(stop_reason)
    return Ending(
        finish=FINISHES.get(reason, "stop"),
        usage=read_usage(usage) if usage and usage != _NO_USAGE else None,
        model=as_text(model) or None,
    )


def read_usage(usage: AnthropicUsage) -> Usage:
    """Normalise the counts: this API counts what was cached apart from the input."""
    cached = count_of(usage.cache_read_input_tokens)
    written = count_of(usage.cache_creation_input_tokens)
    details = branch(_DETAILS, usage.output_tokens_details) or _NO_DETAILS
    return Usage(
        input_tokens=min(count_of(usage.input_tokens) + cached + written, MAX_COUNT),
        output_tokens=count_of(usage.output_tokens),
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=count_of(details.thinking_tokens),
    )


class _Listed(msgspec.Struct, gc=False):
    id: str


class _List(msgspec.Struct, gc=False):
    data: list[_Listed]


_LIST = msgspec.json.Decoder(_List)


def read_models(body: bytes) -> list[Model]:
    """Return what a list of models says; see `Adapter.read_models`."""
    return [Model(id=each.id) for each in decode_with(_LIST, body, "a list of models").data]
