"""Writes translated replies: a line of JSON for each read, and a last one with the counts."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.dialect import Answering, ChatRead
from aircherd.http_api.dialects.ollama.errors import error_line
from aircherd.http_api.dialects.ollama.request import Style
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.reply import (
    AudioDelta,
    ImageDelta,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
)

Json = dict[str, object]
_BREAKS: Final = (
    (b"\xc2\x85", rb"\u0085"),
    (b"\xe2\x80\xa8", rb"\u2028"),
    (b"\xe2\x80\xa9", rb"\u2029"),
)
"""What the client for Python takes for the end of a line, in UTF-8, and how JSON escapes it."""

Clock = Callable[[], float]

NANOSECONDS: Final = 1_000_000_000
REASONS: Final = {"tool_calls": "stop"}
"""Ollama says `stop` after tool calls, too. What it has no word for keeps ours."""

_ARGUMENTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NO_ARGUMENTS: Final = msgspec.Raw(b"{}")

KEEP_ALIVE: Final = (
    b'{"model":"","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},'
    b'"response":"","done":false}\n'
)
"""A line that adds nothing, to a chat or a completion: clients bear no empty line."""


def _in_line(data: bytes) -> bytes:
    """Return JSON that clients read as one line."""
    if not data.isascii():
        for raw, escaped in _BREAKS:
            data = data.replace(raw, escaped)
    return data


class _Call:
    """A call whose pieces are still coming."""

    __slots__ = ("id", "name", "pieces")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.pieces: list[str] = []


class Calls:
    """The calls of a reply: in this API they come whole."""

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}

    def add(self, event: ToolCallDelta) -> None:
        """Add a piece."""
        call = self._calls.setdefault(event.index, _Call())
        call.id = event.call_id or call.id
        call.name = event.name or call.name
        call.pieces.append(event.arguments)

    def written(self) -> list[Json]:
        """Return all calls that are whole: half a call must not be run."""
        written: list[Json] = []
        for index, call in sorted(self._calls.items()):
            arguments = _object("".join(call.pieces))
            if arguments is not None:
                function = {"index": index, "name": call.name, "arguments": arguments}
                written.append({"id": call.id, "function": function})
        return written


def _object(arguments: str) -> msgspec.Raw | None:
    """Return arguments as they are; None for what is no JSON object."""
    if not arguments:
        return _NO_ARGUMENTS
    data = arguments.encode("utf-8", "replace")
    try:
        _ARGUMENTS.decode(data)
    except (ValueError, RecursionError):
        return None
    return msgspec.Raw(data)


class OllamaStreamWriter:
    """Writes one translated stream. The times in it are those of this program."""

    def __init__(
        self, style: Style, now: Clock = time.time, elapsed: Clock = time.perf_counter
    ) -> None:
        self._style = style
        self._calls = Calls()
        self._elapsed = elapsed
        self._began = elapsed()
        self._first: float | None = None
        self._created = timestamp(now())
        self._answering: Answering | None = None
        self._head = b""

    def write(self, events: Sequence[ReplyEvent], answering: Answering) -> bytes:
        """Return the lines that the events of one read make; see `StreamWriter`."""
        if answering is not self._answering:
            self._answering = answering
            self._head = _head(answering.model, self._created)
        lines: list[bytes] = []
        texts: list[str] = []
        for event in events:
            if type(event) is TextDelta:
                texts.append(event.text)
                continue
            self._flush(texts, lines)
            if isinstance(event, ReasoningDelta):
                if event.text and self._style.shows_thinking:
                    lines.append(self._line("", thinking=event.text))
            elif isinstance(event, ToolCallDelta):
                self._calls.add(event)
            elif isinstance(event, ImageDelta | AudioDelta):
                lines += self._media(event)
        self._flush(texts, lines)
        if lines and self._first is None:
            self._first = self._elapsed()
        return b"".join(lines)

    def _flush(self, texts: list[str], lines: list[bytes]) -> None:
        if texts and (text := "".join(texts)):
            lines.append(self._text_line(text))
        texts.clear()

    def _text_line(self, text: str) -> bytes:
        if self._style.is_completion:
            return b'%b"response":%b,"done":false}\n' % (self._head, _in_line(json_bytes(text)))
        return b'%b"message":{"role":"assistant","content":%b},"done":false}\n' % (
            self._head,
            _in_line(json_bytes(text)),
        )

    def _line(self, text: str, **fields: object) -> bytes:
        """Return a line with more than a text."""
        if self._style.is_completion:
            body: Json = {"response": text, **fields}
        else:
            body = {"message": {"role": "assistant", "content": text, **fields}}
        return self._head + _in_line(json_bytes({**body, "done": False}))[1:] + b"\n"

    def _media(self, event: ImageDelta | AudioDelta) -> list[bytes]:
        if isinstance(event, AudioDelta):
            return [self._text_line(event.transcript)] if event.transcript else []
        if event.data is None:
            return [self._text_line(event.url or "")]
        if self._style.is_completion:
            return [self._line("", image=event.data)]
        return [self._line("", images=[event.data])]

    def end(self, result: ChatResult) -> bytes:
        """Return the calls, and the line with the counts; see `StreamWriter`."""
        self._head = _head(result.model, self._created)
        calls = self._calls.written()
        lines = (
            [self._line("", tool_calls=calls)] if calls and not self._style.is_completion else []
        )
        ended = self._elapsed()
        first = ended if self._first is None else self._first
        nothing = b'"response":""' if self._style.is_completion else _NO_MESSAGE
        times = _times(ended - self._began, first - self._began, ended - first)
        lines.append(self._head + nothing + b"," + _ending(result, times) + b"\n")
        return b"".join(lines)

    def fail(self, problem: Problem) -> bytes:
        """Return the line that its clients raise; see `StreamWriter`."""
        return error_line(problem)


_NO_MESSAGE: Final = b'"message":{"role":"assistant","content":""}'


def timestamp(at: float) -> str:
    """Return a Unix time as Ollama writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _head(model: str, created: str) -> bytes:
    return b'{"model":%b,"created_at":%b,' % (json_bytes(model), json_bytes(created))


