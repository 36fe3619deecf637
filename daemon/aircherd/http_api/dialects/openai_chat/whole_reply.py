"""Writes a translated reply in one piece."""

import time
from collections.abc import Mapping
from typing import cast

import msgspec

from aircherd.http_api.dialects.common.ids import new_id
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.dialects.openai_chat.reply_fields import (
    Json,
    annotation,
    audio,
    finish_reason,
    image,
    usage_fields,
)
from aircherd.http_api.dialects.openai_chat.request import Style
from aircherd.http_api.dialects.openai_chat.thought_marks import Mark, Thought, extra_content
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import Usage


def whole_reply(read: ChatRead, result: ChatResult) -> bytes:
    """Return the body of a translated reply."""
    style = read.style if isinstance(read.style, Style) else Style()
    reply_id = new_id("chatcmpl-")
    message = _Message(reply_id, f"{result.provider}/{result.model}", style)
    for part in cast("list[Mapping[str, object]]", result.message["content"]):
        message.add(part)
    choice = {
        "index": 0,
        "message": message.fields(),
        "logprobs": None,
        "finish_reason": finish_reason(result.finish, has_refusal=bool(message.refusal)),
    }
    return json_bytes(
        {
            "id": reply_id,
            "object": "chat.completion",
            "created": int(time.time()),
            "model": result.model,
            "choices": [choice],
            "usage": usage_fields(result.usage or Usage()),
        }
    )


class _Message:
    """The message of a reply, part by part."""

    def __init__(self, reply_id: str, origin: str, style: Style) -> None:
        self._id = reply_id
        self._origin = origin
        self._style = style
        self._text = ""
        self.refusal = ""
        self._thinking = ""
        self._thoughts: list[Thought] = []  # since the last call
        self._calls: list[Json] = []
        self._annotations: list[Json] = []
        self._images: list[Json] = []
        self._audio: Json | None = None

    def add(self, part: Mapping[str, object]) -> None:
        """Add a part as clients of the socket get it."""
        kind = part["type"]
        if kind == "text":
            self._add_text(part)
        elif kind == "reasoning":
            self._thinking += str(part["text"])
            thought = Thought(len(self._text), str(part["text"]), _text_or_none(part, "signature"))
            self._thoughts.append(thought)
        elif kind == "tool_call":
            self._calls.append(self._call(part))
        elif kind == "image":
            picture = image(part.get("data"), part.get("media_type"), part.get("url"))
            self._images.append(picture)
        elif kind == "audio":
            self._audio = audio(self._id, part.get("data"), part.get("transcript"))

    def _add_text(self, part: Mapping[str, object]) -> None:
        text = str(part["text"])
        if part.get("refusal"):
            self.refusal += text
            return
        begin = len(self._text)
        self._text += text
        for each in cast("list[object]", part.get("citations", [])):
            found = annotation(msgspec.convert(each, Citation), begin, len(self._text))
            if found is not None:
                self._annotations.append(found)

    def _call(self, part: Mapping[str, object]) -> Json:
        is_custom = bool(part.get("custom"))
        kind, text = ("custom", "input") if is_custom else ("function", "arguments")
        call = {
            "id": part["id"],
            "type": kind,
            kind: {"name": part["name"], text: part["arguments"]},
        }
        thoughts, self._thoughts = tuple(self._thoughts), []
        mark = Mark(self._origin, _text_or_none(part, "signature"), thoughts)
        return call | extra_content(mark)

    def fields(self) -> Json:
        """Return the message."""
        is_silent = bool(self._calls or self.refusal or self._audio)
        message: Json = {
            "role": "assistant",
            "content": None if is_silent and not self._text else self._text,
            "refusal": self.refusal or None,
        }
        if self._thinking and self._style.shows_thinking:
            message["reasoning_content"] = self._thinking
        if self._calls:
            message["tool_calls"] = self._calls
        if self._annotations:
            message["annotations"] = self._annotations
        if self._images:
            message["images"] = self._images
        if self._audio is not None:
            message["audio"] = self._audio
        return message


def _text_or_none(part: Mapping[str, object], name: str) -> str | None:
    value = part.get(name)
    return value if isinstance(value, str) else None
