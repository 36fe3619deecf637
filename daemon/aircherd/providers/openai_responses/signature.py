"""The signatures of the OpenAI Responses API: parts of an item that must go back unchanged.

A reasoning item goes back whole, with its id: OpenAI refuses its `encrypted_content` under another
id. Of a message only its `phase` goes back, which tells remarks from the answer. Messages and calls
need no id. To everything else a signature is opaque text. Sources: OpenAI's SDK and reference, and
experiments reported in issues, November 2026.
"""

import msgspec

from aircherd.providers.codec.json_in import as_map
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.parts import Part, ReasoningPart

_EMPTY_JSON = (b"", b"null", b"[]")


def sign_reasoning(
    item_id: str, summary: msgspec.Raw, content: msgspec.Raw, encrypted: str
) -> str | None:
    """Return the signature of a reasoning item, None if it holds no thinking.

    OpenAI stores nothing, so it needs the encrypted content back. Servers of open models send the
    thinking itself instead, as `content`.
    """
    has_content = bytes(content) not in _EMPTY_JSON
    if not (encrypted or has_content):
        return None
    item: dict[str, object] = {"type": "reasoning", "id": item_id}
    item["summary"] = [] if bytes(summary) in _EMPTY_JSON else summary
    if has_content:
        item["content"] = content
    if encrypted:
        item["encrypted_content"] = encrypted
    return msgspec.json.encode(item).decode()


def sign_phase(phase: str) -> str | None:
    """Return the signature of a message with this phase, None without a phase."""
    return msgspec.json.encode({"type": "message", "phase": phase}).decode() if phase else None


def reasoning_item(part: ReasoningPart) -> dict[str, object] | None:
    """Return the item that `part` came from, None if it did not come from this API."""
    item = _parse(part.signature)
    return item if item.get("type") == "reasoning" else None


def phase_of(signature: str | None) -> str | None:
    """Return the phase in a signature, None if it has none."""
    signed = _parse(signature)
    phase = signed.get("phase") if signed.get("type") == "message" else None
    return phase if isinstance(phase, str) else None


def has_reasoning(request: ChatRequest) -> bool:
    """Return whether `request` holds reasoning items, which only this API takes back."""
    return any(
        _is_reasoning_item(part)
        for message in request.messages
        if not isinstance(message.content, str)
        for part in message.content
    )


def _is_reasoning_item(part: Part) -> bool:
    return isinstance(part, ReasoningPart) and reasoning_item(part) is not None


def _parse(signature: str | None) -> dict[str, object]:
    # Other adapters of the same provider sign differently, and a client may send anything.
    if signature is None:
        return {}
    try:
        return as_map(msgspec.json.decode(signature.encode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return {}
