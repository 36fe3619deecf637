"""Signatures of other vendors inside Gemini's `thoughtSignature`.

A reply that was translated has signatures that only the model which made them can read, and
thinking that has to go back to it unchanged. Clients of this API keep one opaque string with a
part, and many drop thoughts from the conversation. So the string of a call, or of a text, holds its
own signature, what came before it that has no other place, and their origin:

    base64("aircher1:" + deflate(JSON))

It goes back to the model that made it through `chat/request/origins`. It never goes to Google: see
`for_google`.
"""

import binascii
import zlib
from typing import Final

import msgspec

from aircherd.vocabulary.parts import OtherPart, ReasoningPart

MARK: Final = b"aircher1:"
"""Nine bytes, so that base64 makes the same twelve characters of them in all strings."""

START: Final = binascii.b2a_base64(MARK, newline=False).decode()

MAX_SIZE: Final = 16_000_000
"""Bytes of what the strings of a request hold: packed they would be small."""

EACH: Final = 2000
"""Bytes that each string counts for besides: opening one takes time."""

UNSIGNED: Final = "skip_thought_signature_validator"
"""Google's own substitute for the signature of a call that another model made."""


class Sealed(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """What a string holds.

    - `origin`: the model of all of it; `signature`: the part's own.
    - `before`: what came before the part and has no other place.
    - `said`: the signature of the text before the part, which came after the text had been sent.
    """

    origin: str
    signature: str | None = None
    before: list[ReasoningPart | OtherPart] = []
    said: str | None = None


_SEALED = msgspec.json.Decoder(Sealed)


def seal(sealed: Sealed) -> str:
    """Return the string for a part."""
    data = MARK + zlib.compress(msgspec.json.encode(sealed), 1)
    return binascii.b2a_base64(data, newline=False).decode()


class Unsealer:
    """Opens the strings of one request, as long as they hold no more than a conversation may."""

    __slots__ = ("_left",)

    def __init__(self, most: int = MAX_SIZE) -> None:
        self._left = most

    def open(self, text: str) -> Sealed | None:
        """Return what a string holds, None if it is not from here, was changed, or is too much."""
        if not text.startswith(START) or self._left <= 0:
            return None
        self._left -= EACH
        try:
            packed = binascii.a2b_base64(standard_base64(text))
            unpacker = zlib.decompressobj()
            data = unpacker.decompress(packed[len(MARK) :], max(self._left, 1))
            self._left -= len(data)
            return _SEALED.decode(data) if unpacker.eof else None
        except (ValueError, RecursionError, zlib.error):
            return None


def standard_base64(text: str) -> str:
    """Return base64 of either alphabet, padded or not, in the usual alphabet with padding.

    Google's library for Python writes the alphabet of URLs.
    """
    if "-" in text or "_" in text:
        text = text.replace("-", "+").replace("_", "/")
    return text if len(text) % 4 == 0 else text + "=" * (-len(text) % 4)


# ------------------------------------------------------------------ a request for Google

_Fields = dict[str, msgspec.Raw]
_FIELDS = msgspec.json.Decoder(_Fields)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_INNER: Final = ("generateContentRequest", "generate_content_request")
"""Fields of a request to count tokens that hold another request."""
_NAMES: Final = ("thoughtSignature", "thought_signature")
_IS_THOUGHT: Final = b"true"


def for_google(body: bytes) -> bytes:
    """Return a request without what is from here; nearly always it is the same.

    A conversation may go on at Google after another vendor answered in it: its calls get Google's
    substitute, its thoughts and all other strings are left out.
    """
    return bytes(_clean_request(msgspec.Raw(body))) if START.encode() in body else body


def _clean_request(body: msgspec.Raw) -> msgspec.Raw:
    fields = _FIELDS.decode(body)
    if "contents" in fields:
        contents = [_clean_content(each) for each in _items(fields["contents"])]
        fields["contents"] = msgspec.Raw(msgspec.json.encode(contents))
    for name in _INNER:
        if bytes(fields.get(name, b"")).startswith(b"{"):
            fields[name] = _clean_request(fields[name])
    return msgspec.Raw(msgspec.json.encode(fields))


def _items(raw: msgspec.Raw | None) -> list[msgspec.Raw]:
    """Return the items of a list; a single object is one too."""
    if raw is None:
        return []
    return _ITEMS.decode(raw) if bytes(raw).startswith(b"[") else [raw]


def _clean_content(content: msgspec.Raw) -> msgspec.Raw:
    data = bytes(content)
    if START.encode() not in data or not data.startswith(b"{"):
        return content
    fields = _FIELDS.decode(content)
    items = [each for each in _items(fields.get("parts")) if bytes(each).startswith(b"{")]
    cleaned = [_clean_part(_FIELDS.decode(each)) for each in items]
    fields["parts"] = msgspec.Raw(msgspec.json.encode([each for each in cleaned if each]))
    return msgspec.Raw(msgspec.json.encode(fields))


def _clean_part(part: _Fields) -> _Fields | None:
    """Return a part of another vendor's turn for Google, None for its thoughts."""
    if bytes(part.get("thought", b"")) == _IS_THOUGHT:
        return None
    for name in _NAMES:
        if START.encode() in bytes(part.get(name, b"")):
            del part[name]
            if "functionCall" in part or "function_call" in part:
                part["thoughtSignature"] = msgspec.Raw(msgspec.json.encode(UNSIGNED))
    return part
