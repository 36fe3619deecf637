"""Reads JSON that the strict decoder refuses because of a detail, without losing content.

Servers send bytes that are not UTF-8, lone surrogates, raw control characters, NaN, a byte-order
mark, garbage after the value, one object where a list is expected, the values and commas of other
languages, and values of a wrong type in fields that may be missing. All of that is
repaired here, once for all vendors, and only after the strict decoder failed:

    bytes -> text      invalid bytes become U+FFFD, the byte-order mark is dropped
    text  -> value     control characters are kept, NaN and huge numbers become false
    value -> fitted    one item becomes a list of it, a text the part that it stands for; a value
                       of another type is dropped if nothing is lost by that
    fitted -> bytes    lone surrogates become U+FFFD; the strict decoder reads these

False, because null is a count that the server left out, and false is one that is unknown.

Names must be intact: a field or type whose name is damaged would be ignored. A value of a wrong
type that holds something is content, unless its field is known not to be: then the reply is
refused, because a shorter reply must not pass for a whole one.
"""

import json
import math
import re
from functools import lru_cache
from typing import Final, TypeVar

import msgspec
from msgspec import inspect

T = TypeVar("T")

MAX_VALUES: Final = 200_000
"""Values of a document that is repaired: its tree is held in memory."""

MAX_ESCAPES: Final = 200_000
"""Backslashes of a document that is repaired: each may take a step."""

MAX_RELAXED: Final = 1024 * 1024
"""Characters of a text in which quotes, words and commas are replaced one by one."""

MAX_NUMBER: Final = 32
"""Characters of a number; a longer one becomes false."""

NOT_CONTENT: Final = frozenset(
    {
        "usage",
        "usageMetadata",
        "usage_metadata",
        "prompt_tokens_details",
        "completion_tokens_details",
        "incomplete_details",
        "x_groq",
    }
)
"""Fields whose value may be dropped although it holds something: it counts as unknown then."""

LISTS: Final = frozenset({"choices", "candidates", "content", "output", "parts", "tool_calls"})
"""Fields of which some servers send the only item without its list."""

_BOM: Final = "\ufeff"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ESCAPE: Final = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|(\\)')
_RELAXED: Final = re.compile(
    r""""(?:[^"\\]|\\.)*+"|'(?P<text>(?:[^'\\]|\\.)*+)'|(?P<comma>,)(?=\s*[}\]])"""
    r"""|\b(?P<word>None|True|False|undefined)\b""",
    re.DOTALL,
)
"""A string, or what JavaScript and Python have and JSON has not: outside of strings only."""

_WORDS: Final = {"None": "null", "undefined": "null", "True": "true", "False": "false"}
_OBJECT_OR_TEXT: Final = re.compile(r'[{\["]')
_DROP: Final = object()


class NotRepairable(ValueError):
    """The bytes are no JSON, or repairing them would lose content."""


def decode_leniently(decoder: "msgspec.json.Decoder[T]", data: bytes) -> T:
    """Decode `data` after repairing it.

    Raises:
        NotRepairable: it is no JSON, or content would be lost.
        msgspec.ValidationError: it does not have the decoder's schema.
    """
    value = read_leniently(data)
    try:
        fitted = _fit(value, _type_info(decoder.type), "")  # type: ignore[arg-type] # hashable
        if fitted is _DROP:
            raise NotRepairable("a value of another type")
        return decoder.decode(_as_json(fitted))
    except RecursionError:
        raise NotRepairable("nested too deeply") from None


def read_leniently(data: bytes) -> object:
    """Return the JSON value in `data`, which may have garbage after it.

    Raises:
        NotRepairable: there is none, or something that may be content follows it.
    """
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAX_VALUES:
        raise NotRepairable("too many values")
    if data.count(b"\\") > MAX_ESCAPES:
        raise NotRepairable("too many escapes")
    text = data.decode("utf-8", "replace").lstrip(f"{_BOM}\0 \t\r\n")
    try:
        return _parse_any(text)
    except RecursionError:
        raise NotRepairable("nested too deeply") from None


