"""What a reply's model needs back, in a form that a client of another API keeps: pure.

Most APIs have a field for an opaque signature, and their clients send it back unchanged. In a
translated reply it holds more: whose it is, and what that model wants with it. So a signature goes
back only to the model that made it, over an API whose messages have no field for that.

    air1.<base64url of the JSON [origin, kind, value, ...]>

It is recognised by its beginning: other vendors' signatures are base64, without a full stop. It is
no secret, and proves nothing: a client could have sent the same over the socket.
"""

import base64
from typing import Final, NamedTuple

import msgspec

PREFIX: Final = "air1."
MARK: Final = b"air1."
"""What a body has in it if a carrier is."""

REASONING: Final = "r"
TEXT: Final = "t"
CALL: Final = "c"
OTHER: Final = "o"
"""The kinds of carriers, and their values: thinking (its signature), the text before it (likewise),
a call (its id and its signature), another part (its kind and its JSON)."""

MAX_CARRIED: Final = 256 * 1024
"""Bytes of a value that is carried: more is left out, clients would send it back each time."""

_LISTS: Final = msgspec.json.Decoder(list[str | None])
_ENCODER: Final = msgspec.json.Encoder()


class Carried(NamedTuple):
    """What a carrier holds: the origin (`provider/model`), what it is, and its values."""

    origin: str
    kind: str
    values: tuple[str | None, ...]


def carry(origin: str, kind: str, *values: str | None) -> str | None:
    """Return a carrier, None if it would be too large, or is no text that JSON can hold."""
    if sum(len(value) for value in values if value) > MAX_CARRIED:
        return None
    try:
        packed = _ENCODER.encode([origin, kind, *values])
    except UnicodeEncodeError:
        return None
    return PREFIX + base64.urlsafe_b64encode(packed).decode()


def carried(text: str) -> Carried | None:
    """Return what a carrier holds, None if it is none, or was changed on its way."""
    if not text.startswith(PREFIX):
        return None
    try:
        values = _LISTS.decode(base64.urlsafe_b64decode(text[len(PREFIX) :]))
    except (ValueError, RecursionError):
        return None
    origin, kind, *rest = values if len(values) > 1 else ("", "")
    return Carried(origin, kind, tuple(rest)) if origin and kind else None
