"""Read replies of Ollama's own API, streamed or whole.

A reply is one object, or a stream of one object per line: pieces of the message until `done` is
true, then the reason and the counts. An error in mid-stream is a line of its own. Source:
ollama/ollama, `api/types.go` and `server/routes.go`, 2026.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from aircher_wire.media import IMAGES, media_type_of_base64
from aircherd.errors import ProviderFailed, fail
from aircherd.providers.codec.finish import has_reason, read_finish
from aircherd.providers.codec.json_in import as_text, branch, counts_of, decode_with
from aircherd.providers.codec.ndjson import NdjsonDecoder
from aircherd.providers.codec.reply_stream import new_call_id
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.error_mapping.parse import error_in
from aircherd.providers.replies.vendor_stream import VendorStream
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    AboutDelta,
    Ending,
    ImageDelta,
    OtherDelta,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
)

MAX_KEPT: Final = 7_000_000
"""Bytes of what has no word of ours in one reply."""

MAX_KIND: Final = 200
"""Characters of the name of such a field."""

VALUE_COST: Final = 200
"""Bytes that each of these values counts for: small ones take memory too."""

MAX_PICTURES: Final = 1000
"""Of one message."""

MAX_CALLS: Final = 1000
"""Tool calls in one reply: models make a few dozen at most."""


class _Function(msgspec.Struct, gc=False):
    name: object = None
    arguments: msgspec.Raw = msgspec.Raw()


class _Call(_Function, gc=False):
    """A call; some servers leave out the level of `function`."""

    id: object = None
    function: _Function | None = None


class _Message(msgspec.Struct, gc=False):
    role: object = None
    content: object = None
    thinking: object = None
    reasoning_content: object = None  # the names of other servers for thinking
    reasoning: object = None
    tool_calls: list[_Call] | None = None


class _Line(msgspec.Struct, gc=False):
    message: _Message | None = None
    response: object = None  # the text in the API of completions, which some servers have only
    done: object = None
    done_reason: object = None
    prompt_eval_count: msgspec.Raw = msgspec.Raw()
    eval_count: msgspec.Raw = msgspec.Raw()
    model: object = None
    error: object = None
    created_at: object = None
    total_duration: object = None
    load_duration: object = None
    prompt_eval_duration: object = None
    eval_duration: object = None
    remote_model: object = None
    remote_host: object = None


class _PlainMessage(_Message, gc=False, forbid_unknown_fields=True):
    content: str | None = None
    thinking: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _PlainLine(_Line, gc=False, forbid_unknown_fields=True):
    """A line without anything else: nearly all of them."""

    message: _PlainMessage | None = None


_Fields = dict[str, msgspec.Raw]

_PLAIN = msgspec.json.Decoder(_PlainLine)
_LINE = msgspec.json.Decoder(_Line)
_FIELDS = msgspec.json.Decoder(_Fields)
_TEXT = msgspec.json.Decoder(str)
_TEXTS = msgspec.json.Decoder(list[str])
_ANY = msgspec.json.Decoder()

_OF_LINE: Final = frozenset(_Line.__struct_fields__)
_OF_MESSAGE: Final = frozenset(_Message.__struct_fields__)
_TEXT_FIELDS: Final = ("content", "thinking", "reasoning_content", "reasoning")
_EMPTY: Final = (b"null", b"{}", b"[]", b'""')

_LOAD_REASONS = ("load", "unload")
"""The reasons of a request that only loaded or unloaded the model."""


class OllamaStream(VendorStream):
    """Decodes one streamed reply."""

    def __init__(self, new_id: Callable[[], str] = new_call_id) -> None:
        super().__init__(NdjsonDecoder())
        self._reply = _Reply(new_id)

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if (ending := self._reply.add(data, "a line", out)) is not None:
            self._finish(ending, out)

    def _end(self) -> Ending | None:
        return None


def read_whole(body: bytes) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    out: list[ReplyEvent] = []
    reply = _Reply(new_call_id)
    ending = reply.add(body, "a reply", out)
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
        self._calls: dict[str, ToolCallDelta] = {}
        self._kept: dict[str, list[bytes]] = {}
        self._kept_size = 0

    def add(self, data: bytes, what: str, out: list[ReplyEvent]) -> Ending | None:
        """Process one line, or a whole reply, which has the same schema; return its ending."""
        line, further = _decode(data, what)
        if line.error and error_in({"error": line.error}):
            raise ProviderFailed(classify_error(line.error))
        if line.message is not None:
            self.has_message = True
            self._add_message(line.message, out)
        elif isinstance(line.response, str):
            self.has_message = True
            self._add_message(_Message(content=line.response), out)
        for name, raw in further:
            self._add_further(name, raw, out)
        if line.done is not True and not _is_over(line):
            return None
        ending = self._ending(line)
        for name, values in self._kept.items():
            kind = AboutDelta if name == "logprobs" else OtherDelta
            out.append(kind(name, _joined(values)))
        return ending

    def _add_message(self, message: _Message, out: list[ReplyEvent]) -> None:
        thinking = message.thinking or message.reasoning_content or message.reasoning
        if thinking and (text := as_text(thinking)):
            out.append(ReasoningDelta(text))
        if message.content and (text := as_text(message.content)):
            out.append(TextDelta(text))
        for call in message.tool_calls or ():
            self._add_call(call, out)

    def _add_call(self, call: _Call, out: list[ReplyEvent]) -> None:
        # Calls come whole; older servers give them no id.
        function = call.function or call
        name, arguments = as_text(function.name), _arguments(function.arguments)
        call_id = as_text(call.id)
        if not (name or call_id or arguments):
            return
        if not name:
            fail(FailureClass.PROTOCOL, "sent a tool call without a name")
        if len(self._calls) >= MAX_CALLS:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_CALLS} tool calls")
        known = self._calls.get(call_id)
        if known is not None and (known.name, known.arguments) == (name, arguments):
            return  # sent once more, at the end
        if known is not None or not call_id:
            call_id = self._new_id()
        event = ToolCallDelta(len(self._calls), call_id, name, arguments)
        self._calls[call_id] = event
        out.append(event)

    def _add_further(self, name: str, raw: msgspec.Raw, out: list[ReplyEvent]) -> None:
        """Add what few replies have: pictures, and what has no word of ours."""
        if name == "images" and (pictures := _pictures(raw)):
            out += pictures
            return
        value = bytes(raw)
        self._kept_size += len(value) + VALUE_COST
        if self._kept_size > MAX_KEPT:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_KEPT} bytes of unknown fields")
        self._kept.setdefault(name[:MAX_KIND], []).append(value)

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


# ------------------------------------------------------------------ lines


def _decode(data: bytes, what: str) -> tuple[_Line, list[tuple[str, msgspec.Raw]]]:
    """Return a line, and its further fields that say something."""
    try:
        return _PLAIN.decode(data), []
    except (ValueError, RecursionError):
        pass
    line = decode_with(_LINE, data, what)
    fields = branch(_FIELDS, msgspec.Raw(data)) or {}
    message = branch(_FIELDS, fields.get("message", msgspec.Raw()))
    if message is None:
        return line, []  # how far the server is in loading the model, for example
    further = [pair for pair in message.items() if _says_something(*pair)]
    # Beside the message there are counts and names; only lists and maps are content.
    further += [
        (name, raw)
        for name, raw in fields.items()
        if name not in _OF_LINE and bytes(raw)[:1] in (b"[", b"{") and bytes(raw) not in _EMPTY
    ]
    return line, further


def _says_something(name: str, raw: msgspec.Raw) -> bool:
    """Return whether a field of a message has content that is read nowhere else."""
    if bytes(raw) in _EMPTY:
        return False
    if name not in _TEXT_FIELDS:
        return name not in _OF_MESSAGE
    value = branch(_ANY, raw)
    items = value if isinstance(value, list) else [value]
    return not all(isinstance(each, str) or as_text([each]) for each in items)


def _is_over(line: _Line) -> bool:
    """Return whether a line is the last although it does not say so with `true`."""
    return line.done in (1, "true", "True") or has_reason(line.done_reason)


def _pictures(raw: msgspec.Raw) -> list[ImageDelta]:
    """Return pictures, none if one of them is anything else."""
    pictures: list[ImageDelta] = []
    texts = branch(_TEXTS, raw) or []
    if len(texts) > MAX_PICTURES:
        fail(FailureClass.PROTOCOL, f"sent more than {MAX_PICTURES} pictures in a message")
    for data in texts:
        kind = media_type_of_base64(data)
        if kind not in IMAGES:
            return []
        pictures.append(ImageDelta(data, kind))
    return pictures


def _joined(values: list[bytes]) -> str:
    data = values[0] if len(values) == 1 else b"[%b]" % b",".join(values)
    return data.decode("utf-8", "replace")


def _arguments(raw: msgspec.Raw) -> str:
    """Return the arguments as the model wrote them; some servers send them as a string."""
    text = bytes(raw).decode("utf-8", "replace")
    if text.startswith('"'):
        return branch(_TEXT, raw) or ""
    return "" if text == "null" else text


def _usage(line: _Line) -> Usage | None:
    """Return the counts. Ollama omits a count of 0; `eval_count` includes thinking."""
    counts = counts_of(line.prompt_eval_count, line.eval_count)
    return None if counts is None else Usage(*counts)
