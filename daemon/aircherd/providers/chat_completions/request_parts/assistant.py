"""What a model said before, as a message of the assistant.

What has no word of ours goes back in its place, as its kind tells (see `parts.rare`): fields of the
message, parts of its content, entries among its calls. Anything else described the reply, and does
not go back. Sound goes back by its id, pictures in `images` where they came in that field.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from aircherd.providers.chat_completions.calls.extras import extras_in
from aircherd.providers.chat_completions.parts.content import PREFIX, REFERENCES
from aircherd.providers.chat_completions.parts.rare import CALLS_PREFIX, IMAGES_SIGNATURE
from aircherd.providers.chat_completions.quirks import Quirks, safe_id
from aircherd.providers.chat_completions.request_parts.attachments import (
    ContentPart,
    image_part,
    marked,
)
from aircherd.providers.chat_completions.thinking import MessageJson
from aircherd.providers.codec.call_arguments import call_arguments_text
from aircherd.providers.codec.json_in import as_map, as_text, branch
from aircherd.providers.codec.turns import Turn
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.content.media import AudioPart, ImagePart
from aircherd.vocabulary.parts import OtherPart, ReasoningPart, TextPart, ToolCallPart

_ANY: Final = msgspec.json.Decoder()
_LEVEL: Final = "."
"""Is in the kinds of what was not a field of the message."""


def keeps_media(part: ImagePart | AudioPart, *, images: bool) -> bool:
    """Return whether what a model made stays in its message; with `images`, pictures may."""
    if isinstance(part, AudioPart):
        return bool(_sound_id(part))
    return images and part.signature == IMAGES_SIGNATURE


def assistant_message(turn: Turn, quirks: Quirks) -> MessageJson:
    """Return what the assistant said in one turn."""
    content = _content(turn.parts, quirks)
    message: MessageJson = {"role": "assistant", "content": content}
    calls: list[object] = [_call(call, quirks) for call in turn.calls]
    further, more_calls = _others(turn.parts)
    if calls or more_calls:
        message |= {"content": content or None, "tool_calls": calls + more_calls}
    message |= _media(turn.parts)
    if "audio" in message and not content:
        message["content"] = None
    message = {**message, **{name: raw for name, raw in further.items() if name not in message}}
    thoughts = [part for part in turn.parts if isinstance(part, ReasoningPart)]
    return quirks.add_thinking(message, thoughts) if thoughts else message


def _call(call: ToolCallPart, quirks: Quirks) -> MessageJson:
    identity = safe_id(call.id, quirks.call_id)
    if call.custom and "custom" in quirks.tools:
        custom = {"name": call.name, "input": call.arguments}
        return {"id": identity, "type": "custom", "custom": custom}
    function = {"name": call.name, "arguments": call_arguments_text(call)}
    sent: MessageJson = {"id": identity, "type": "function", "function": function}
    return sent | extras_in(call.signature) if call.signature else sent


# ------------------------------------------------------------------ content


def _content(parts: Sequence[object], quirks: Quirks) -> str | list[object]:
    """Return the content: a string, as some servers take nothing else, or a list if needed."""
    blocks = [block for part in parts for block in _blocks(part, quirks)]
    if any(block is not None for block in blocks):
        return [block for part in parts for block in _all_blocks(part, quirks)]
    return _text(parts)


def _text(parts: Sequence[object]) -> str:
    """Return the texts as one; those that only thinking stands between came as one."""
    pieces: list[str] = []
    before: object = None
    for part in parts:
        if isinstance(part, TextPart):
            if pieces and not isinstance(before, ReasoningPart):
                pieces.append("\n\n")
            pieces.append(part.text)
        before = part
    return "".join(pieces)


def _blocks(part: object, quirks: Quirks) -> list[object]:
    """Return what of a part needs a list of parts."""
    if isinstance(part, OtherPart):
        raw = _json(part) if part.kind.startswith(PREFIX) else None
        return [] if raw is None else [raw]
    if not isinstance(part, TextPart):
        return []
    needs_list = (part.refusal and quirks.has_refusals) or (part.cache and quirks.takes_marks)
    references = [raw for each in part.citations if (raw := _reference(each)) is not None]
    return [part, *references] if needs_list else [*references]


def _all_blocks(part: object, quirks: Quirks) -> list[object]:
    if not isinstance(part, TextPart):
        return _blocks(part, quirks)
    references = [raw for each in part.citations if (raw := _reference(each)) is not None]
    if not part.text:
        return [*references]
    block: ContentPart = {"type": "text", "text": part.text}
    if part.refusal and quirks.has_refusals:
        block = {"type": "refusal", "refusal": part.text}
    return [marked(block, part.cache, takes_marks=quirks.takes_marks), *references]


def _reference(citation: Citation) -> msgspec.Raw | None:
    """Return Mistral's reference behind a text, None for any other source."""
    if citation.data is None:
        return None
    raw = msgspec.Raw(citation.data.encode("utf-8", "replace"))
    return raw if as_map(branch(_ANY, raw)).get("type") in REFERENCES else None


# ------------------------------------------------------------------ everything else


def _media(parts: Sequence[object]) -> MessageJson:
    images = [image_part(part) for part in parts if isinstance(part, ImagePart)]
    sounds = [_sound_id(part) for part in parts if isinstance(part, AudioPart)]
    fields: MessageJson = {"images": images} if images else {}
    return fields | {"audio": {"id": sounds[-1]}} if sounds else fields


def _sound_id(sound: AudioPart) -> str:
    if sound.signature is None:
        return ""
    raw = msgspec.Raw(sound.signature.encode("utf-8", "replace"))
    return as_text(as_map(branch(_ANY, raw)).get("id"))


def _others(parts: Sequence[object]) -> tuple[MessageJson, list[object]]:
    """Return fields of the message, and entries among its calls, that are as they came."""
    fields: MessageJson = {}
    calls: list[object] = []
    for part in parts:
        raw = _json(part) if isinstance(part, OtherPart) else None
        if raw is None or not isinstance(part, OtherPart):
            continue
        if part.kind.startswith(CALLS_PREFIX):
            calls.append(raw)
        elif _LEVEL not in part.kind:
            fields[part.kind] = raw
    return fields, calls


def _json(part: OtherPart) -> msgspec.Raw | None:
    """Return the JSON of a part, None if it is damaged as it was when it came."""
    data = part.data.encode("utf-8", "replace")
    try:
        _ANY.decode(data)
    except (ValueError, RecursionError):
        return None
    return msgspec.Raw(data)