def _times(total: float, prompt: float, answer: float) -> Json:
    """Return durations in nanoseconds; clients divide by the last one."""
    return {
        "total_duration": int(total * NANOSECONDS),
        "load_duration": 0,
        "prompt_eval_duration": int(prompt * NANOSECONDS),
        "eval_duration": max(int(answer * NANOSECONDS), 1),
    }


def _ending(result: ChatResult, times: Json) -> bytes:
    """Return the last fields of a reply, and its end."""
    fields: Json = {"done": True, "done_reason": REASONS.get(result.finish, result.finish), **times}
    if result.usage is not None:
        fields["prompt_eval_count"] = result.usage.input_tokens
        fields["eval_count"] = result.usage.output_tokens
    return json_bytes(fields)[1:]


# ------------------------------------------------------------------ whole replies


def whole_reply(read: ChatRead, result: ChatResult, now: Clock = time.time) -> bytes:
    """Return a reply in one piece."""
    style = read.style
    assert isinstance(style, Style)
    parts = result.message["content"]
    assert isinstance(parts, list)
    message = _message(parts, shows_thinking=style.shows_thinking)
    if style.is_completion:
        body: Json = {"response": message.pop("content")}
        body |= {name: message[name] for name in ("thinking",) if name in message}
        if pictures := message.get("images"):
            body["image"] = pictures[0] if isinstance(pictures, list) else None
    else:
        body = {"message": message}
    seconds = result.attempts[-1].ms / 1000 if result.attempts else 0.0
    ending = _ending(result, _times(seconds, 0.0, seconds))
    head = _head(result.model, timestamp(now()))
    return head + json_bytes(body)[1:-1] + b"," + ending


def _message(parts: list[Json], *, shows_thinking: bool) -> Json:
    """Return a message in Ollama's form."""
    message: Json = {"role": "assistant", "content": _joined(parts, "text")}
    if shows_thinking and (thinking := _joined(parts, "reasoning")):
        message["thinking"] = thinking
    calls = Calls()
    for index, part in enumerate(each for each in parts if each["type"] == "tool_call"):
        calls.add(ToolCallDelta(index, str(part["id"]), str(part["name"]), str(part["arguments"])))
    if written := calls.written():
        message["tool_calls"] = written
    if pictures := [part["data"] for part in parts if part["type"] == "image" and "data" in part]:
        message["images"] = pictures
    return message


def _joined(parts: list[Json], kind: str) -> str:
    return "".join(str(part["text"]) for part in parts if part["type"] == kind)
