"""Read chat completions replies, streamed or whole.

Only containers are typed; a value of an unexpected type is handled where it is read and never fails
the decoding. Tool calls, thinking and usage have their own modules: servers differ most there.
"""

from collections.abc import Callable

import msgspec

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.chat_completions.plain import read_plain_chunk, read_plain_reply
from aircherd.providers.chat_completions.thinking import (
    FieldThinking,
    ThinkingFields,
    ThinkingReader,
)
from aircherd.providers.chat_completions.tool_calls import CallPiece, ToolCalls
from aircherd.providers.chat_completions.usage import OpenAIUsage, read_cost, read_usage
from aircherd.providers.codec.finish import read_finish
from aircherd.providers.codec.json_in import (
    as_count,
    as_text,
    decode_with,
)
from aircherd.providers.codec.reply_stream import ReplyStream, new_call_id
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.error_mapping.parse import error_in
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    Finish,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    Usage,
    UsageDelta,
)


class _Delta(ThinkingFields, gc=False):
    refusal: object = None
    tool_calls: list[CallPiece] | None = None


class _Choice(msgspec.Struct, gc=False):
    index: object = None
    delta: _Delta | None = None
    message: _Delta | None = None  # in a whole reply
    finish_reason: object = None
    native_finish_reason: object = None  # OpenRouter: the model's own reason
    error: object = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: OpenAIUsage | None = None
    model: object = None
    error: object = None


_CHUNK = msgspec.json.Decoder(_Chunk)
_FLAT = msgspec.json.Decoder(dict[str, object])
_NO_USAGE = OpenAIUsage()


class OpenAIStream(ReplyStream):
    """Decodes one streamed reply; `thinking` reads the model's thinking from it."""

    def __init__(
        self, new_id: Callable[[], str] = new_call_id, thinking: ThinkingReader | None = None
    ) -> None:
        super().__init__()
        self._reply = _Reply(new_id, thinking or FieldThinking())

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
            reply.end_thinking(out)
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
        self._usage: Usage | None = None
        self._cost: str | None = None
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
        if chunk.usage and chunk.usage != _NO_USAGE:
            self._add_usage(chunk.usage, out)

    def _add_choice(self, choice: _Choice, out: list[ReplyEvent]) -> None:
        self.has_choice = True
        delta = choice.delta or choice.message
        if delta is not None:
            self._add_delta(delta, out)
        if choice.error or choice.finish_reason == "error":
            raise ProviderFailed(classify_error(choice.error or _native_error(choice)))
        if (finish := read_finish(choice.finish_reason)) is not None:
            self.finish = finish
            self.end_thinking(out)

    def _add_delta(self, delta: _Delta, out: list[ReplyEvent]) -> None:
        if (
            delta.reasoning_content
            or delta.reasoning
            or delta.reasoning_details
            or type(delta.content) is list
        ):
            self._add_thinking(delta, out)
        if delta.content and (text := as_text(delta.content)):
            if self._is_thinking:
                self.end_thinking(out)
            out.append(TextDelta(text))
            self.expects_text = True  # one chunk of text is mostly followed by another
        if delta.refusal and (text := as_text(delta.refusal)):
            self.end_thinking(out)
            self._refused = True
            out.append(TextDelta(text))
        if delta.tool_calls:
            self.end_thinking(out)
            out += [self._calls.add(piece) for piece in delta.tool_calls]

    def _add_thinking(self, delta: _Delta, out: list[ReplyEvent]) -> None:
        text = self._thinking.take(delta)
        if text is None:
            return
        self._is_thinking = True
        if text:
            out.append(ReasoningDelta(text))
        else:
            self.progress_count += 1

    def end_thinking(self, out: list[ReplyEvent]) -> None:
        """End the current run of thinking, if there is one, and emit its signature."""
        if self._is_thinking:
            self._is_thinking = False
            if (signature := self._thinking.end()) is not None:
                out.append(ReasoningDelta(signature=signature))

    def _add_usage(self, usage: OpenAIUsage, out: list[ReplyEvent]) -> None:
        self._cost = read_cost(usage)
        self._usage = read_usage(usage)
        if self._usage is not None:
            out.append(UsageDelta(self._usage))

    def ending(self) -> Ending:
        """Return the ending with what is known so far."""
        finish = self.finish or "stop"
        if finish == "stop" and self._calls.count:
            finish = "tool_calls"  # some servers say `stop` after tool calls too
        model = self.model if isinstance(self.model, str) else None
        return Ending(
            finish="refusal" if self._refused else finish,
            usage=self._usage,
            model=model or None,
            cost=self._cost,
        )


def read_whole(body: bytes, thinking: ThinkingReader | None = None) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    if (plain := read_plain_reply(body)) is not None:
        return plain
    out: list[ReplyEvent] = []
    reply = _Reply(new_call_id, thinking or FieldThinking())
    reply.read(body, "a reply", out)
    if not reply.has_choice:
        fail(FailureClass.PROTOCOL, "sent a reply without choices: check base_url and kind")
    reply.end_thinking(out)
    return [*out, reply.ending()]


def _raise_error(data: bytes, what: str) -> None:
    body = decode_with(_FLAT, data, what)
    error = error_in(body)
    if error is not None:
        raise ProviderFailed(classify_error(error))


def _native_error(choice: _Choice) -> object:
    native = as_text(choice.native_finish_reason)
    return {"message": f"the model ended with {native}"} if native else None
