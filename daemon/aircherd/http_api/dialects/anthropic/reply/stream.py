"""Writes a translated reply as a stream of the Anthropic Messages API.

    message_start, (content_block_start, content_block_delta ..., content_block_stop) ...,
    message_delta, message_stop

The stream begins with the first thing that a user or the client can see, so that a provider that
fails before it can be replaced. What goes back to a model alone is held until another block
follows: where a reply ends with a text, tools take its last block for the answer.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

import msgspec

from aircherd.http_api.dialects.anthropic.reply.call import GrowingCall
from aircherd.http_api.dialects.anthropic.reply.counts import (
    Counts,
    DeltaCounts,
    delta_counts,
    message_counts,
)
from aircherd.http_api.dialects.anthropic.reply.ends import End, end_of
from aircherd.http_api.dialects.anthropic.reply.errors import error_event
from aircherd.http_api.dialects.anthropic.reply.notes import picture_note, sound_note
from aircherd.http_api.dialects.anthropic.reply.open_block import OpenBlock
from aircherd.http_api.dialects.anthropic.reply.searches import Sources
from aircherd.http_api.dialects.anthropic.reply.sources import citation_of
from aircherd.http_api.dialects.anthropic.reply.thinking import (
    Redacted,
    call_carrier,
    hidden_thinking,
    other_carrier,
    text_carrier,
    thinking_signature,
)
from aircherd.http_api.dialects.anthropic.request.options import Shown
from aircherd.http_api.dialects.common.ids import new_id, safe_id
from aircherd.http_api.dialects.common.writing import json_bytes, named_event
from aircherd.http_api.dialects.dialect import Answering
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.reply import (
    AboutDelta,
    AudioDelta,
    CitationDelta,
    ImageDelta,
    InItem,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)


class _Message(msgspec.Struct, tag_field="type", tag="message"):
    id: str
    model: str
    usage: Counts
    role: str = "assistant"
    content: tuple[()] = ()
    stop_reason: None = None
    stop_sequence: None = None


class _MessageStart(msgspec.Struct, tag_field="type", tag="message_start"):
    message: _Message


class _MessageDelta(msgspec.Struct, tag_field="type", tag="message_delta"):
    delta: End
    usage: DeltaCounts


_MESSAGE_STOP: Final = named_event(b"message_stop", b'{"type":"message_stop"}')
_TEXT: Final = {"type": "text", "text": ""}
_THINKING: Final = {"type": "thinking", "thinking": "", "signature": ""}

Out = list[bytes]


class MessageStream:
    """Writes one reply; see `StreamWriter`."""

    __slots__ = (
        "_answering",
        "_block",
        "_call",
        "_calls",
        "_held",
        "_is_begun",
        "_model",
        "_origin",
        "_shown",
        "_sources",
        "_usage",
        "_waiting",
    )

    def __init__(
        self, shown: Shown, model: str | None = None, *, lists_sources: bool = False
    ) -> None:
        """`model` is the name that the reply has to bear, None for that of the model.

        `lists_sources`: what a search found is at the end, too.
        """
        self._shown: Shown = shown
        self._sources = Sources() if lists_sources else None
        self._model = model
        self._answering: Answering | None = None
        self._origin = ""
        self._is_begun = False
        self._usage: Usage | None = None
        self._block = OpenBlock()
        self._call: GrowingCall | None = None
        self._calls: set[int] = set()
        self._held: list[Redacted] = []
        self._waiting: list[ReplyEvent] = []

    # -------------------------------------------------------------- what the writer is asked for

    def write(self, events: Sequence[ReplyEvent], answering: Answering) -> bytes:
        """Return the bytes that the events of one read make; neighbouring texts become one."""
        if answering is not self._answering:
            self._answering = answering
            self._origin = f"{answering.provider}/{answering.model}"
        out: Out = []
        texts: list[str] = []
        for event in events:
            if type(event) is TextDelta and event.signature is None:
                texts.append(event.text)
                continue
            if texts:
                self._take_text("".join(texts), out)
                texts = []
            self._take(event, out)
        if texts:
            self._take_text("".join(texts), out)
        if not out:
            return b""
        return b"".join(out) if self._is_begun else self._begin(answering.model) + b"".join(out)

    def end(self, result: ChatResult) -> bytes:
        """Return what ends the stream properly."""
        out: Out = []
        self._finish_blocks(out)
        begin = b"" if self._is_begun else self._begin(result.model)
        end = end_of(result.finish, has_calls=bool(self._calls))
        delta = _MessageDelta(end, delta_counts(result.usage or self._usage))
        out.append(named_event(b"message_delta", json_bytes(delta)))
        return begin + b"".join(out) + _MESSAGE_STOP

    def fail(self, problem: Problem) -> bytes:
        """Return what ends the stream with an error. No `message_stop` follows."""
        self._is_begun = True
        return error_event(problem)

    # -------------------------------------------------------------- events

    def _begin(self, model: str) -> bytes:
        self._is_begun = True
        named = self._model or model
        message = _Message(new_id("msg_"), named, message_counts(self._usage))
        return named_event(b"message_start", json_bytes(_MessageStart(message)))

    def _take(self, event: ReplyEvent, out: Out) -> None:
        if type(event) is UsageDelta:
            self._usage = event.usage
            return
        if (call := self._call) is not None:
            if type(event) is ToolCallDelta and event.index == call.index:
                self._grow_call(call, event, out)
                return
            if self._waiting or not call.is_whole():
                self._waiting.append(event)
                return
        if (method := self._METHODS.get(type(event))) is not None:
            method(self, event, out)

    def _take_text(self, text: str, out: Out) -> None:
        """Take text. It waits while a call before it is not whole."""
        if not text:
            return
        if self._call is not None:
            self._take(TextDelta(text), out)
            return
        if self._block.kind != "text":
            self._start("text", _TEXT, out)
        out.append(self._block.add(text))

    def _on_text(self, event: TextDelta, out: Out) -> None:
        if event.text:
            if self._block.kind != "text":
                self._start("text", _TEXT, out)
            out.append(self._block.add(event.text))
        if event.signature is not None and self._block.kind == "text":
            self._stop(out)
            self._hold(text_carrier(self._shown, self._origin, event.signature))

    def _on_reasoning(self, event: ReasoningDelta, out: Out) -> None:
        if event.text and self._shown == "yes":
            if self._block.kind != "thinking":
                self._start("thinking", _THINKING, out)
            out.append(self._block.add(event.text))
        elif self._block.kind == "text":
            self._stop(out)
        if event.signature is None:
            return
        if self._block.kind == "thinking":
            self._stop(out, event.signature)
        else:
            self._hold(hidden_thinking(self._shown, self._origin, event.signature))

    def _on_citation(self, event: CitationDelta, out: Out) -> None:
        if self._sources is not None:
            self._sources.add(event.citation)
        citation = citation_of(event.citation)
        if citation is None:
            return
        if self._block.kind != "text":
            self._start("text", _TEXT, out)
        out.append(self._block.add_other(b"citations_delta", b"citation", citation))

    def _on_end_of_part(self, _event: ReplyEvent, out: Out) -> None:
        if self._block.kind in ("text", "thinking"):
            self._stop(out)

    def _on_image(self, event: ImageDelta, out: Out) -> None:
        self._note(picture_note(event.url, event.media_type), out)

    def _on_audio(self, event: AudioDelta, out: Out) -> None:
        self._note(sound_note(event.transcript, event.media_type), out)

    def _note(self, text: str, out: Out) -> None:
        self._start("text", _TEXT, out)
        out.append(self._block.add(text))
        self._stop(out)

    def _on_other(self, event: OtherDelta, _out: Out) -> None:
        self._hold(other_carrier(self._shown, self._origin, event.kind, event.data))

    # -------------------------------------------------------------- calls

    def _on_call(self, event: ToolCallDelta, out: Out) -> None:
        if event.index in self._calls:
            return  # more after a whole object, which is no part of it
        self._calls.add(event.index)
        call = GrowingCall(event.index, event.call_id or "")
        if event.signature is not None:
            self._hold(call_carrier(self._origin, call.call_id, event.signature))
        name = event.name or ""
        block = {"type": "tool_use", "id": safe_id(call.call_id), "name": name, "input": {}}
        self._start("call", block, out)
        self._call = call
        self._add_arguments(call, event, out)

    def _grow_call(self, call: GrowingCall, event: ToolCallDelta, out: Out) -> None:
        if event.signature is not None:
            self._hold(call_carrier(self._origin, call.call_id, event.signature))
        self._add_arguments(call, event, out)
        if self._waiting and call.is_whole():
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                self._take(each, out)

    def _add_arguments(self, call: GrowingCall, event: ToolCallDelta, out: Out) -> None:
        if event.arguments:
            call.add(event.arguments)
            out.append(self._block.add(event.arguments))

    # -------------------------------------------------------------- blocks

    def _start(self, kind: Any, block: object, out: Out) -> None:
        self._stop(out)
        out += map(self._block.whole, self._held)
        self._held.clear()
        out.append(self._block.start(kind, block))

    def _stop(self, out: Out, signature: str | None = None) -> None:
        """Stop the block that is open, if one is; thinking gets its signature."""
        if self._block.kind is None:
            return
        if self._block.kind == "thinking":
            signed = thinking_signature(self._origin, signature)
            out.append(self._block.add_other(b"signature_delta", b"signature", signed))
        self._call = None
        out.append(self._block.stop())

    def _hold(self, carrier: Redacted | None) -> None:
        if carrier is not None:
            self._held.append(carrier)

    def _finish_blocks(self, out: Out) -> None:
        self._stop(out)
        while self._waiting:  # a call that did not become whole before the end
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                self._take(each, out)
            self._stop(out)
        if self._calls:  # the conversation goes on, and its model wants them then
            out += map(self._block.whole, self._held)
        self._held.clear()
        if self._sources is not None:
            out += map(self._block.whole, self._sources.blocks())

    # -------------------------------------------------------------- which method takes what

    _METHODS: ClassVar[dict[type, Callable[["MessageStream", Any, Out], None]]] = {
        TextDelta: _on_text,
        ReasoningDelta: _on_reasoning,
        ToolCallDelta: _on_call,
        CitationDelta: _on_citation,
        PartEnd: _on_end_of_part,
        InItem: _on_end_of_part,
        ImageDelta: _on_image,
        AudioDelta: _on_audio,
        OtherDelta: _on_other,
        AboutDelta: _on_other,
    }
