"""Reading replies of the OpenAI chat-completions API, streamed or whole.

Only containers are typed; a leaf of a surprising type is looked at, never a reason to fail. Counts
are not even decoded before they are known to be small. Calls and thinking have modules of their
own: there servers differ most.
"""

from collections.abc import Callable

import msgspec

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.chat_completions.thinking import NamedThinking, Thinking, ThinkingFields
from aircherd.providers.chat_completions.tool_calls import CallPiece, Calls
from aircherd.providers.chat_completions.usage import OpenAIUsage, read_cost, read_usage
from aircherd.providers.codec.json_in import (
    as_count,
    as_text,
    decode_with,
)
from aircherd.providers.codec.reply_stream import ReplyStream, new_call_id
from aircherd.providers.error_mapping.classify import classify_error
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
    message: _Delta | None = None  # in a reply that is not streamed
    finish_reason: object = None
    native_finish_reason: object = None  # OpenRouter: the model's own word for it
    error: object = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: OpenAIUsage | None = None
    model: object = None
    error: object = None


_CHUNK = msgspec.json.Decoder(_Chunk)
_FLAT = msgspec.json.Decoder(dict[str, object])
_NO_USAGE = OpenAIUsage()

FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


class OpenAIStream(ReplyStream):
    """Decodes one streamed reply; `thinking` reads what the server tells of it."""

    def __init__(
        self, new_id: Callable[[], str] = new_call_id, thinking: Thinking | None = None
    ) -> None:
        super().__init__()
        self._reply = _Reply(new_id, thinking or NamedThinking())

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if data == b"[DONE]" or data.strip() == b"[DONE]":
            if not self._reply.has_choice:
                fail(FailureClass.PROTOCOL, "ended its reply before it began")
            self._reply.end_thought(out)
            self._finish(self._reply.ending(), out)
        elif data:
            self._reply.read(data, "a chunk", out)
            self.progress_count = self._reply.progress_count

    def _end(self) -> Ending | None:
        # Some servers never send [DONE]: a reason to finish is proof enough.
        return self._reply.ending() if self._reply.finish is not None else None


class _Reply:
    """What has come of a reply so far."""

    def __init__(self, new_id: Callable[[], str], thinking: Thinking) -> None:
        self.has_choice = False
        self.progress_count = 0
        self.finish: object = None
        self._thinking = thinking
        self._is_thinking = False
        self._calls = Calls(new_id)
        self._refused = False
        self._usage: Usage | None = None
        self._cost: str | None = None
        self._model: object = None

    def read(self, data: bytes, what: str, out: list[ReplyEvent]) -> None:
        """Take in one chunk, or a whole reply, which has the same form."""
        chunk = decode_with(_CHUNK, data, what)
        if chunk.error is not None:
            raise ProviderFailed(classify_error(chunk.error))
        if chunk.choices is None and chunk.usage is None:
            _check_flat(data)
        self._model = chunk.model or self._model
        for choice in chunk.choices or ():
            # Only the first answer, should `extra` have asked for several.
            if not (choice.index and as_count(choice.index)):
                self._add_choice(choice, out)
        if chunk.usage and chunk.usage != _NO_USAGE:
            self._add_usage(chunk.usage, out)

    def _add_choice(self, choice: _Choice, out: list[ReplyEvent]) -> None:
        self.has_choice = True
        delta = choice.delta or choice.message
        if delta is not None:
            self._add_delta(delta, out)
        if choice.error is not None or choice.finish_reason == "error":
            raise ProviderFailed(classify_error(choice.error or _native_error(choice)))
        if choice.finish_reason is not None:
            self.finish = choice.finish_reason
            self.end_thought(out)

    def _add_delta(self, delta: _Delta, out: list[ReplyEvent]) -> None:
        if (
            delta.reasoning_content
            or delta.reasoning
            or delta.reasoning_details
            or type(delta.content) is list
        ):
            self._think(delta, out)
        if delta.content and (text := as_text(delta.content)):
            if self._is_thinking:
                self.end_thought(out)
            out.append(TextDelta(text))
        if delta.refusal and (text := as_text(delta.refusal)):
            self.end_thought(out)
            self._refused = True
            out.append(TextDelta(text))
        if delta.tool_calls:
            self.end_thought(out)
            out += [self._calls.add(piece) for piece in delta.tool_calls]

    def _think(self, delta: _Delta, out: list[ReplyEvent]) -> None:
        text = self._thinking.take(delta)
        if text is None:
            return
        self._is_thinking = True
        if text:
            out.append(ReasoningDelta(text))
        else:
            self.progress_count += 1

    def end_thought(self, out: list[ReplyEvent]) -> None:
        """Say that something else begins, or nothing: a run of thinking ends with its signature."""
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
        """Return the ending as far as it is known."""
        finish = FINISHES.get(as_text(self.finish), "stop")
        if finish == "stop" and self._calls.count:
            finish = "tool_calls"  # some servers stop there as if it were text
        model = self._model if isinstance(self._model, str) else None
        return Ending(
            finish="content_filter" if self._refused else finish,
            usage=self._usage,
            model=model or None,
            cost=self._cost,
        )


def read_whole(body: bytes, thinking: Thinking | None = None) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    out: list[ReplyEvent] = []
    reply = _Reply(new_call_id, thinking or NamedThinking())
    reply.read(body, "a reply", out)
    if not reply.has_choice:
        fail(FailureClass.PROTOCOL, "sent a reply without choices: check base_url and kind")
    reply.end_thought(out)
    return [*out, reply.ending()]


def _check_flat(data: bytes) -> None:
    # An error that is not below `error`: Mistral's and older vLLM's, LM Studio's `event: error`.
    flat = decode_with(_FLAT, data, "a chunk")
    if flat.get("object") == "error" or isinstance(flat.get("message"), str):
        raise ProviderFailed(classify_error(flat))


def _native_error(choice: _Choice) -> object:
    native = as_text(choice.native_finish_reason)
    return {"message": f"the model ended with {native}"} if native else None
