"""The signatures of the OpenAI Responses API: parts of an item that must go back unchanged.

A reasoning item goes back whole, with its id: OpenAI refuses its `encrypted_content` under another
id. Of a message only its `phase` goes back, which tells remarks from the answer; of a call what it
has besides its name and arguments, such as the namespace of its tool; of a picture all but the
picture. Messages and calls need no id. To everything else a signature is opaque text. Sources:
OpenAI's SDK and reference, and experiments reported in issues, November 2026.
"""

import msgspec

from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.providers.openai_responses.schema import CALLS, IMAGE_CALL, OutputItem, other_fields
from aircherd.vocabulary.content.media import AudioPart, ImagePart
from aircherd.vocabulary.parts import OtherPart, Part, ReasoningPart

CONTENT = "content."
"""Stands before the type of a part of a message that has no word of ours, as its kind."""

_EMPTY_JSON = (b"", b"null", b"[]")
_REASONING_FIELDS = frozenset(
    {"type", "id", "summary", "content", "encrypted_content", "status", "call_id", "output_index"}
)
_CALL_FIELDS = frozenset({"type", "id", "call_id", "name", "arguments", "input", "status"})


def sign_reasoning(sent: OutputItem) -> str | None:
    """Return the signature of a reasoning item, None if it holds no thinking.

    OpenAI stores nothing, so it needs the encrypted content back. Servers of open models send the
    thinking itself instead, as `content`; OpenRouter adds the signature of the vendor behind it.
    Any other field is kept, too, as nothing else says what is in it.
    """
    further = other_fields(sent.raw, _REASONING_FIELDS)
    encrypted = as_text(sent.encrypted_content)
    has_content = bytes(sent.content) not in _EMPTY_JSON
    if not (encrypted or has_content or further):
        return None
    item: dict[str, object] = {"type": "reasoning", "id": as_text(sent.id)}
    item["summary"] = [] if bytes(sent.summary) in _EMPTY_JSON else sent.summary
    if has_content:
        item["content"] = sent.content
    if encrypted:
        item["encrypted_content"] = encrypted
    return msgspec.json.encode(item | further).decode("utf-8", "replace")


def sign_phase(phase: str) -> str | None:
    """Return the signature of a message with this phase, None without a phase."""
    return msgspec.json.encode({"type": "message", "phase": phase}).decode() if phase else None


def sign_call(item: OutputItem) -> str | None:
    """Return the signature of a call, None if it is nothing but a call."""
    fields = other_fields(item.raw, _CALL_FIELDS)
    if not fields:
        return None
    return msgspec.json.encode({"type": item.kind, **fields}).decode("utf-8", "replace")


def reasoning_item(part: ReasoningPart) -> dict[str, object] | None:
    """Return the item that `part` came from, None if it did not come from this API."""
    item = _parse(part.signature)
    return item if item.get("type") == "reasoning" else None


def phase_of(signature: str | None) -> str | None:
    """Return the phase in a signature, None if it has none."""
    signed = _parse(signature)
    phase = signed.get("phase") if signed.get("type") == "message" else None
    return phase if isinstance(phase, str) else None


def call_fields(signature: str | None) -> dict[str, object]:
    """Return what a call has besides its name and arguments."""
    signed = _parse(signature)
    if signed.get("type") not in CALLS:
        return {}
    return {name: value for name, value in signed.items() if name not in _CALL_FIELDS}


def image_fields(signature: str | None) -> dict[str, object] | None:
    """Return the item of a picture without the picture, None if it did not come from this API."""
    signed = _parse(signature)
    return signed if signed.get("type") == IMAGE_CALL else None


def is_own_image(part: ImagePart | AudioPart) -> bool:
    """Return whether a model made this picture with this API."""
    return isinstance(part, ImagePart) and image_fields(part.signature) is not None


def is_item(part: Part) -> bool:
    """Return whether a part came from this API, and can only go back to it."""
    if isinstance(part, ReasoningPart):
        return reasoning_item(part) is not None
    if isinstance(part, OtherPart):
        # Chat completions name what they send after its field.
        return part.kind.startswith(CONTENT) or _parse(part.data).get("type") == part.kind
    if isinstance(part, ImagePart):
        return is_own_image(part)
    return False


def _parse(signature: str | None) -> dict[str, object]:
    # Other adapters of the same provider sign differently, and a client may send anything.
    if signature is None:
        return {}
    try:
        return as_map(msgspec.json.decode(signature.encode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return {}
