"""The state of a reply while its chunks are read; a whole reply is one chunk.

Tool calls, thinking and usage have their own modules: servers differ most there. What is rare is
looked for only in chunks that have more than the usual fields: see `parts.rare`.
"""

from collections.abc import Callable, Sequence

import msgspec

from aircherd.errors import ProviderFailed
from aircherd.providers.chat_completions.calls.pieces import CallPiece
from aircherd.providers.chat_completions.calls.tool_calls import ToolCalls
from aircherd.providers.chat_completions.choices import native_error, reason_of, take_old_text
from aircherd.providers.chat_completions.chunks import (
    CHUNK,
    KNOWN_CHUNK,
    Choice,
    Chunk,
    Delta,
)
from aircherd.providers.chat_completions.parts.fields import Fields, fields_of, items_of
from aircherd.providers.chat_completions.parts.rare import RareFields
from aircherd.providers.chat_completions.snapshots import Snapshots
from aircherd.providers.chat_completions.thinking import ThinkingReader
from aircherd.providers.chat_completions.usage import OpenAIUsage, UsageReader
from aircherd.providers.codec.finish import (
    is_cut,
    later_finish,
    read_finish,
)
from aircherd.providers.codec.json_in import (
    as_count,
    as_text,
    decode_with,
)
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.error_mapping.parse import error_in
from aircherd.vocabulary.reply import (
    Ending,
    Finish,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    UsageDelta,
)

_NOTHING = msgspec.Raw()
_FLAT = msgspec.json.Decoder(dict[str, object])


