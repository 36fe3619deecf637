"""What a Chat Completions message holds besides text, thinking and calls of functions.

Refusals, sources, sound and pictures. Sound goes back by its id; what OpenRouter read for a search
may come back, but only unchanged. Sources: OpenAI's SDK, OpenRouter's documentation, November 2026.
"""

import base64
from typing import Any

from aircherd.testing.simulator import script
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import Refusal, refuse

Json = dict[str, Any]

SOUND_ID = "audio_68b0c2f1"
READ: Json = {"type": "file", "file": {"hash": "c0ffee", "name": "found", "content": []}}
"""What a search read, so that it need not be read again."""

_PIECE = 20
"""Bytes of sound in a chunk."""


def is_special(answer: script.Answer) -> bool:
    """Return whether the pieces of an answer are not its content."""
    return answer.finish == "refusal" or answer.media is not None


def whole_fields(answer: script.Answer) -> Json:
    """Return the further fields of a whole message."""
    text = "".join(answer.pieces)
    fields: Json = {}
    if answer.finish == "refusal":
        fields |= {"content": None, "refusal": text}
    if answer.search is not None:
        fields["annotations"] = _annotations(text)
    if answer.media == "image":
        fields |= {"content": "", "images": _images()}
    if answer.media == "audio":
        sound = {"id": SOUND_ID, "data": script.SOUND, "expires_at": 1_790_003_600}
        fields |= {"content": None, "audio": {**sound, "transcript": text}}
    return fields


def deltas(answer: script.Answer) -> list[Json]:
    """Return the deltas in which the same comes in a stream."""
    if answer.finish == "refusal":
        return [{"refusal": piece} for piece in answer.pieces]
    if answer.search is not None:
        return [{"annotations": [each]} for each in _annotations("".join(answer.pieces))]
    if answer.media == "image":
        return [{"content": "", "images": _images()}]
    return _sound_deltas(answer) if answer.media == "audio" else []


def _sound_deltas(answer: script.Answer) -> list[Json]:
    data = base64.b64decode(script.SOUND)
    pieces = [data[at : at + _PIECE] for at in range(0, len(data), _PIECE)]
    parts: list[Json] = [{"id": SOUND_ID}]
    parts += [{"transcript": piece} for piece in answer.pieces]
    parts += [{"data": base64.b64encode(piece).decode()} for piece in pieces]
    return [{"audio": part} for part in (*parts, {"expires_at": 1_790_003_600})]


def _annotations(text: str) -> list[Json]:
    found = {"url": script.FOUND_URL, "title": script.FOUND_TITLE}
    place = {"start_index": 0, "end_index": len(text)}
    return [{"type": "url_citation", "url_citation": {**found, **place}}, READ]


def _images() -> list[Json]:
    url = f"data:image/png;base64,{script.PICTURE}"
    return [{"type": "image_url", "image_url": {"url": url}, "index": 0}]


# ------------------------------------------------------------------ requests


def hosted_of(context: Context) -> list[str]:
    """Return the hosted tools of a request: only OpenRouter has a search."""
    types = [tool.get("type") for tool in context.body.get("tools") or []]
    is_searching = context.vendor == "openrouter" and "openrouter:web_search" in types
    return ["web_search"] if is_searching else []


def modalities_of(context: Context) -> list[str]:
    """Return the requested forms of the answer.

    Raises:
        Refusal: sound is requested without a voice and a format.
    """
    modalities: list[str] = context.body.get("modalities") or []
    audio = context.body.get("audio") or {}
    if "audio" in modalities and not (audio.get("voice") and audio.get("format")):
        raise refuse(context.vendor, "Missing required parameter: 'audio'.", param="audio")
    if "audio" in modalities and context.body.get("stream") and audio["format"] != "pcm16":
        raise refuse(
            context.vendor,
            "audio.format' does not support 'wav' when stream=true. Supported values are: 'pcm16'.",
            param="audio.format",
        )
    return modalities


def check_returned(vendor: str, message: Json) -> None:
    """Check what of an earlier message came back.

    Raises:
        Refusal: it was changed, or is unknown.
    """
    audio = message.get("audio")
    if audio is not None and audio != {"id": SOUND_ID}:
        raise _changed(vendor, "audio")
    annotations = message.get("annotations")
    if annotations is not None and annotations != [READ]:
        raise _changed(vendor, "annotations")


def _changed(vendor: str, name: str) -> Refusal:
    return refuse(vendor, f"Invalid '{name}' in an assistant message.", param=name)


def count_marks(context: Context) -> int:
    """Return the number of marks for the prompt cache, which OpenRouter passes on.

    Raises:
        Refusal: there are too many.
    """
    body = context.body
    contents = [each.get("content") for each in body["messages"]]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    marks = sum("cache_control" in each for each in (*parts, *(body.get("tools") or ())))
    if context.vendor != "openrouter":
        return 0
    if marks > 4:
        message = f"A maximum of 4 blocks with cache_control may be provided. Found {marks}."
        raise refuse("openrouter", f"Provider returned error: {message}")
    return marks
