"""JSON that a vendor sent: it must be of its API as a whole, and is read with patience in detail.

What is not of the API at all is a PROTOCOL failure. A count, a text or a part that is odd is as
good as missing: a server that puts null where a number belongs is no reason to fail.
"""

from typing import TypeVar

import msgspec

from aircherd.errors import ProviderFailed
from aircherd.vocabulary.failure import Failure, FailureClass

T = TypeVar("T")

MAX_COUNT = 2**53 - 1
"""The largest count: what JSON carries exactly everywhere, and every client's integer holds."""

MAX_LEAF = 32
"""Bytes of a number: what is longer is none, and is not decoded."""

_LEAF = msgspec.json.Decoder()


def decode_with(decoder: "msgspec.json.Decoder[T]", data: bytes, what: str) -> T:
    """Decode what a vendor sent.

    Raises:
        ProviderFailed: PROTOCOL, when `data` is not JSON or not of the decoder's form.
    """
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        detail = str(error)  # names a place and types, never a value
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested without end
        detail = "malformed JSON"
    message = f"sent {what} that is not of its API: {detail}"
    raise ProviderFailed(Failure(kind=FailureClass.PROTOCOL, message=message))


# ------------------------------------------------------------------ left as it came


def branch(decoder: "msgspec.json.Decoder[T]", raw: msgspec.Raw) -> T | None:
    """Decode a part of a reply that was left as it came; None if it is missing or odd."""
    if not raw:
        return None
    try:
        return decoder.decode(raw)
    except (ValueError, RecursionError):
        return None


def leaf(raw: msgspec.Raw) -> object:
    """Return a number or a short text of a reply; None for anything larger, which stays unread."""
    return branch(_LEAF, raw) if memoryview(raw).nbytes <= MAX_LEAF else None


# ------------------------------------------------------------------ counts


def as_count(value: object) -> int:
    """Read a token count from whatever a server put there: anything odd counts as 0."""
    if type(value) is int:
        return value if 0 <= value <= MAX_COUNT else 0
    if isinstance(value, float) and 0 <= value < 1e15:
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return 0


def count_of(raw: msgspec.Raw) -> int:
    """Read a token count as `as_count` does, from what was not decoded yet."""
    return as_count(leaf(raw)) if raw else 0


def counts_of(*raws: msgspec.Raw) -> list[int] | None:
    """Return the counts that a server told, 0 for those that it left out; None if unknown.

    They are unknown together: where it told none, or one that is no count. Rubbish is not nothing,
    and a sum with a part unknown is too little.
    """
    counts, is_told = [], False
    for raw in raws:
        count = 0
        if raw and memoryview(raw)[:5].tobytes() != b"null":
            value = leaf(raw)
            count = as_count(value)
            if not count and (value not in (0, "0", 0.0) or value is False):
                return None
            is_told = True
        counts.append(count)
    return counts if is_told else None


# ------------------------------------------------------------------ texts and maps


def as_text(value: object) -> str:
    """Return `value` if it is text, the text of a list of parts, and "" for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_part_text(part) for part in value)
    return ""


def _part_text(part: object) -> str:
    # One level only: parts do not nest, and what a server nests without end is not followed.
    if isinstance(part, dict) and part.get("type") == "text":
        text = part.get("text")
        return text if isinstance(text, str) else ""
    return ""


def as_map(value: object) -> dict[str, object]:
    """Return `value` if it is a map, else an empty one."""
    return value if isinstance(value, dict) else {}