class ReplyState:
    """The state of a reply so far."""

    def __init__(self, new_id: Callable[[], str], thinking: ThinkingReader) -> None:
        self.has_choice = False
        self.has_only_deltas = True  # as in the first piece of a stream
        self.progress_count = 0
        self.expects_text = False
        self.finish: Finish | None = None
        self._thinking = thinking
        self._is_thinking = False
        self._calls = ToolCalls(new_id)
        self._refused = False
        self._usage = UsageReader()
        # What came in deltas, for streams that have messages as well.
        self._has_text = False
        self._has_thought = False
        self._has_calls = False
        self._snapshots: Snapshots | None = None
        self._rare: RareFields | None = None
        self._found: Fields | None = None  # of a choice in which something is rare
        self.model: object = None

    def read(self, data: bytes, what: str, out: list[ReplyEvent]) -> None:
        """Process one chunk, or a whole reply, which has the same schema."""
        try:
            if not data.isascii():
                data.decode()  # what stays undecoded is not checked by the decoder
            chunk: Chunk = KNOWN_CHUNK.decode(data)
        except (ValueError, RecursionError):
            chunk = decode_with(CHUNK, data, what)
            self._find_rare(chunk, data)
        if chunk.error or (not chunk.choices and chunk.usage is None):
            _raise_error(data, what)
        self.model = chunk.model or self.model
        for choice in chunk.choices or ():
            # Only the first choice, in case `extra` requests several.
            if not (choice.index and as_count(choice.index)):
                self._add_choice(choice, out)
        self._found = None
        if chunk.finish_reason is not None:
            self._add_finish(chunk.finish_reason, out)
        usage = chunk.usage
        if usage is None and chunk.x_groq is not None:
            usage = chunk.x_groq.usage
        usage = usage or chunk.usageMetadata or chunk.token_usage
        if usage is not None or chunk.timings:
            self._add_usage(usage, chunk.timings, out)
        if chunk.cost:
            self._usage.add_cost(chunk.cost)

    def _find_rare(self, chunk: Chunk, data: bytes) -> None:
        """Look for what is rare in a chunk that has more than the usual fields."""
        if self._rare is None:
            self._rare = RareFields()
        fields = fields_of(msgspec.Raw(data))
        self._rare.take_root(fields)
        # Repairs leave out what is no object.
        raws = [raw for raw in items_of(fields.get("choices")) or () if bytes(raw)[:1] == b"{"]
        for choice, raw in zip(chunk.choices or (), raws, strict=False):
            if choice.index and as_count(choice.index):
                self._rare.take_further_choice(raw)
            else:
                self._found = fields_of(raw)
                if take_old_text(choice):
                    self._found.pop("text", None)
                self._rare.take_choice(self._found)

    def _add_choice(self, choice: Choice, out: list[ReplyEvent]) -> None:
        self.has_choice = True
        self.has_only_deltas &= choice.message is None and choice.delta is not None
        if choice.delta is not None:
            self._add_delta(choice.delta, out)
        if choice.message is not None:
            self._add_message(choice.message, out)
        for place in (choice, choice.delta, choice.message):
            if place is not None and place.usage is not None:
                self._add_usage(place.usage, _NOTHING, out)
        if choice.error or choice.finish_reason == "error":
            raise ProviderFailed(classify_error(choice.error or native_error(choice)))
        self._add_finish(reason_of(choice), out, choice.native_finish_reason)

    def _add_finish(self, reason: object, out: list[ReplyEvent], native: object = None) -> None:
        if (finish := read_finish(reason)) is not None:
            # OpenRouter calls half a tool call `tool_calls`: only the model's own reason tells.
            is_half = finish in ("stop", "tool_calls") and is_cut(native)
            self.finish = later_finish(self.finish, "length" if is_half else finish)
            self.end_parts(out)

    def _add_delta(self, delta: Delta, out: list[ReplyEvent]) -> None:
        if self._found is None:
            self._add_parts(delta, out)
        else:
            self._add_rare(delta, "delta", self._found, out)
        self._has_text = self._has_text or bool(delta.content)
        self._has_thought = self._has_thought or self._is_thinking
        self._has_calls = self._calls.count > 0

    def _add_message(self, message: Delta, out: list[ReplyEvent]) -> None:
        """Add what deltas did not bring of a message, which is usually the whole reply."""
        if self._has_text:
            message.content = message.refusal = None
        if self._has_thought:
            message.reasoning = message.reasoning_content = None
            message.reasoning_details = message.thinking_blocks = msgspec.Raw()
        if self._has_calls:
            message.tool_calls = message.function_call = None
        if self._snapshots is None:
            self._snapshots = Snapshots()
        self._snapshots.cut(message)
        if self._found is None:
            self._add_parts(message, out)
        else:
            self._add_rare(message, "message", self._found, out)

    def _add_parts(self, delta: Delta, out: list[ReplyEvent]) -> None:
        if (
            delta.reasoning_content
            or delta.reasoning
            or delta.reasoning_details
            or delta.thinking_blocks
        ):
            self._add_thinking(delta, out)
        if delta.content and isinstance(delta.content, str):
            self.end_parts(out)
            out.append(TextDelta(delta.content))
            self.expects_text = True  # one chunk of text is mostly followed by another
        if delta.refusal and (text := as_text(delta.refusal)):
            self.end_parts(out)
            self._refused = True
            out.append(TextDelta(text, refusal=True))
        if delta.tool_calls:
            calls = delta.tool_calls
            self._add_calls([calls] if isinstance(calls, CallPiece) else calls, out)
        elif delta.function_call is not None:
            self._add_calls([CallPiece(function=delta.function_call)], out)

    def _add_rare(self, delta: Delta, name: str, choice: Fields, out: list[ReplyEvent]) -> None:
        """Add a delta or a message that has more than the usual fields."""
        rare, fields, is_state = self._rare, fields_of(choice.get(name)), name == "message"
        assert rare is not None
        if not delta.content and isinstance(delta.text, str):
            delta.content = delta.text  # of a server that calls the content so
            fields.pop("text", None)
        if delta.content and not isinstance(delta.content, str):
            parts = delta.content if isinstance(delta.content, list) else [delta.content]
            self._add_thinking(Delta(content=parts), out)
            self._add_whole(rare.content_of(fields.get("content", _NOTHING)), out)
            delta.content = True  # taken
        if delta.tool_calls:
            calls = delta.tool_calls
            pieces = [calls] if isinstance(calls, CallPiece) else calls
            found = rare.take_calls(fields.get("tool_calls", _NOTHING), is_state=is_state)
            for piece, extras in zip(pieces, found, strict=False):
                piece.extras = extras
            delta.tool_calls = [piece for piece in pieces if piece.extras is not None]
        self._add_parts(delta, out)
        size = rare.size
        events = rare.take_message(fields, is_state=is_state)
        if not events and rare.size > size:
            self.progress_count += 1
        self._add_whole(events, out)

    def _add_whole(self, events: list[ReplyEvent], out: list[ReplyEvent]) -> None:
        if events:
            self.end_parts(out)
            self._refused = self._refused or any(
                type(event) is TextDelta and event.refusal for event in events
            )
            out += events

    def _add_thinking(self, delta: Delta, out: list[ReplyEvent]) -> None:
        text = self._thinking.take(delta)
        if text is None:
            return
        self._calls.flush(out)
        self._is_thinking = True
        if text:
            out.append(ReasoningDelta(text))
        else:
            self.progress_count += 1

    def _add_calls(self, pieces: Sequence[CallPiece], out: list[ReplyEvent]) -> None:
        self._end_thinking(out)
        self.expects_text = False  # text would end what is held back of the calls
        size = len(out)
        self._calls.take(pieces, out)
        if len(out) == size:
            self.progress_count += 1

    def end_parts(self, out: list[ReplyEvent]) -> None:
        """End the parts that came so far: something else follows, or nothing."""
        if self._is_thinking:
            self._end_thinking(out)
        if self._calls.count:
            self._calls.flush(out)

    def _end_thinking(self, out: list[ReplyEvent]) -> None:
        """End the current run of thinking, if there is one, and emit its signature."""
        if self._is_thinking:
            self._is_thinking = False
            if (signature := self._thinking.end()) is not None:
                out.append(ReasoningDelta(signature=signature))

    def _add_usage(
        self, usage: OpenAIUsage | None, timings: msgspec.Raw, out: list[ReplyEvent]
    ) -> None:
        if self._usage.add(usage, timings) and self._usage.usage is not None:
            out.append(UsageDelta(self._usage.usage))

    def close(self, out: list[ReplyEvent]) -> None:
        """Append what was held back until the end."""
        if self._rare is not None:
            out += self._rare.close()

    def ending(self) -> Ending:
        """Return the ending with what is known so far."""
        finish = self.finish or "stop"
        if finish == "stop" and self._calls.count:
            finish = "tool_calls"  # some servers say `stop` after tool calls too
        model = self.model if isinstance(self.model, str) else None
        return Ending(
            finish="refusal" if self._refused else finish,
            usage=self._usage.usage,
            model=model or None,
            cost=self._usage.cost,
        )


def _raise_error(data: bytes, what: str) -> None:
    body = decode_with(_FLAT, data, what)
    error = error_in(body)
    if error is not None:
        raise ProviderFailed(classify_error(error))
