"""Read replies of Ollama's own API, streamed or whole.

A reply is one object, or a stream of one object per line: pieces of the message until `done` is
true, then the reason and the counts. An error in mid-stream is a line of its own. Source:
ollama/ollama, `api/types.go` and `server/routes.go`, 2026.
"""

from collections.abc import Callable

import msgspec

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.codec.finish import read_finish
from aircherd.providers.codec.json_in import as_text, branch, counts_of, decode_with
from aircherd.providers.codec.ndjson import NdjsonDecoder
from aircherd.providers.codec.reply_stream import new_call_id
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.replies.vendor_stream import VendorStream
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
)


class _Function(msgspec.Struct, gc=False):
    name: object = None
    arguments: msgspec.Raw = msgspec.Raw()


class _Call(msgspec.Struct, gc=False):
    id: object = None
    function: _Function | None = None


class _Message(msgspec.Struct, gc=False):
    content: object = None
    thinking: object = None
    tool_calls: list[_Call] | None = None


class _Line(msgspec.Struct, gc=False):
    message: _Message | None = None
    done: object = None
    done_reason: object = None
    prompt_eval_count: msgspec.Raw = msgspec.Raw()
    eval_count: msgspec.Raw = msgspec.Raw()
    model: object = None
    error: object = None


_LINE = msgspec.json.Decoder(_Line)
_TEXT = msgspec.json.Decoder(str)

_LOAD_REASONS = ("load", "unload")
"""The reasons of a request that only loaded or unloaded the model."""


class OllamaStream(VendorStream):
    """Decodes one streamed reply."""

    def __init__(self, new_id: Callable[[], str] = new_call_id) -> None:
        super().__init__(NdjsonDecoder())
        self._reply = _Reply(new_id)

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if (ending := self._reply.add(decode_with(_LINE, data, "a line"), out)) is not None:
            self._finish(ending, out)

    def _end(self) -> Ending | None:
        return None


def read_whole(body: bytes) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    out: list[ReplyEvent] = []
    reply = _Reply(new_call_id)
    ending = reply.add(decode_with(_LINE, body, "a reply"), out)
    if not reply.has_message:
        fail(FailureClass.PROTOCOL, "sent a reply without a message: check base_url and kind")
    if ending is None:
        fail(FailureClass.TRUNCATED, "the reply broke off before its end")
    return [*out, ending]


class _Reply:
    """The state of a reply so far."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.has_message = False
        self._new_id = new_id
        self._calls = 0

    def add(self, line: _Line, out: list[ReplyEvent]) -> Ending | None:
        """Process one line, or a whole reply, which has the same schema; return its ending."""
        if line.error:  # {} and "" are none
            raise ProviderFailed(classify_error(line.error))
        if line.message is not None:
            self.has_message = True
            self._add_message(line.message, out)
        return self._ending(line) if line.done is True else None

    def _add_message(self, message: _Message, out: list[ReplyEvent]) -> None:
        if message.thinking and (text := as_text(message.thinking)):
            out.append(ReasoningDelta(text))
        if message.content and (text := as_text(message.content)):
            out.append(TextDelta(text))
        if message.tool_calls:
            out += [self._call(call) for call in message.tool_calls]

    def _call(self, call: _Call) -> ToolCallDelta:
        # Calls come whole; older servers give them no id.
        function = call.function or _Function()
        number, self._calls = self._calls, self._calls + 1
        return ToolCallDelta(
            index=number,
            call_id=as_text(call.id) or self._new_id(),
            name=as_text(function.name),
            arguments=_arguments(function.arguments),
        )

    def _ending(self, line: _Line) -> Ending:
        reason = as_text(line.done_reason)
        if reason in _LOAD_REASONS:
            fail(FailureClass.SERVER, f"{reason}ed the model, but did not answer")
        if not self.has_message:
            fail(FailureClass.PROTOCOL, "ended its reply before it began")
        finish = read_finish(reason) or "stop"
        if finish == "stop" and self._calls:
            finish = "tool_calls"  # Ollama says `stop` after tool calls too
        return Ending(finish=finish, usage=_usage(line), model=as_text(line.model) or None)


def _arguments(raw: msgspec.Raw) -> str:
    """Return the arguments as the model wrote them; some servers send them as a string."""
    text = bytes(raw).decode("utf-8", "replace")
    if text.startswith("{"):
        return text
    return branch(_TEXT, raw) or ""


def _usage(line: _Line) -> Usage | None:
    """Return the counts. Ollama omits a count of 0; `eval_count` includes thinking."""
    counts = counts_of(line.prompt_eval_count, line.eval_count)
    return None if counts is None else Usage(*counts)
