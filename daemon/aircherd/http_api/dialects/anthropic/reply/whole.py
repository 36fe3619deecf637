"""A translated reply in one piece."""

from collections.abc import Mapping
from typing import cast

import msgspec

from aircherd.http_api.dialects.anthropic.reply.call import is_object
from aircherd.http_api.dialects.anthropic.reply.counts import Counts, message_counts
from aircherd.http_api.dialects.anthropic.reply.ends import Refused, end_of
from aircherd.http_api.dialects.anthropic.reply.notes import picture_note, sound_note
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
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.content.citations import Citation


class _Text(msgspec.Struct, tag_field="type", tag="text", omit_defaults=True):
    text: str
    citations: list[object] | None = None


class _Thinking(msgspec.Struct, tag_field="type", tag="thinking"):
    thinking: str
    signature: str


class _Call(msgspec.Struct, tag_field="type", tag="tool_use"):
    id: str
    name: str
    input: msgspec.Raw


_Block = _Text | _Thinking | _Call | Redacted


class _Message(msgspec.Struct, tag_field="type", tag="message"):
    id: str
    model: str
    content: list[_Block]
    stop_reason: str
    stop_details: Refused | None
    usage: Counts
    role: str = "assistant"
    stop_sequence: None = None


def whole_reply(result: ChatResult, shown: Shown, model: str | None = None) -> bytes:
    """Return the body of a reply; `model` is the name that it has to bear, if not the model's."""
    blocks = _Blocks(shown, f"{result.provider}/{result.model}")
    for part in cast("list[Mapping[str, object]]", result.message["content"]):
        blocks.add(part)
    content = blocks.finish()
    end = end_of(result.finish, has_calls=blocks.has_calls)
    usage = message_counts(result.usage)
    message = _Message(
        new_id("msg_"), model or result.model, content, end.stop_reason, end.stop_details, usage
    )
    return json_bytes(message)


class _Blocks:
    """The blocks of a reply, in the order in which a stream has them."""

    def __init__(self, shown: Shown, origin: str) -> None:
        self._shown: Shown = shown
        self._origin = origin
        self._content: list[_Block] = []
        self._held: list[Redacted] = []
        self.has_calls = False

    def add(self, part: Mapping[str, object]) -> None:
        """Add what a part makes."""
        kind = part["type"]
        origin = _text(part, "origin") or self._origin
        if kind == "text":
            self._add_text(part, origin)
        elif kind == "reasoning":
            self._add_thinking(part, origin)
        elif kind == "tool_call":
            self._add_call(part, origin)
        elif kind == "other":
            data = _text(part, "data")
            self._hold(other_carrier(self._shown, origin, _text(part, "kind"), data))
        else:
            media_type = _text(part, "media_type")
            is_picture = kind == "image"
            url, transcript = _text(part, "url"), _text(part, "transcript")
            note = (
                picture_note(url, media_type) if is_picture else sound_note(transcript, media_type)
            )
            self._put(_Text(note))

    def finish(self) -> list[_Block]:
        """Return all blocks. What only its model needs follows the last one after calls alone."""
        if self.has_calls:
            self._content += self._held
        return self._content

    def _add_text(self, part: Mapping[str, object], origin: str) -> None:
        text, cited = _text(part, "text"), _citations(part)
        if text or cited:
            self._put(_Text(text, cited or None))
            if signature := _text(part, "signature"):
                self._hold(text_carrier(self._shown, origin, signature))

    def _add_thinking(self, part: Mapping[str, object], origin: str) -> None:
        text, signature = _text(part, "text"), _text(part, "signature")
        if text and self._shown == "yes":
            self._put(_Thinking(text, thinking_signature(origin, signature or None)))
        elif signature:
            self._hold(hidden_thinking(self._shown, origin, signature))

    def _add_call(self, part: Mapping[str, object], origin: str) -> None:
        call_id, arguments = _text(part, "id"), _text(part, "arguments") or "{}"
        if not is_object(arguments):
            return  # cut off: half a call must never be run
        if signature := _text(part, "signature"):
            self._hold(call_carrier(origin, call_id, signature))
        raw = msgspec.Raw(arguments.encode("utf-8", "replace"))
        self._put(_Call(safe_id(call_id), _text(part, "name"), raw))
        self.has_calls = True

    def _put(self, block: _Block) -> None:
        self._content += self._held
        self._held = []
        self._content.append(block)

    def _hold(self, carrier: Redacted | None) -> None:
        if carrier is not None:
            self._held.append(carrier)


def _citations(part: Mapping[str, object]) -> list[object]:
    found = part.get("citations") or ()
    ours = msgspec.convert(found, list[Citation])
    return [each for each in map(citation_of, ours) if each is not None]


def _text(part: Mapping[str, object], name: str) -> str:
    value = part.get(name)
    return value if isinstance(value, str) else ""
