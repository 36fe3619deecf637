"""Read replies of the Anthropic Messages API, streamed or whole.

Only containers are typed; a value of an unexpected type is handled where it is read and never fails
the decoding.
"""

import msgspec

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.anthropic.thinking import redacted_reasoning
from aircherd.providers.anthropic.usage import AnthropicUsage, read_usage
from aircherd.providers.codec.finish import has_reason, read_finish
from aircherd.providers.codec.json_in import as_text, decode_with
from aircherd.providers.codec.reply_stream import ReplyStream, new_call_id
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)


class _Block(msgspec.Struct, gc=False):
    type: object = None
    text: object = None
    thinking: object = None
    signature: object = None
    data: object = None
    id: object = None
    name: object = None
    input: object = None


class _Delta(msgspec.Struct, gc=False):
    type: object = None
    text: object = None
    thinking: object = None
    signature: object = None
    partial_json: object = None
    stop_reason: object = None


class _Message(msgspec.Struct, gc=False):
    content: list[_Block] | None = None
    model: object = None
    stop_reason: object = None
    usage: AnthropicUsage | None = None
    error: object = None


class _Event(msgspec.Struct, gc=False):
    """All events in one struct, so that one decoder serves them all."""

    type: object = None
    index: object = None
    delta: _Delta | None = None
    content_block: _Block | None = None
    message: _Message | None = None
    usage: AnthropicUsage | None = None
    error: object = None


_EVENT = msgspec.json.Decoder(_Event)
_MESSAGE = msgspec.json.Decoder(_Message)
_NO_USAGE = AnthropicUsage()


class AnthropicStream(ReplyStream):
    """Decodes one streamed reply. The `type` in an event's data counts, not its SSE name."""

    def __init__(self) -> None:
        super().__init__()
        self._usage: AnthropicUsage | None = None
        self._model: object = None
        self._stop_reason: object = None
        self._calls: dict[object, _Call] = {}  # by block index

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if not data:
            return
        event = decode_with(_EVENT, data, "an event")
        kind = event.type
        if kind == "content_block_delta":
            self._on_delta(event, out)
        elif kind == "content_block_start":
            self._on_block_start(event, out)
        elif kind == "content_block_stop":
            self._on_block_stop(event, out)
        elif kind == "message_start":
            self._on_message_start(event, out)
        elif kind == "message_delta":
            self._on_message_delta(event, out)
        elif kind == "message_stop":
            self._finish(self._ending(), out)
        elif kind == "error" or event.error:
            raise ProviderFailed(classify_error(event.error))
        # Other events are `ping`, or unknown.
        if event.delta or event.content_block or event.message:
            self.progress_count += 1

    def _end(self) -> Ending | None:
        # A stop reason completes the reply; `message_stop` only closes the stream.
        return self._ending() if self._stop_reason is not None else None

    def _on_delta(self, event: _Event, out: list[ReplyEvent]) -> None:
        delta = event.delta
        if delta is None:
            return
        if delta.type == "text_delta":
            if text := as_text(delta.text):
                out.append(TextDelta(text))
        elif delta.type in ("thinking_delta", "signature_delta"):
            _add_reasoning(delta, out)
        elif delta.type == "input_json_delta":
            call = self._calls.get(_index(event))
            # Server tools stream their input too, but their blocks are not in `_calls`.
            if call and (fragment := as_text(delta.partial_json)):
                call.input = None
                out.append(ToolCallDelta(index=call.number, arguments=fragment))

    def _on_block_start(self, event: _Event, out: list[ReplyEvent]) -> None:
        block = event.content_block
        if block is None:
            return
        if block.type == "tool_use":
            call = _Call(len(self._calls), block.input)
            self._calls[_index(event)] = call
            out.append(_call_event(block, call.number))
        else:
            _add_block(block, out)

    def _on_block_stop(self, event: _Event, out: list[ReplyEvent]) -> None:
        call = self._calls.get(_index(event))
        # Compatible servers may send the whole input at the start, without fragments.
        if call and (whole := _whole_input(call.input)):
            call.input = None
            out.append(ToolCallDelta(index=call.number, arguments=whole))

    def _on_message_start(self, event: _Event, out: list[ReplyEvent]) -> None:
        if event.message:
            self._model = event.message.model
            self._add_usage(event.message.usage, out)

    def _on_message_delta(self, event: _Event, out: list[ReplyEvent]) -> None:
        if event.delta and has_reason(event.delta.stop_reason):
            self._stop_reason = event.delta.stop_reason
        self._add_usage(event.usage, out)

    def _add_usage(self, usage: AnthropicUsage | None, out: list[ReplyEvent]) -> None:
        # Counts are cumulative, and later ones may revise the input: keep the latest of each field.
        if usage and usage != _NO_USAGE:
            self._usage = self._usage or AnthropicUsage()
            self._usage.update(usage)
            if (counts := read_usage(self._usage)) is not None:
                out.append(UsageDelta(counts))

    def _ending(self) -> Ending:
        return _ending(self._stop_reason, self._usage, self._model)


class _Call:
    __slots__ = ("input", "number")

    def __init__(self, number: int, whole: object) -> None:
        self.number = number
        self.input = whole


def _index(event: _Event) -> object:
    return event.index if isinstance(event.index, int) else None


def _add_block(block: _Block, out: list[ReplyEvent]) -> None:
    """Add the content that a block starts with, except calls; mostly none in a stream."""
    if block.type == "text" and (text := as_text(block.text)):
        out.append(TextDelta(text))
    elif block.type == "thinking":
        _add_reasoning(block, out)
    elif block.type == "redacted_thinking" and (data := as_text(block.data)):
        out.append(redacted_reasoning(data))


def _add_reasoning(piece: _Block | _Delta, out: list[ReplyEvent]) -> None:
    text, signature = as_text(piece.thinking), as_text(piece.signature) or None
    if text or signature:
        out.append(ReasoningDelta(text, signature))


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
    if reply.error:  # {} and "" are none
        raise ProviderFailed(classify_error(reply.error))
    if reply.content is None:
        fail(
            FailureClass.PROTOCOL,
            "sent a reply without content: check base_url and kind",
        )
    return [*_content_events(reply.content), _ending(reply.stop_reason, reply.usage, reply.model)]


def _content_events(content: list[_Block]) -> list[ReplyEvent]:
    events: list[ReplyEvent] = []
    number = 0
    for block in content:
        if block.type == "tool_use":
            events.append(_call_event(block, number, _whole_input(block.input)))
            number += 1
        else:
            _add_block(block, events)
    return events


def _ending(stop_reason: object, usage: AnthropicUsage | None, model: object) -> Ending:
    return Ending(
        finish=read_finish(stop_reason) or "stop",
        usage=read_usage(usage) if usage else None,
        model=as_text(model) or None,
    )