def _parse_any(text: str) -> object:
    try:
        return _parse(text)
    except NotRepairable:
        pass
    try:
        # Perhaps a backslash that begins no escape: a Windows path, or \' for an apostrophe.
        return _parse(_ESCAPE.sub(lambda match: r"\\" if match[1] else match[0], text))
    except NotRepairable:
        if len(text) > MAX_RELAXED:
            raise
        # Perhaps commas before brackets, None, or apostrophes for quotes.
        return _parse(_RELAXED.sub(_as_strict, text))


def _as_strict(match: "re.Match[str]") -> str:
    if match["comma"]:
        return ""
    if match["word"]:
        return _WORDS[match["word"]]
    if match["text"] is None:
        return match[0]
    return '"' + match["text"].replace("\\'", "'").replace('"', '\\"') + '"'


def _parse(text: str) -> object:
    try:
        value, end = _DECODER.raw_decode(text)
    except ValueError:
        raise NotRepairable("malformed JSON") from None
    if _OBJECT_OR_TEXT.search(text, end):
        raise NotRepairable("more than one value")
    return value


def _number(text: str) -> object:
    if len(text) > MAX_NUMBER:
        return False
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return number if math.isfinite(number) else False


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    for name, value in pairs:
        if _is_damaged(name) or (name == "type" and isinstance(value, str) and _is_damaged(value)):
            raise NotRepairable("a damaged name")
    return dict(pairs)


def _is_damaged(name: str) -> bool:
    return not name.isprintable() or "\ufffd" in name or "\\" in name


_DECODER: Final = json.JSONDecoder(
    strict=False,
    parse_int=_number,
    parse_float=_number,
    parse_constant=lambda _: False,
    object_pairs_hook=_object,
)


def _as_json(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub("\ufffd", text).encode()


# ------------------------------------------------------------------ fitting a value to a schema


_type_info = lru_cache(maxsize=128)(inspect.type_info)


def _fit(value: object, schema: inspect.Type, field: str) -> object:
    """Return `value` without what does not match `schema`, `_DROP` if it does not match at all.

    Raises:
        NotRepairable: what does not match holds content.
    """
    if isinstance(schema, inspect.UnionType):
        return _fit_union(value, schema, field)
    if isinstance(schema, inspect.StructType):
        if isinstance(value, str) and value and field == "delta":
            value = {"content": value}
        return _fit_struct(value, schema) if isinstance(value, dict) else _DROP
    if isinstance(schema, inspect.ListType | inspect.VarTupleType):
        items = _as_list(value, field)
        return _DROP if items is None else _fit_list(items, schema.item_type, field)
    if isinstance(schema, inspect.DictType):
        return value if isinstance(value, dict) else _DROP
    return value if _is_leaf(value, schema) else _DROP


def _fit_union(value: object, schema: inspect.UnionType, field: str) -> object:
    for member in schema.types:
        fitted = _fit(value, member, field)
        if fitted is not _DROP:
            return fitted
    return _DROP


def _fit_struct(value: dict[str, object], schema: inspect.StructType) -> object:
    fitted = dict(value)
    for field in schema.fields:
        name = field.encode_name
        if name not in value:
            continue
        fitted[name] = _fit(value[name], field.type, name)
        if fitted[name] is _DROP:
            _check_drop(value[name], name)
            if field.required:
                return _DROP
            del fitted[name]
    return fitted


def _as_list(value: object, field: str) -> list[object] | None:
    """Return a list, or the only item of one, None for anything else."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and value and field in LISTS:
        return [value]
    if isinstance(value, str) and value and field == "content":
        return [{"type": "text", "text": value}]
    return None


def _fit_list(value: list[object], schema: inspect.Type, field: str) -> list[object]:
    fitted = []
    for item in value:
        found = _fit(item, schema, field)
        if found is _DROP:
            _check_drop(item, field)
        else:
            fitted.append(found)
    return fitted


def _is_leaf(value: object, schema: inspect.Type) -> bool:
    if isinstance(schema, inspect.StrType):
        return isinstance(value, str)
    if isinstance(schema, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(schema, inspect.IntType):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(schema, inspect.FloatType):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(schema, inspect.NoneType):
        return value is None
    return True  # any value, undecoded, or of a type that the decoder checks


def _check_drop(value: object, field: str) -> None:
    if value and field not in NOT_CONTENT:
        raise NotRepairable(f"content in `{field}` of another type")
