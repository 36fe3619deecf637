"""Undecoded values of a block, and which of them say nothing."""

from collections.abc import Mapping

import msgspec

from aircherd.providers.anthropic.citations import Fields
from aircherd.providers.codec.json_in import as_text, branch

MAX_BLANK = 200
"""Bytes of a value that is looked at to see whether it says anything."""

_FIELDS = msgspec.json.Decoder(Fields)
_VALUE = msgspec.json.Decoder()


def fields_of(raw: msgspec.Raw) -> Fields | None:
    """Return the fields of an object, undecoded; None if it is not an object."""
    return branch(_FIELDS, raw)


def text_in(raw: msgspec.Raw) -> str:
    """Return JSON as text."""
    return bytes(raw).decode("utf-8", "replace")


def value_of(fields: Mapping[str, msgspec.Raw], name: str) -> object:
    """Return a decoded field, None if there is none."""
    raw = fields.get(name)
    return None if raw is None else branch(_VALUE, raw)


def whole_characters(text: str) -> str:
    """Return the text with halves of characters replaced, which JSON cannot carry."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_blank(raw: msgspec.Raw) -> bool:
    """Return whether a value says nothing: null, empty, or holding only such values."""
    if memoryview(raw).nbytes > MAX_BLANK:
        return False
    value = branch(_VALUE, raw)
    return is_blank_value(value) and (value is not None or bytes(raw) in (b"", b"null"))


def is_blank_value(value: object) -> bool:
    """Return whether a decoded value says nothing; see `is_blank`."""
    if isinstance(value, dict):
        return all(map(is_blank_value, value.values()))
    if isinstance(value, list):
        return all(map(is_blank_value, value))
    return value is None or value == ""


def decoded(raw: msgspec.Raw) -> object:
    """Return a decoded value, None if it is not JSON."""
    return branch(_VALUE, raw)


def are_texts(fields: Fields, *names: str) -> bool:
    """Return whether these fields are texts, or say nothing."""
    raws = (fields.get(name) for name in names)
    return all(raw is None or as_text(decoded(raw)) or is_blank(raw) for raw in raws)
