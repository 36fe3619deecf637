"""Reads JSON from a vendor: strict about its overall shape, lenient about the details.

A reply that does not have the shape of the API is a PROTOCOL failure. An unexpected count, text or
part counts as missing: null in place of a number is no reason to fail. What the strict decoder
refuses is repaired where nothing is lost by that: see `lenient_json`.
"""

from typing import Annotated, Final, TypeVar

import msgspec
import structlog

from aircherd.errors import ProviderFailed
from aircherd.providers.codec.lenient_json import decode_leniently
from aircherd.vocabulary.failure import Failure, FailureClass

T = TypeVar("T")
log = structlog.get_logger()

MAX_COUNT = 2**53 - 1
"""The largest count: what JSON carries exactly everywhere, and every client's integer holds."""

MAX_LEAF = 32
"""Bytes of a number: anything longer is not decoded."""

_LEAF = msgspec.json.Decoder()
_COUNT = msgspec.json.Decoder(Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)])


def decode_with(decoder: "msgspec.json.Decoder[T]", data: bytes, what: str) -> T:
    """Decode what a vendor sent; repair it if that loses nothing.

    Raises:
        ProviderFailed: PROTOCOL, if `data` is not JSON or does not match the decoder's schema.
    """
    try:
        if not data.isascii():
            data.decode()  # what stays undecoded is not checked by the decoder
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        detail = str(error)  # names a path and types, never a value
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested too deeply
        detail = "malformed JSON"
    try:
        value = decode_leniently(decoder, data)
    except (ValueError, RecursionError):
        pass
    else:
        log.debug("reply_repaired", part=what, detail=detail)
        return value
    message = f"sent {what} that is not of its API: {detail}"
    raise ProviderFailed(Failure(kind=FailureClass.PROTOCOL, message=message))


# ------------------------------------------------------------------ undecoded parts


def branch(decoder: "msgspec.json.Decoder[T]", raw: msgspec.Raw) -> T | None:
    """Decode an undecoded part of a reply; None if it is missing or does not match."""
    if not raw:
        return None
    try:
        return decoder.decode(raw)
    except (ValueError, RecursionError):
        pass
    try:
        return decode_leniently(decoder, bytes(raw))
    except (ValueError, RecursionError):
        return None


def leaf(raw: msgspec.Raw) -> object:
    """Decode a number or a short text of a reply; None for anything longer."""
    return branch(_LEAF, raw) if memoryview(raw).nbytes <= MAX_LEAF else None


# ------------------------------------------------------------------ counts


def as_count(value: object) -> int:
    """Return a token count from any decoded value, 0 if it is not one."""
    if type(value) is int:
        return value if 0 <= value <= MAX_COUNT else 0
    if isinstance(value, float) and 0 <= value < 1e15:
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return 0


def count_of(raw: msgspec.Raw) -> int:
    """Return a token count as `as_count` does, from an undecoded value."""
    return as_count(leaf(raw)) if raw else 0


def counts_of(*raws: msgspec.Raw) -> list[int] | None:
    """Return the counts, 0 for those that the server left out; None if they are unknown.

    They are unknown if all are missing, or if one is present but invalid: an invalid count is not
    0, and a sum that lacks a part would be too low.
    """
    try:
        return [_COUNT.decode(raw) for raw in raws]  # the usual case
    except (ValueError, RecursionError):
        pass
    counts, is_present = [], False
    for raw in raws:
        count = 0
        if raw and memoryview(raw)[:5].tobytes() != b"null":
            value = leaf(raw)
            count = as_count(value)
            if not count and (value not in (0, "0", 0.0) or value is False):
                return None
            is_present = True
        counts.append(count)
    return counts if is_present else None


# ------------------------------------------------------------------ texts and objects


_TEXT_PARTS: Final = ("text", "output_text", "input_text", None)
"""The types of parts that are text; some servers leave the type out."""


def as_text(value: object) -> str:
    """Return `value` if it is a string, the text of a part or of a list of parts, else ""."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if all(isinstance(part, str) for part in value):
            return "".join(value)
        return "".join(_part_text(part) for part in value)
    return _part_text(value) if isinstance(value, dict) else ""


def _part_text(part: object) -> str:
    # One level only: parts do not nest.
    if isinstance(part, dict) and part.get("type") in _TEXT_PARTS:
        text = part.get("text")
        if isinstance(text, dict):
            text = text.get("value")  # the form of OpenAI's assistants
        return text if isinstance(text, str) else ""
    return ""


def as_map(value: object) -> dict[str, object]:
    """Return `value` if it is a dict, else an empty one."""
    return value if isinstance(value, dict) else {}
