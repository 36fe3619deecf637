"""The signatures of the OpenAI Responses API: what of an item must come back as it was.

A reasoning item goes back whole, under the id it had: OpenAI refuses its `encrypted_content` under
another. Of a message only its `phase` does, by which a model tells its remarks from its answer.
Messages and calls need no id of their own. For everybody else a signature is opaque text.
Sources: OpenAI's SDK and reference, and trials against the API told in issues, November 2026.
"""

import msgspec

from aircherd.providers.codec.json_in import as_map
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.parts import Part, ReasoningPart

_NOTHING = (b"", b"null", b"[]")


def sign_reasoning(
    item_id: str, summary: msgspec.Raw, content: msgspec.Raw, encrypted: str
) -> str | None:
    """Return the signature of a reasoning item, None if there is nothing to know it again by.

    Nothing is stored at OpenAI, so an item without its encrypted content is unknown there; servers
    of open models send the thinking itself instead, as `content`.
    """
    has_content = bytes(content) not in _NOTHING
    if not (encrypted or has_content):
        return None
    item: dict[str, object] = {"type": "reasoning", "id": item_id}
    item["summary"] = [] if bytes(summary) in _NOTHING else summary
    if has_content:
        item["content"] = content
    if encrypted:
        item["encrypted_content"] = encrypted
    return msgspec.json.encode(item).decode()


def sign_phase(phase: str) -> str | None:
    """Return the signature of a message in this phase, None if it has none."""
    return msgspec.json.encode({"type": "message", "phase": phase}).decode() if phase else None


def reasoning_item(part: ReasoningPart) -> dict[str, object] | None:
    """Return the item that `part` was; None if it was not one of this API."""
    item = _read(part.signature)
    return item if item.get("type") == "reasoning" else None


def phase_of(signature: str | None) -> str | None:
    """Return the phase of the message whose text is signed like this, None if it had none."""
    signed = _read(signature)
    phase = signed.get("phase") if signed.get("type") == "message" else None
    return phase if isinstance(phase, str) else None


def has_reasoning(request: ChatRequest) -> bool:
    """Say whether `request` holds thinking that only this API takes back."""
    return any(
        _is_ours(part)
        for message in request.messages
        if not isinstance(message.content, str)
        for part in message.content
    )


def _is_ours(part: Part) -> bool:
    return isinstance(part, ReasoningPart) and reasoning_item(part) is not None


def _read(signature: str | None) -> dict[str, object]:
    # Another adapter of the same provider signs in its own way, and a client may send anything.
    if signature is None:
        return {}
    try:
        return as_map(msgspec.json.decode(signature.encode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return {}
