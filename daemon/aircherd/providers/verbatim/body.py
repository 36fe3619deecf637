"""Changes single fields of a JSON body without encoding the rest of it again: bytes in and out.

`read_fields` finds the top-level fields, each with where its value begins and ends. It refuses an
object that has a field twice: servers differ in which of the two they read.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from aircherd.errors import BadRequest

Span = tuple[int, int]
"""Where a value begins, and where it ends."""

MAX_FIELDS: Final = 400_000
"""Fields of a body and of what is in it: one at the top takes 200 bytes while it is looked at."""
_LARGE: Final = 1024 * 1024
"""Bytes of a body whose fields are not counted."""

_DECODER: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_TEXT: Final = msgspec.json.Decoder(str)
_KEY: Final = re.compile(rb'[ \t\r\n,]*("(?:[^"\\]|\\.)*+")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_BEGIN: Final = re.compile(rb"[ \t\r\n]*\{")
_MODEL: Final = re.compile(rb'("model"[ \t]*:[ \t]*)"(?:[^"\\]|\\.)*+"')
_MESSAGE_START: Final = b'"message_start"'


def read_fields(body: bytes) -> dict[str, Span]:
    """Return the span of each top-level field's value.

    Raises:
        BadRequest: it is no JSON object, has a field twice, or far too many fields.
    """
    if len(body) > _LARGE and body.count(b'":') > MAX_FIELDS:
        raise BadRequest(f"the body has more than {MAX_FIELDS} fields")
    try:
        values = _DECODER.decode(body)
    except (ValueError, RecursionError):
        raise BadRequest("the body must be a JSON object") from None
    return _spans(body, values)


def _spans(body: bytes, values: Mapping[str, msgspec.Raw]) -> dict[str, Span]:
    """Walk over the fields in the order of `values`: a field that comes twice breaks it."""
    found: dict[str, Span] = {}
    begin = _BEGIN.match(body)
    assert begin is not None  # it was decoded
    position = begin.end()
    for name, raw in values.items():
        key, value = _KEY.match(body, position), bytes(raw)
        if key is None or not _is_name(key[1], name) or not body.startswith(value, key.end()):
            raise _twice()
        position = key.end() + len(value)
        found[name] = (key.end(), position)
    if body[position:].strip() != b"}":
        raise _twice()
    return found


def _is_name(key: bytes, name: str) -> bool:
    """Return whether a key in quotes is that name; it may be escaped."""
    return key[1:-1] == name.encode() or (b"\\" in key and _TEXT.decode(key) == name)


def _twice() -> BadRequest:
    return BadRequest("the body has a field twice: leave one of them out")


def with_field(body: bytes, fields: Mapping[str, Span], name: str, value: bytes) -> bytes:
    """Return the body with another value of one field; it is added in front if there is none."""
    if span := fields.get(name):
        return b"".join((body[: span[0]], value, body[span[1] :]))
    begin = body.index(b"{") + 1
    comma = b"," if fields else b""
    return b"".join((body[:begin], msgspec.json.encode(name), b":", value, comma, body[begin:]))


def with_name(body: bytes, fields: Mapping[str, Span], name: str, new: str) -> bytes:
    """Return the body with another name for one field; a name written with escapes stays."""
    written = msgspec.json.encode(name)
    end = fields[name][0]
    at = body.rfind(written, 0, end)
    if at < 0 or body[at + len(written) : end].strip() != b":":
        return body
    return b"".join((body[:at], msgspec.json.encode(new), body[at + len(written) :]))


def with_items(value: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Return a JSON list with each of its items changed.

    Raises:
        BadRequest: it is no list.
    """
    try:
        items = _ITEMS.decode(value)
    except (ValueError, RecursionError):
        raise BadRequest("the body must have a list of requests") from None
    return b"[%b]" % b",".join(change(bytes(item)) for item in items)


def with_reply_model(data: bytes, name: str) -> bytes:
    """Return the beginning of a stream of Anthropic's with another name of the model in it."""
    at = data.find(_MESSAGE_START)
    if at < 0:
        return data
    start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
    line = data[start:end] if end > 0 else data[start:]
    named = _MODEL.sub(lambda found: found[1] + msgspec.json.encode(name), line, count=1)
    return data[:start] + named + data[start + len(line) :]
