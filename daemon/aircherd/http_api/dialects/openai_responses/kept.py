"""What a reply's model needs back, in reasoning items that clients keep: pure.

Clients of this API send reasoning items back as they came, `encrypted_content` included, because
OpenAI stores nothing for them. In a translated reply that field holds a carrier:

- `thinking`: the item is the thinking of a model; its signature, and a digest of its text.
- `before`: the signature and the citations of the part before it.
- `calls`: the signatures of tool calls, by their ids.
- `other`: a part that has no word of ours.

OpenAI would refuse such items, so they are cut out of a body that goes there.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.carriers import Carried, carry
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.parts import (
    OtherPart,
    Part,
    ReasoningPart,
    TextPart,
    seal,
)

THINKING: Final = "thinking"
BEFORE: Final = "before"
CALLS: Final = "calls"
OTHER: Final = "other"

_CITATIONS: Final = msgspec.json.Decoder(list[Citation])


def keep_thinking(origin: str, text: str, signature: str | None) -> str | None:
    """Return the carrier of a model's thinking, of which the item itself has the text."""
    return carry(origin, THINKING, signature, _digest(text))


def keep_before(
    origin: str, signature: str | None, citations: Sequence[Citation] = ()
) -> str | None:
    """Return the carrier for the part before it, None if that needs none."""
    own = [each for each in citations if each.data is not None]
    if signature is None and not own:
        return None
    sources = msgspec.json.encode(list(citations)).decode() if own else None
    return carry(origin, BEFORE, signature, sources)


def keep_calls(origin: str, signatures: Mapping[str, str]) -> str | None:
    """Return the carrier of the signatures of tool calls, None if there are none."""
    if not signatures:
        return None
    return carry(origin, CALLS, *(text for pair in signatures.items() for text in pair))


def keep_other(origin: str, kind: str, data: str) -> str | None:
    """Return the carrier of a part that has no word of ours."""
    return carry(origin, OTHER, kind, data, seal(kind, origin, data))


Places = dict[str, tuple[list[Part], int]]
"""Id of a tool call -> where it stands."""


def restore(kept: Carried, text: str, parts: list[Part], calls: Places) -> None:
    """Add what a carrier holds to the assistant's parts before it; `text` is that of its item.

    What was changed on its way is left out: no model would take it.
    """
    if kept.kind == CALLS:
        _restore_calls(kept, calls)
    elif (restorer := _RESTORERS.get(kept.kind)) is not None:
        restorer(kept, text, parts)


def _thinking(kept: Carried, text: str, parts: list[Part]) -> None:
    if len(kept.values) == 2 and kept.values[1] == _digest(text):
        parts.append(ReasoningPart(text, kept.values[0], kept.origin))


def _before(kept: Carried, text: str, parts: list[Part]) -> None:
    del text
    part = parts[-1] if parts else None
    if len(kept.values) != 2 or not isinstance(part, TextPart | ImagePart):
        return
    signature, sources = kept.values
    if isinstance(part, TextPart) and sources:
        part = msgspec.structs.replace(part, citations=_citations(sources))
    parts[-1] = msgspec.structs.replace(part, signature=signature, origin=kept.origin)


def _citations(sources: str) -> list[Citation]:
    try:
        return _CITATIONS.decode(sources)
    except (ValueError, RecursionError):
        return []


def _restore_calls(kept: Carried, calls: Places) -> None:
    # Clients may put results between calls and this.
    for call_id, signature in zip(kept.values[::2], kept.values[1::2], strict=False):
        if (place := calls.get(call_id or "")) is not None:
            parts, number = place
            signed = msgspec.structs.replace(parts[number], signature=signature, origin=kept.origin)
            parts[number] = signed


def _other(kept: Carried, text: str, parts: list[Part]) -> None:
    del text
    if len(kept.values) == 3 and kept.values[0] and kept.values[1]:
        kind, data, signature = kept.values
        parts.append(OtherPart(kind or "", kept.origin, data or "", signature))


_RESTORERS: Final = {THINKING: _thinking, BEFORE: _before, OTHER: _other}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
