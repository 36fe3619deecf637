"""What messages and results of tools hold: texts, pictures, files, sound."""

from collections.abc import Sequence
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.attached import SOUNDS, data_of
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.openai_responses.request.body import Content
from aircherd.vocabulary.content.cache import CacheMark
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.parts import Part, TextPart

_TEXTS: Final = ("input_text", "output_text", "text", "summary_text", "reasoning_text")


class _Sound(msgspec.Struct, gc=False):
    data: str
    format: str = ""


class _Breakpoint(msgspec.Struct, gc=False):
    ttl: str | None = None


_SOUND: Final = msgspec.json.Decoder(_Sound)
_BREAKPOINT: Final = msgspec.json.Decoder(_Breakpoint | None)


def read_content(
    content: str | Sequence[Content] | None, path: str, notes: Unsaid
) -> str | list[Part]:
    """Return the content of a message; a single text without marks is a string."""
    if content is None or isinstance(content, str):
        return content or ""
    if len(content) == 1 and is_plain(content[0]):
        return content[0].text or ""
    return [read_part(part, f"{path}.content[{n}]", notes) for n, part in enumerate(content)]


def is_plain(content: Content) -> bool:
    """Return whether a part is nothing but text."""
    return content.type in _TEXTS and not content.prompt_cache_breakpoint


def read_part(content: Content, path: str, notes: Unsaid) -> Part:
    """Return a part; what cannot be said is noted, and a text stands for it."""
    try:
        part = _part(content)
        reason = f"{path}.{_unsayable(content)}" if part is None else ""
    except (ValueError, RecursionError) as error:
        # It may be of a kind that OpenAI takes, and no other provider.
        part, reason = None, f"{path}: {error}"
    if part is not None:
        return part
    notes.add(reason)
    return TextPart(f"[{content.type}]")


def _part(content: Content) -> Part | None:
    kind = content.type
    if kind in _TEXTS:
        return TextPart(content.text or "", cache=_mark(content))
    if kind == "refusal":
        return TextPart(content.refusal or "", refusal=True)
    if kind == "input_image":
        return _image(content)
    if kind == "input_file":
        return _file(content)
    if kind == "input_audio" and content.input_audio:
        sound = _SOUND.decode(content.input_audio)
        return AudioPart(sound.data, SOUNDS.get(sound.format), cache=_mark(content))
    return None


def _unsayable(content: Content) -> str:
    return "file_id" if content.file_id is not None else f'type "{content.type}"'


def _image(content: Content) -> ImagePart | None:
    url = content.image_url
    if not url:
        return None
    media_type, data = data_of(url)
    if data is None:
        return ImagePart(url=url, cache=_mark(content))
    return ImagePart(data=data, media_type=media_type, cache=_mark(content))


def _file(content: Content) -> DocumentPart | None:
    mark = _mark(content)
    if content.file_url:
        return DocumentPart(url=content.file_url, name=content.filename, cache=mark)
    if not content.file_data:
        return None
    media_type, data = data_of(content.file_data)
    return DocumentPart(
        data=content.file_data if data is None else data,
        media_type=media_type or "application/pdf",
        name=content.filename,
        cache=mark,
    )


def _mark(content: Content) -> CacheMark:
    if not content.prompt_cache_breakpoint:
        return False
    found = _BREAKPOINT.decode(content.prompt_cache_breakpoint)
    if found is None:
        return False
    return "1h" if found.ttl == "12h" else True


# ------------------------------------------------------------------ results of tools


def read_output(
    output: object, path: str, notes: Unsaid
) -> str | list[TextPart | ImagePart | DocumentPart]:
    """Return what a tool gave back: a text, or parts. JSON of any other form becomes text."""
    if isinstance(output, str):
        return output
    if output is None:
        return ""
    try:
        contents = msgspec.convert(output, list[Content])
    except msgspec.ValidationError:
        if _has_types(output):
            notes.add(f"{path}.output")
        return json_bytes(output).decode()
    parts = [read_part(part, f"{path}.output[{n}]", notes) for n, part in enumerate(contents)]
    kept = [part for part in parts if isinstance(part, TextPart | ImagePart | DocumentPart)]
    if len(kept) < len(parts):
        notes.add(f"{path}.output: sound in the result of a tool")
    return kept


def _has_types(output: object) -> bool:
    """Return whether an output has parts of a kind that is not known here."""
    parts = output if isinstance(output, list) else [output]
    return any(isinstance(part, dict) and "type" in part for part in parts)
