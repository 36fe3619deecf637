"""Read chat completions replies, streamed or whole.

Only containers are typed; a value of an unexpected type is handled where it is read and never fails
the decoding. Tool calls, thinking and usage have their own modules: servers differ most there.
"""

from collections.abc import Callable

import msgspec

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.chat_completions.plain import read_plain_chunk, read_plain_reply
from aircherd.providers.chat_completions.reasoning_details import AnyThinking
from aircherd.providers.chat_completions.snapshots import Snapshots
from aircherd.providers.chat_completions.thinking import ThinkingFields, ThinkingReader
from aircherd.providers.chat_completions.tool_calls import CallPiece, Function, ToolCalls
from aircherd.providers.chat_completions.usage import OpenAIUsage, UsageReader
from aircherd.providers.codec.finish import read_finish
from aircherd.providers.codec.json_in import (
    as_count,
    as_text,
    decode_with,
)
from aircherd.providers.codec.reply_stream import new_call_id
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.error_mapping.parse import error_in
from aircherd.providers.replies.vendor_stream import VendorStream
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    Finish,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    UsageDelta,
)


class _Delta(ThinkingFields, gc=False):
    refusal: object = None
    tool_calls: list[CallPiece] | CallPiece | None = None
    function_call: Function | None = None  # OpenAI's first form of a tool call


class _Choice(msgspec.Struct, gc=False):
    index: object = None
    delta: _Delta | None = None
    message: _Delta | None = None  # in a whole reply
    usage: OpenAIUsage | None = None  # Moonshot
    finish_reason: object = None
    native_finish_reason: object = None  # OpenRouter: the model's own reason
    error: object = None


class _Groq(msgspec.Struct, gc=False):
    usage: OpenAIUsage | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: OpenAIUsage | None = None
    x_groq: _Groq | None = None
    timings: msgspec.Raw = msgspec.Raw()  # llama.cpp
    model: object = None
    error: object = None


_CHUNK = msgspec.json.Decoder(_Chunk)
_NO_TIMINGS = msgspec.Raw()
_FLAT = msgspec.json.Decoder(dict[str, object])


class OpenAIStream(VendorStream):
    """Decodes one streamed reply; `thinking` reads the model's thinking from it."""

    def __init__(
        self, new_id: Callable[[], str] = new_call_id, thinking: ThinkingReader | None = None
    ) -> None:
        super().__init__()
        self._reply = _Reply(new_id, thinking or AnyThinking())

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        reply = self._reply
        if reply.expects_text:
            plain = read_plain_chunk(data)
            if plain is not None:
                text, reply.model = plain[0], plain[1] or reply.model
                out.append(TextDelta(text))
                return
            reply.expects_text = False
        if data.startswith(b"{") or (data and data.strip() != b"[DONE]"):
            reply.read(data, "a chunk", out)
            self.progress_count = reply.progress_count
        elif data:
            if not reply.has_choice:
                fail(FailureClass.PROTOCOL, "ended its reply before it began")
            reply.end_parts(out)
            self._finish(reply.ending(), out)

    def _end(self) -> Ending | None:
        # Some servers never send [DONE]; a finish reason proves that the reply is complete.
        return self._reply.ending() if self._reply.finish is not None else None


class _Reply:
    """The state of a reply so far."""

    def __init__(self, new_id: Callable[[], str], thinking: ThinkingReader) -> None:
        self.has_choice = False
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
        self.model: object = None

    def read(self, data: bytes, what: str, out: list[ReplyEvent]) -> None:
        """Process one chunk, or a whole reply, which has the same schema."""
        chunk = decode_with(_CHUNK, data, what)
        if chunk.error or (not chunk.choices and chunk.usage is None):
            _raise_error(data, what)
        self.model = chunk.model or self.model
        for choice in chunk.choices or ():
            # Only the first choice, in case `extra` requests several.
            if not (choice.index and as_count(choice.index)):
                self._add_choice(choice, out)
        usage = chunk.usage
        if usage is None and chunk.x_groq is not None:
            usage = chunk.x_groq.usage
        if usage is not None or chunk.timings:
            self._add_usage(usage, chunk.timings, out)

    def _add_choice(self, choice: _Choice, out: list[ReplyEvent]) -> None:
        self.has_choice = True
        if choice.delta is not None:
            self._add_delta(choice.delta, out)
        if choice.message is not None:
            self._add_message(choice.message, out)
        if choice.usage is not None:
            self._add_usage(choice.usage, _NO_TIMINGS, out)
        if choice.error or choice.finish_reason == "error":
            raise ProviderFailed(classify_error(choice.error or _native_error(choice)))
        if (finish := read_finish(choice.finish_reason)) is not None:
            self.finish = finish
            self.end_parts(out)

    def _add_delta(self, delta: _Delta, out: list[ReplyEvent]) -> None:
        self._add_parts(delta, out)
        self._has_text = self._has_text or bool(delta.content)
        self._has_thought = self._has_thought or self._is_thinking
        self._has_calls = self._calls.count > 0

    def _add_message(self, message: _Delta, out: list[ReplyEvent]) -> None:
        """Add what deltas did not bring of a message, which is usually the whole reply."""
        if self._has_text:
            message.content = message.refusal = None
        if self._has_thought:
            message.reasoning = message.reasoning_content = None
            message.reasoning_details = msgspec.Raw()
        if self._has_calls:
            message.tool_calls = message.function_call = None
        if self._snapshots is None:
            self._snapshots = Snapshots()
        self._snapshots.cut(message)
        self._add_parts(message, out)

    def _add_parts(self, delta: _Delta, out: list[ReplyEvent]) -> None:
        if (
            delta.reasoning_content
            or delta.reasoning
            or delta.reasoning_details
            or type(delta.content) is list
        ):
            self._add_thinking(delta, out)
        if delta.content and (text := as_text(delta.content)):
            self.end_parts(out)
            out.append(TextDelta(text))
            self.expects_text = True  # one chunk of text is mostly followed by another
        if delta.refusal and (text := as_text(delta.refusal)):
            self.end_parts(out)
            self._refused = True
            out.append(TextDelta(text))
        if delta.tool_calls:
            calls = delta.tool_calls
            self._add_calls(calls if isinstance(calls, list) else [calls], out)
        elif delta.function_call is not None:
            self._add_calls([CallPiece(function=delta.function_call)], out)

    def _add_thinking(self, delta: _Delta, out: list[ReplyEvent]) -> None:
        text = self._thinking.take(delta)
        if text is None:
            return
        self._calls.flush(out)
        self._is_thinking = True
        if text:
            out.append(ReasoningDelta(text))
        else:
            self.progress_count += 1

    def _add_calls(self, pieces: list[CallPiece], out: list[ReplyEvent]) -> None:
        self._end_thinking(out)
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


def read_whole(body: bytes, thinking: ThinkingReader | None = None) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    if (plain := read_plain_reply(body)) is not None:
        return plain
    out: list[ReplyEvent] = []
    reply = _Reply(new_call_id, thinking or AnyThinking())
    reply.read(body, "a reply", out)
    if not reply.has_choice:
        fail(FailureClass.PROTOCOL, "sent a reply without choices: check base_url and kind")
    reply.end_parts(out)
    return [*out, reply.ending()]


def _raise_error(data: bytes, what: str) -> None:
    body = decode_with(_FLAT, data, what)
    error = error_in(body)
    if error is not None:
        raise ProviderFailed(classify_error(error))


def _native_error(choice: _Choice) -> object:
    native = as_text(choice.native_finish_reason)
    return {"message": f"the model ended with {native}"} if native else None
