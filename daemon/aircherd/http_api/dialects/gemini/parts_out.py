"""The parts of a translated reply as Gemini's, in JSON."""

from typing import Final

from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.gemini.signatures import Sealed, seal
from aircherd.vocabulary.parts import OtherPart, ReasoningPart
from aircherd.vocabulary.reply import AudioDelta, ImageDelta

Before = list[ReasoningPart | OtherPart]

MAX_CARRIED: Final = 256 * 1024
"""Characters of thinking that go with one part: more is left out, clients send it back each time.
"""


class Carried:
    """What came before a part and goes with it."""

    __slots__ = ("before", "said")

    def __init__(self) -> None:
        self.before: Before = []
        self.said: str | None = None

    def __bool__(self) -> bool:
        return bool(self.before) or self.said is not None


def signature_of(origin: str, signature: str | None, carried: Carried) -> str | None:
    """Return the `thoughtSignature` of a part, None if there is nothing to carry."""
    if signature is None and not carried:
        return None
    before = carried.before
    if sum(_size(each) for each in before) > MAX_CARRIED:
        before = []
    try:
        return seal(Sealed(origin, signature, before, carried.said))
    except UnicodeEncodeError:
        return None  # half of a character: its model would not get back what it signed


def mark_of(origin: str) -> str:
    """Return the `thoughtSignature` of a call that has nothing to carry.

    Gemini refuses the first call of a turn without one, so the turn has to be known as another
    model's when the conversation goes on there.
    """
    return seal(Sealed(origin))


def _size(part: ReasoningPart | OtherPart) -> int:
    text = part.data if isinstance(part, OtherPart) else part.text
    return len(text) + len(part.signature or "")


def text_part(text: str, signature: str | None = None) -> bytes:
    """Return a text; an empty one would make a client drop the whole turn."""
    if signature is None:
        return b'{"text":%b}' % json_bytes(text)
    return b'{"text":%b,"thoughtSignature":%b}' % (json_bytes(text), json_bytes(signature))


def thought_part(text: str) -> bytes:
    """Return a thought, for people: what its model needs back is with the next part."""
    return b'{"text":%b,"thought":true}' % json_bytes(text)


def call_part(call_id: str, name: str, arguments: str, signature: str | None) -> bytes:
    """Return a call; `arguments` is a JSON object."""
    call = b'{"functionCall":{"id":%b,"name":%b,"args":%b}' % (
        json_bytes(call_id),
        json_bytes(name),
        (arguments or "{}").encode("utf-8", "replace"),
    )
    if signature is None:
        return call + b"}"
    return b'%b,"thoughtSignature":%b}' % (call, json_bytes(signature))


def media_part(made: ImageDelta | AudioDelta, signature: str | None) -> bytes:
    """Return a picture or sound."""
    part: dict[str, object] = {}
    if isinstance(made, ImageDelta) and made.data is None:
        part["fileData"] = {"fileUri": made.url or "", "mimeType": made.media_type or "image/png"}
    else:
        part["inlineData"] = {"mimeType": made.media_type or "", "data": made.data}
    if isinstance(made, AudioDelta) and made.transcript:
        part["audioTranscription"] = {"text": made.transcript}
    if signature is not None:
        part["thoughtSignature"] = signature
    return json_bytes(part)
