"""A streamed reply of the Anthropic Messages API."""

import msgspec

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.anthropic.blocks.block import BLOCK_COST, Block, new_held
from aircherd.providers.anthropic.blocks.call import CallBlock
from aircherd.providers.anthropic.blocks.opening import open_block
from aircherd.providers.anthropic.blocks.other import OtherBlock
from aircherd.providers.anthropic.blocks.text import TextBlock
from aircherd.providers.anthropic.blocks.thinking import ThinkingBlock
from aircherd.providers.anthropic.blocks.values import fields_of, is_blank, text_in, value_of
from aircherd.providers.anthropic.citations import read_citation
from aircherd.providers.anthropic.reply.about import Facts
from aircherd.providers.anthropic.reply.ending import read_ending
from aircherd.providers.anthropic.reply.schema import EVENT, RAW_DELTA, Delta, Event
from aircherd.providers.anthropic.usage import AnthropicUsage, read_usage
from aircherd.providers.chat_completions.calls.arguments import PieceMode
from aircherd.providers.codec.finish import has_reason
from aircherd.providers.codec.json_in import as_map, as_text, decode_with
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.error_mapping.parse import error_in
from aircherd.providers.replies.vendor_stream import VendorStream
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    CitationDelta,
    Ending,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    UsageDelta,
)

_NO_USAGE = AnthropicUsage()


