"""Reading replies of the OpenAI chat-completions API, streamed or whole.

Only containers are typed; a leaf of a surprising type is looked at, never a reason to fail. Counts
are not even decoded before they are known to be small.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from aircherd.errors import ProviderFailed
from aircherd.providers.adapter import (
    as_count,
    as_text,
    branch,
    count_of,
    decode_with,
    fail,
    leaf,
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


class _Function(msgspec.Struct, gc=False):
    name: object = None
    arguments: object = None


class _CallPiece(msgspec.Struct, gc=False):
    index: object = None
    id: object = None
    function: _Function | None = None


class _Delta(msgspec.Struct, gc=False):
    content: object = None
    refusal: object = None
    tool_calls: list[_CallPiece] | None = None
    # A model's thinking, by the names that servers give it: it is not told, but it is progress.
    reasoning: object = None
    reasoning_content: object = None


class _Choice(msgspec.Struct, gc=False):
    index: object = None
    delta: _Delta | None = None
    message: _Delta | None = None  # in a reply that is not streamed
    finish_reason: object = None
    error: object = None


class _Details(msgspec.Struct, gc=False):
    cached_tokens: msgspec.Raw = msgspec.Raw()
    cache_write_tokens: msgspec.Raw = msgspec.Raw()
    reasoning_tokens: msgspec.Raw = msgspec.Raw()


class OpenAIUsage(msgspec.Struct, gc=False):
    """The counts as this API sends them; `cost` is OpenRouter's."""

    prompt_tokens: msgspec.Raw = msgspec.Raw()
    completion_tokens: msgspec.Raw = msgspec.Raw()
    prompt_tokens_details: msgspec.Raw = msgspec.Raw()
    completion_tokens_details: msgspec.Raw = msgspec.Raw()
    cost: msgspec.Raw = msgspec.Raw()


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: OpenAIUsage | None = None
    model: object = None
    error: object = None


_CHUNK = msgspec.json.Decoder(_Chunk)
_DETAILS = msgspec.json.Decoder(_Details)
_NO_DETAILS = _Details()
_NO_USAGE = OpenAIUsage()

FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


class OpenAIStream(ReplyStream):
    """Decodes one streamed reply."""

    def __init__(self, new_id: Callable[[], str] = new_call_id) -> None:
        super().__init__()
        self._reply = _Reply(new_id)

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if data == b"[DONE]" or data.strip() == b"[DONE]":
            if not self._reply.has_choice:
                fail(FailureClass.PROTOCOL, "ended its reply before it began")
            self._finish(self._reply.ending(), out)
        elif data:
            self._reply.add(decode_with(_CHUNK, data, "a chunk"), out)
            self.hidden = self._reply.hidden

    def _end(self) -> Ending | None:
        # Some servers never send [DONE]: a reason to finish is proof enough.
        return self._reply.ending() if self._reply.finish is not None else None


class _Reply:
    """What has come of a reply so far."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.has_choice = False
        self.hidden = 0
        self.finish: object = None
        self._calls = _Calls(new_id)
        self._refused = False
        self._usage: Usage | None = None
        self._cost: str | None = None
        self._model: object = None

    def add(self, chunk: _Chunk, out: list[ReplyEvent]) -> None:
        """Take in one chunk, or a whole reply, which has the same form."""
        if chunk.error is not None:
            raise ProviderFailed(classify_error(chunk.error))
        self._model = chunk.model
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
            raise ProviderFailed(classify_error(choice.error))
        if choice.finish_reason is not None:
            self.finish = choice.finish_reason

    def _add_delta(self, delta: _Delta, out: list[ReplyEvent]) -> None:
        if delta.content and (text := as_text(delta.content)):
            out.append(TextDelta(text))
        elif delta.reasoning or delta.reasoning_content:
            self.hidden += 1
        if delta.refusal and (text := as_text(delta.refusal)):
            self._refused = True
            out.append(TextDelta(text))
        if delta.tool_calls:
            out += [self._calls.add(piece) for piece in delta.tool_calls]

    def _add_usage(self, usage: OpenAIUsage, out: list[ReplyEvent]) -> None:
        self._usage = read_usage(usage)
        self._cost = _read_cost(leaf(usage.cost))
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


def read_whole(body: bytes) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    out: list[ReplyEvent] = []
    reply = _Reply(new_call_id)
    reply.add(decode_with(_CHUNK, body, "a reply"), out)
    if not reply.has_choice:
        fail(FailureClass.PROTOCOL, "sent a reply that is not of its API: it has no choices")
    return [*out, reply.ending()]


class _Calls:
    """Which piece belongs to which tool call, by whatever the server gives: index, id or order."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.count = 0
        self._new_id = new_id
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None

    def add(self, piece: _CallPiece) -> ToolCallDelta:
        """Return the event for `piece`, the call's id and name in its first one."""
        function = piece.function or _Function()
        name = as_text(function.name)
        call = self._find(piece, name)
        is_new = call is None
        if call is None:
            call = self._open(piece)
        self._last = call
        told_name = name if name and not call.is_named else None
        call.is_named = call.is_named or bool(name)
        return ToolCallDelta(
            index=call.number,
            call_id=call.id if is_new else None,
            name=told_name,
            arguments=_arguments(function.arguments),
        )

    def _find(self, piece: _CallPiece, name: str) -> "_Call | None":
        # Four cases: an index we know, unless another id comes under it; an id we know; neither
        # index nor id nor name, which goes on with the last call; anything else is a new call.
        call_id = as_text(piece.id)
        if type(piece.index) is int:
            known = self._by_index.get(piece.index)
            return None if known and call_id and known.id != call_id and name else known
        if call_id:
            return self._by_id.get(call_id)
        return None if name else self._last

    def _open(self, piece: _CallPiece) -> "_Call":
        call = _Call(self.count, as_text(piece.id) or self._new_id())
        self.count += 1
        self._by_id[call.id] = call
        if type(piece.index) is int:
            self._by_index[piece.index] = call
        return call


class _Call:
    __slots__ = ("id", "is_named", "number")

    def __init__(self, number: int, call_id: str) -> None:
        self.number = number
        self.id = call_id
        self.is_named = False


def _arguments(value: object) -> str:
    if isinstance(value, str):
        return value
    # Some servers send the object itself, whole.
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else ""


def read_usage(usage: OpenAIUsage) -> Usage:
    """Normalise the counts; this API's input already includes what was cached."""
    input_tokens = count_of(usage.prompt_tokens)
    prompt = branch(_DETAILS, usage.prompt_tokens_details) or _NO_DETAILS
    completion = branch(_DETAILS, usage.completion_tokens_details) or _NO_DETAILS
    return Usage(
        input_tokens=input_tokens,
        output_tokens=count_of(usage.completion_tokens),
        cached_tokens=min(count_of(prompt.cached_tokens), input_tokens),
        cache_write_tokens=min(count_of(prompt.cache_write_tokens), input_tokens),
        reasoning_tokens=count_of(completion.reasoning_tokens),
    )


def _read_cost(cost: object) -> str | None:
    # OpenRouter: USD as a JSON number. repr() is its shortest exact form.
    if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < 1e9:
        return format(Decimal(repr(cost)), "f")
    return None


class _Listed(msgspec.Struct, gc=False):
    id: str


class _List(msgspec.Struct, gc=False):
    data: list[_Listed]


_LIST = msgspec.json.Decoder(_List)


def read_models(body: bytes) -> list[Model]:
    """Return what a list of models says; see `Adapter.read_models`."""
    return [Model(id=each.id) for each in decode_with(_LIST, body, "a list of models").data]
