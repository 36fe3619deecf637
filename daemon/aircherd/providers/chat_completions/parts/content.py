"""A content that is a list of parts: text, refusals, pictures and references.

Anything else stays as it came. Thinking in such a list is read with the other fields for thinking.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.chat_completions.parts.fields import (
    fields_of,
    has_content,
    items_of,
    text_in,
    value_of,
)
from aircherd.providers.chat_completions.parts.further import MAX_KIND
from aircherd.providers.chat_completions.parts.media import read_image
from aircherd.providers.chat_completions.parts.sources import NAMES, Sources
from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    CitationDelta,
    OtherDelta,
    PartEnd,
    ReplyEvent,
    TextDelta,
)

PREFIX: Final = "content."
"""Of the kinds of parts that have no word of ours."""

MAX_PARTS: Final = 10_000
"""Of one content."""

REFERENCES: Final = ("reference", "tool_reference")
"""The types of parts that say what the text before them is based on."""

_TEXTS: Final = ("text", "output_text", None)
_IMAGES: Final = ("image_url", "image", "output_image")


def read_content(raw: msgspec.Raw, sources: Sources) -> list[ReplyEvent]:
    """Return the events of a content that is a list of parts, or one part."""
    items = items_of(raw)
    parts = [raw] if items is None else items
    if len(parts) > MAX_PARTS:
        fail(FailureClass.PROTOCOL, f"sent a message with more than {MAX_PARTS} parts")
    return [event for part in parts for event in _read_part(part, sources)]


def _read_part(raw: msgspec.Raw, sources: Sources) -> list[ReplyEvent]:
    if not has_content(raw):
        return []
    value = value_of(raw)
    if isinstance(value, str):
        return [TextDelta(value)]
    fields = as_map(value)
    kind = fields.get("type")
    if kind in _TEXTS and isinstance(text := fields.get("text"), str):
        return [*([TextDelta(text)] if text else ()), *_besides(raw, sources, "text")]
    if kind == "thinking" and isinstance(fields.get("thinking"), str | list):
        return _besides(raw, sources, "thinking")
    return _special_part(fields, kind, raw, sources)


def _special_part(
    fields: dict[str, object], kind: object, raw: msgspec.Raw, sources: Sources
) -> list[ReplyEvent]:
    if kind == "refusal" and (text := as_text(fields.get("refusal"))):
        return [TextDelta(text, refusal=True), *_besides(raw, sources, "refusal")]
    if kind in REFERENCES:
        return [CitationDelta(_reference(fields, raw)), PartEnd()]
    if kind in _IMAGES and (image := read_image(fields)):
        return [image, *_besides(raw, sources, "image_url", "b64_json", "url", "media_type")]
    return [OtherDelta((PREFIX + (as_text(kind) or "part"))[:MAX_KIND], text_in(raw))]


def _reference(fields: Mapping[str, object], raw: msgspec.Raw) -> Citation:
    """Return Mistral's reference to what its tools found, which goes back as it came."""
    return Citation(
        url=as_text(fields.get("url")) or None,
        title=as_text(fields.get("title")) or None,
        quote=as_text(fields.get("description")) or None,
        data=text_in(raw),
    )


def _besides(raw: msgspec.Raw, sources: Sources, *known: str) -> list[ReplyEvent]:
    """Return what a part has besides what is known, and which is no part of the conversation."""
    events: list[ReplyEvent] = []
    for name, value in fields_of(raw).items():
        if name not in ("type", *known) and has_content(value):
            rest = sources.add(value) if name in NAMES else [value]
            events += [OtherDelta(f"{known[0]}.{name}"[:MAX_KIND], text_in(each)) for each in rest]
    return events
