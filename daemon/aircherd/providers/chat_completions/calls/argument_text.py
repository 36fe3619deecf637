"""The forms in which servers send arguments, as text: an object, or what means one."""

from typing import Final

import msgspec

from aircherd.providers.codec.json_in import branch

EMPTY = "{}"

_JSON = msgspec.json.Decoder()
_TEXT = msgspec.json.Decoder(str)
_NOTHING: Final = (b"", b"null", b"false")


def arguments_text(raw: msgspec.Raw) -> str:
    """Return the arguments as text; objects and lists keep the spelling of the server."""
    data = bytes(raw)
    if data in _NOTHING:
        return ""
    if data.startswith(b'"'):
        return branch(_TEXT, raw) or ""
    return data.decode("utf-8", "replace")


def begins_object(text: str) -> bool:
    """Return whether `text` begins with a JSON object, after any spaces."""
    return text.startswith("{") or text.lstrip().startswith("{")


def as_object(text: str) -> str:
    """Return complete arguments as the text of an object where they are another form of one.

    An empty text, `null`, `""` and `[]` mean no arguments. A string may hold the object's text.
    Anything else is returned unchanged.
    """
    if begins_object(text):
        return text
    value = decoded(text) if text.strip() else None
    if isinstance(value, str):
        inner = value
        value = decoded(inner) if inner.strip() else None
        if isinstance(value, dict):
            return inner
    is_nothing = value is None or value == []
    return EMPTY if is_nothing else text


def decoded(text: str) -> object:
    """Return the JSON value of `text`, `...` if it is not JSON."""
    try:
        return _JSON.decode(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return ...
