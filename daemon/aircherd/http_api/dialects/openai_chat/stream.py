"""Writes a translated reply as a stream of chunks.

All chunks of a reply have the same outer part, so it is encoded once. A piece of text, of which
most replies consist, costs one encoded string.
"""

import time
from collections.abc import Sequence
from typing import Final

from aircherd.http_api.dialects.common.ids import new_id
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.dialect import Answering, ChatRead
from aircherd.http_api.dialects.openai_chat.errors import stream_error
from aircherd.http_api.dialects.openai_chat.reply_fields import (
    annotation,
    audio,
    finish_reason,
    image,
    usage_fields,
)
from aircherd.http_api.dialects.openai_chat.request import Style
from aircherd.http_api.dialects.openai_chat.thought_marks import Mark, Thought, extra_content
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.reply import (
    AudioDelta,
    CitationDelta,
    ImageDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
)

DONE: Final = b"data: [DONE]\n\n"
_NO_FINISH: Final = b',"logprobs":null,"finish_reason":null}]'


class ChatStream:
    """Writes one stream; see `StreamWriter`."""

    def __init__(self, read: ChatRead) -> None:
        style = read.style if isinstance(read.style, Style) else Style()
        self._style = style
        self._id = new_id("chatcmpl-")
        self._created = int(time.time())
        self._answering: Answering | None = None
        self._has_begun = False
        self._has_refusal = False
        # With the counts asked for, all chunks have the field.
        self._tail = _NO_FINISH + (b',"usage":null}\n\n' if style.include_usage else b"}\n\n")
        self._text_tail = b"}" + self._tail
        self._outer = b""
        self._text_head = b""
        self._length = 0  # characters of the content so far
        self._part_begin = 0  # where its last part began
        self._annotations = 0
        self._images = 0
        self._thinking: list[str] = []  # of the run that goes on
        self._thinking_at = 0
        self._thoughts: list[Thought] = []  # since the last call
        self._marked: set[int] = set()  # calls that carry a mark
        self._bare: set[int] = set()  # calls without arguments, so far

    # -------------------------------------------------------------- the protocol

    def write(self, events: Sequence[ReplyEvent], answering: Answering) -> bytes:
        """Return the chunks that the events of one read make."""
        if answering is not self._answering:
            self._set_answering(answering)
        out: list[bytes] = []
        for event in events:
            if type(event) is TextDelta and not event.refusal:
                if event.text:
                    self._write_text(event, out)
                if event.signature is not None:
                    self._part_begin = self._length
            elif type(event) is ToolCallDelta:
                self._write_call(event, out)
            elif type(event) is ReasoningDelta:
                self._write_thinking(event, out)
            else:
                self._write_rare(event, out)
        return b"".join(out)

    def end(self, result: ChatResult) -> bytes:
        """Return the last chunks: why the reply ended, and what it used if that was asked for."""
        if self._answering is None:
            self._set_answering(Answering(result.provider, result.model))
        out: list[bytes] = []
        if not self._has_begun:
            self._begin(out, b'""')
        if result.finish != "length":  # it may have cut them off
            for index in sorted(self._bare):
                bare = {"index": index, "function": {"arguments": "{}"}}
                self._add(out, {"tool_calls": [bare]})
        reason = finish_reason(result.finish, has_refusal=self._has_refusal)
        null_usage = b',"usage":null' if self._style.include_usage else b""
        out.append(
            b'%b{"index":0,"delta":{},"logprobs":null,"finish_reason":"%b"}]%b}\n\n'
            % (self._outer, reason.encode(), null_usage)
        )
        if self._style.include_usage:
            usage = json_bytes(usage_fields(result.usage or Usage()))
            out.append(b'%b],"usage":%b}\n\n' % (self._outer, usage))
        out.append(DONE)
        return b"".join(out)

    def fail(self, problem: Problem) -> bytes:
        """Return an error."""
        return stream_error(problem)

    # -------------------------------------------------------------- chunks

    def _set_answering(self, answering: Answering) -> None:
        if answering == self._answering:
            return
        self._answering = answering
        outer = {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": answering.model,
        }
        self._outer = b'data: %b,"choices":[' % json_bytes(outer)[:-1]
        self._text_head = self._outer + b'{"index":0,"delta":{"content":'

    def _begin(self, out: list[bytes], content: bytes) -> None:
        self._has_begun = True
        out.append(
            b'%b{"index":0,"delta":{"role":"assistant","content":%b}%b'
            % (self._outer, content, self._tail)
        )

    def _add(self, out: list[bytes], delta: dict[str, object]) -> None:
        if not self._has_begun:
            self._begin(out, b"null")
        out.append(b'%b{"index":0,"delta":%b%b' % (self._outer, json_bytes(delta), self._tail))

    # -------------------------------------------------------------- events

    def _write_text(self, event: TextDelta, out: list[bytes]) -> None:
        if not self._has_begun:
            self._begin(out, b'""')
        if self._thinking:
            self._end_thinking(None)
        out += (self._text_head, json_bytes(event.text), self._text_tail)
        self._length += len(event.text)

    def _write_thinking(self, event: ReasoningDelta, out: list[bytes]) -> None:
        self._part_begin = self._length
        if event.text and self._style.shows_thinking:
            self._add(out, {"reasoning_content": event.text})
        if self._style.has_tools:
            if not self._thinking:
                self._thinking_at = self._length
            self._thinking.append(event.text)
            if event.signature is not None:
                self._end_thinking(event.signature)

    def _end_thinking(self, signature: str | None) -> None:
        text = "".join(self._thinking)
        self._thinking.clear()
        self._thoughts.append(Thought(self._thinking_at, text, signature))

    def _write_call(self, event: ToolCallDelta, out: list[bytes]) -> None:
        self._part_begin = self._length
        if self._thinking:
            self._end_thinking(None)
        kind, text = ("custom", "input") if event.custom else ("function", "arguments")
        called: dict[str, object] = {text: event.arguments}
        call: dict[str, object] = {"index": event.index}
        if event.call_id is not None:
            called = {"name": event.name, **called}
            call |= {"id": event.call_id, "type": kind}
        if event.arguments:
            self._bare.discard(event.index)
        elif event.call_id is not None and not event.custom:
            self._bare.add(event.index)
        call[kind] = called
        if self._thoughts or event.signature is not None:
            call |= self._mark(event)
        self._add(out, {"tool_calls": [call]})

    def _mark(self, event: ToolCallDelta) -> dict[str, object]:
        """Return the fields with the mark of a call. It has one: clients join equal fields."""
        thoughts, self._thoughts = tuple(self._thoughts), []
        if event.index in self._marked or self._answering is None:
            return {}
        self._marked.add(event.index)
        origin = f"{self._answering.provider}/{self._answering.model}"
        return extra_content(Mark(origin, event.signature, thoughts))

    def _write_rare(self, event: ReplyEvent, out: list[bytes]) -> None:
        if isinstance(event, TextDelta):
            if event.text:
                self._has_refusal = True
                self._add(out, {"refusal": event.text})
        elif isinstance(event, CitationDelta):
            self._write_citation(event, out)
        elif isinstance(event, PartEnd):
            self._part_begin = self._length
            if self._thinking:
                self._end_thinking(None)
        elif isinstance(event, ImageDelta):
            picture = image(event.data, event.media_type, event.url)
            self._add(out, {"images": [{"index": self._images, **picture}]})
            self._images += 1
        elif isinstance(event, AudioDelta):
            self._add(out, {"audio": audio(self._id, event.data, event.transcript)})

    def _write_citation(self, event: CitationDelta, out: list[bytes]) -> None:
        found = annotation(event.citation, self._part_begin, self._length)
        if found is not None:
            # The SDKs join lists by this index.
            self._add(out, {"annotations": [{"index": self._annotations, **found}]})
            self._annotations += 1
