"""Finds a reply that a gateway put into an object, or a text, of its own."""

import msgspec

from aircherd.providers.codec.lenient_json import NotRepairable, read_leniently

WRAPPERS = ("data", "result", "response", "body", "output")
"""Fields that hold the reply of the vendor behind a gateway."""

_REPLIES = ("choices", "candidates", "content", "message", "output")


def unwrapped(body: bytes) -> bytes | None:
    """Return the reply in a body, None if there is none in another object or text."""
    try:
        value = read_leniently(body)
    except NotRepairable:
        return None
    if isinstance(value, dict):
        inner = (value.get(name) for name in WRAPPERS)
        return next((found for each in inner if (found := _reply_in(each))), None)
    return _reply_in(value)


def _reply_in(value: object) -> bytes | None:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return value.encode("utf-8", "replace")
    if isinstance(value, dict) and any(value.get(name) for name in _REPLIES):
        return msgspec.json.encode(value)
    return None
