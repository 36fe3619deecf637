"""Google's subset of OpenAPI, in which older clients write schemas, as JSON Schema.

Its types are in capitals, what may be null says `nullable`, and whole numbers may be strings.
"""

from typing import Final

import msgspec

Json = dict[str, object]

_NUMBERS: Final = frozenset(
    {"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"}
)
_LEFT_OUT: Final = frozenset({"nullable", "propertyOrdering", "example"})
_SNAKE: Final[dict[str, str]] = {
    "any_of": "anyOf",
    "min_items": "minItems",
    "max_items": "maxItems",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_properties": "minProperties",
    "max_properties": "maxProperties",
    "property_ordering": "propertyOrdering",
    "additional_properties": "additionalProperties",
}


def is_plain(raw: bytes) -> bool:
    """Return whether a schema is JSON Schema already, as far as its beginning tells."""
    return b'"nullable"' not in raw and b"rdering" not in raw and not _has_capitals(raw)


def _has_capitals(raw: bytes) -> bool:
    return any(name in raw for name in _TYPES_IN_CAPITALS)


_TYPES_IN_CAPITALS: Final = tuple(
    f'"{name}"'.encode()
    for name in ("OBJECT", "ARRAY", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "NULL")
)
_TYPES: Final = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})


def json_schema(raw: bytes) -> str:
    """Return a schema of either kind as JSON Schema, in JSON.

    Raises:
        msgspec.DecodeError, RecursionError: it is no JSON, or nests too deeply.
    """
    if is_plain(raw):
        return raw.decode("utf-8", "replace")
    return msgspec.json.encode(_converted(msgspec.json.decode(raw))).decode()


def _converted(schema: object) -> object:
    if not isinstance(schema, dict):
        return schema
    made: Json = {}
    for given, value in schema.items():
        name = _SNAKE.get(str(given), str(given))
        if name not in _LEFT_OUT:
            made[name] = _keyword(name, value)
    if schema.get("nullable") is True:
        _allow_null(made)
    return made


def _keyword(name: str, value: object) -> object:
    """Return the value of one keyword."""
    if name == "type":
        return _type(value)
    if name in ("properties", "$defs", "defs") and isinstance(value, dict):
        return {key: _converted(each) for key, each in value.items()}
    if name in ("items", "additionalProperties"):
        return _converted(value)
    if name in ("anyOf", "oneOf", "allOf", "prefixItems") and isinstance(value, list):
        return [_converted(each) for each in value]
    if name in _NUMBERS and isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value


def _type(value: object) -> object:
    if isinstance(value, list):
        return [_type(each) for each in value]
    if isinstance(value, str) and value.lower() in _TYPES:
        return value.lower()
    return value


def _allow_null(schema: Json) -> None:
    kind = schema.get("type")
    if isinstance(kind, str) and kind != "null":
        schema["type"] = [kind, "null"]
    elif isinstance(kind, list) and "null" not in kind:
        schema["type"] = [*kind, "null"]
    elif isinstance(choices := schema.get("anyOf"), list):
        schema["anyOf"] = [*choices, {"type": "null"}]
    if isinstance(values := schema.get("enum"), list) and None not in values:
        schema["enum"] = [*values, None]