class AnthropicStream(VendorStream):
    """Decodes one streamed reply. The `type` in an event's data counts, not its SSE name."""

    def __init__(self) -> None:
        super().__init__()
        self._usage: AnthropicUsage | None = None
        self._model: object = None
        self._stop_reason: object = None
        self._held = new_held()
        self._facts = Facts(self._held)
        self._last: Block | None = None
        self._calls = 0
        self._has_calls = False  # that the model itself made
        self._open: dict[object, Block] = {}  # by block index
        self._others: dict[object, OtherBlock] = {}  # those of `_open` that collect all deltas
        self._last_call: CallBlock | None = None
        self._late_calls: dict[int, CallBlock] = {}  # by number
        self._mode = PieceMode()
        self._early_calls: dict[str, CallBlock] = {}  # from the start of the message, by id
        self._count_at_start: int | None = None

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if not data:
            return
        event = decode_with(EVENT, data, "an event")
        kind = event.type
        if kind == "content_block_delta":
            if event.delta:
                self._on_delta(event, event.delta, data, out)
        elif kind == "content_block_start":
            self._on_block_start(event, out)
        elif kind == "content_block_stop":
            self._on_block_stop(event, out)
        elif kind == "message_start":
            self._on_message_start(event, out)
        elif kind == "message_delta":
            self._on_message_delta(event, out)
        elif kind == "message_stop":
            self._add_usage(event.usage, out)
            self._note_reason(event.stop_reason or (event.message and event.message.stop_reason))
            self._finish(self._ending(), out)
        elif kind == "error" or (event.error and error_in({"error": event.error})):
            raise ProviderFailed(classify_error(event.error))
        elif kind is None and (found := self._find_error(data, is_named=False)):
            raise found
        # Other events are `ping`, or unknown.
        if event.delta or event.content_block or event.message:
            self.progress_count += 1

    def _end(self) -> Ending | None:
        # A stop reason completes the reply; `message_stop` only closes the stream.
        return self._ending() if self._stop_reason is not None else None

    def _finish(self, ending: Ending, out: list[ReplyEvent]) -> None:
        for block in (*self._open.values(), *self._late_calls.values()):
            block.stop(out)
        self._facts.add_to(out, ending)
        super()._finish(ending, out)

    # -------------------------------------------------------------- blocks

    def _on_delta(self, event: Event, delta: Delta, data: bytes, out: list[ReplyEvent]) -> None:
        if self._others and (other := self._others.get(_index(event))):
            other.add(_raw_delta(data))
        elif delta.type in ("text_delta", None) and (text := as_text(delta.text)):
            out.append(TextDelta(text))
        elif delta.type in ("thinking_delta", "signature_delta"):
            self._add_reasoning(event, delta, data, out)
        elif delta.type == "input_json_delta":
            self._add_arguments(event, _fragment(delta.partial_json), out)
        elif delta.type == "citations_delta" and delta.citation:
            self._add_citation(event, delta.citation, out)
        elif not (delta.type == "text_delta" and delta.text in ("", None)):
            self._add_unknown(event, _raw_delta(data), out)

    def _add_reasoning(
        self, event: Event, delta: Delta, data: bytes, out: list[ReplyEvent]
    ) -> None:
        text, signature = as_text(delta.thinking), as_text(delta.signature) or None
        if text or signature:
            out.append(ReasoningDelta(text, signature))
        else:
            self._add_unknown(event, _raw_delta(data), out)
        if signature and isinstance(block := self._open.get(_index(event)), ThinkingBlock):
            block.is_closed = True

    def _add_arguments(self, event: Event, fragment: str, out: list[ReplyEvent]) -> None:
        if not fragment:
            return
        block = self._open.get(_index(event))
        # The index of some servers is wrong; the call under way is meant then.
        call = block if isinstance(block, CallBlock) else self._last_call
        if call is None:
            fail(FailureClass.PROTOCOL, "sent arguments of a tool call that it did not begin")
        self._held.add(len(fragment))
        call.add(fragment, out)
        if call is not block:
            self._late_calls[call.number] = call  # may have been stopped already

    def _add_citation(self, event: Event, raw: msgspec.Raw, out: list[ReplyEvent]) -> None:
        block = self._open.get(_index(event))
        if isinstance(block, TextBlock):
            block.cite(raw)
        elif not is_blank(raw):
            out.append(CitationDelta(read_citation(raw)))

    def _add_unknown(self, event: Event, raw: msgspec.Raw, out: list[ReplyEvent]) -> None:
        """Keep a delta of an unknown type as it is: what it adds to is unknown."""
        fields = fields_of(raw) or {}
        kind = as_text(value_of(fields, "type")) or "delta"
        if all(is_blank(each) for name, each in fields.items() if name != "type"):
            return
        self._held.add(BLOCK_COST + memoryview(raw).nbytes)
        block = self._open.get(_index(event))
        late = out if block is None else block.late
        late.append(OtherDelta(kind, text_in(raw)))

    def _on_block_start(self, event: Event, out: list[ReplyEvent]) -> None:
        if not event.content_block:
            return
        index = _index(event)
        fields = fields_of(event.content_block) or {}
        known = self._early_calls.get(as_text(value_of(fields, "id")))
        if known is None:
            self._close_block(index, out)
            self._begin(event.content_block, index, out)
        else:
            if self._open.get(index) is not known:
                self._close_block(index, out)
            known.repeat(fields)
            self._open[index] = self._last_call = known
        if value_of(fields, "type") == "fallback":
            # Another model goes on from here.
            self._model = as_map(value_of(fields, "to")).get("model") or self._model

    def _begin(self, raw: msgspec.Raw, index: object, out: list[ReplyEvent]) -> Block | None:
        block = open_block(raw, self._calls, self._held, self._mode)
        if block is None:
            return None
        if block.is_apart_from(self._last):
            out.append(PartEnd())
        block.begin(out)
        self._open[index] = self._last = block
        if isinstance(block, CallBlock):
            self._calls += 1
            self._has_calls = self._has_calls or not block.is_by_code
            self._last_call = block
        elif isinstance(block, OtherBlock):
            self._others[index] = block
        return block

    def _on_block_stop(self, event: Event, out: list[ReplyEvent]) -> None:
        self._close_block(_index(event), out)

    def _close_block(self, index: object, out: list[ReplyEvent]) -> None:
        if block := self._open.pop(index, None):
            self._others.pop(index, None)
            block.stop(out)

    # -------------------------------------------------------------- the message

    def _on_message_start(self, event: Event, out: list[ReplyEvent]) -> None:
        message = event.message
        if message is None:
            return
        if self._count_at_start not in (None, self.progress_count):
            fail(FailureClass.PROTOCOL, "began a second message in the middle of its reply")
        self._count_at_start = self.progress_count + 1
        self._model = message.model
        self._add_usage(message.usage, out)
        self._facts.note(message)
        if message.content:
            self._take_early(message.content, out)
        self._note_reason(message.stop_reason)

    def _take_early(self, content: list[msgspec.Raw], out: list[ReplyEvent]) -> None:
        """Take blocks that the start of the message has: calls that code of the model made."""
        for index, raw in enumerate(content):
            block = self._begin(raw, index, out)
            if isinstance(block, CallBlock):
                self._early_calls[block.call_id] = block
            else:
                self._close_block(index, out)

    def _on_message_delta(self, event: Event, out: list[ReplyEvent]) -> None:
        if event.delta:
            self._note_reason(event.delta.stop_reason)
            self._add_usage(event.delta.usage, out)
            self._facts.note(event.delta)
        self._note_reason(event.stop_reason)
        self._facts.note(event)
        self._add_usage(event.usage, out)

    def _note_reason(self, reason: object) -> None:
        if has_reason(reason):
            self._stop_reason = reason

    def _add_usage(self, usage: AnthropicUsage | None, out: list[ReplyEvent]) -> None:
        # Counts are cumulative, and later ones may revise the input: keep the latest of each field.
        if usage and usage != _NO_USAGE:
            self._usage = self._usage or AnthropicUsage()
            self._usage.update(usage)
            if (counts := read_usage(self._usage)) is not None:
                out.append(UsageDelta(counts))

    def _ending(self) -> Ending:
        return read_ending(self._stop_reason, self._usage, self._model, has_calls=self._has_calls)


def _index(event: Event) -> object:
    return event.index if isinstance(event.index, int) else None


def _fragment(value: object) -> str:
    """Return a piece of the arguments; some servers send the object itself."""
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else as_text(value)


def _raw_delta(data: bytes) -> msgspec.Raw:
    return decode_with(RAW_DELTA, data, "an event").delta
