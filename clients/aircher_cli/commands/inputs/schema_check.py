"""The form of a JSON Schema, as deep as it goes: what is wrong with it, and where.

Only what no vendor would take is a fault. Which keywords one knows beside these is its own affair,
and so is what it makes of a null, which many programs write for a keyword that says nothing.
"""

from collections.abc import Callable, Iterator
from itertools import chain

from aircher_cli.commands.inputs.json_input import kind_of

Map = dict[str, object]

TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
"""What a JSON Schema's `type` may say."""

_SCHEMAS_BY_NAME = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
)
_SCHEMAS = frozenset({"anyOf", "allOf", "oneOf", "prefixItems"})
_SCHEMA = frozenset(
    {
        "items",
        "additionalProperties",
        "unevaluatedProperties",
        "unevaluatedItems",
        "propertyNames",
        "contains",
        "not",
        "if",
        "then",
        "else",
    }
)

Fault = tuple[str, str]
"""Where, as `.properties.name.type`, and what is wrong there."""


def fault_of(schema: Map) -> str:
    """Return the first thing that is wrong, `properties.name.type: ...`; nothing if all is well."""
    try:
        place, fault = next(_faults(schema), ("", ""))
    except RecursionError:
        return "it nests too deeply"
    return f"{place[1:]}: {fault}" if place else fault


def _faults(schema: object) -> Iterator[Fault]:
    if isinstance(schema, bool):  # anything, or nothing
        return
    if not isinstance(schema, dict):
        yield "", f"has to be a schema, an object, not {kind_of(schema)}"
        return
    for name, value in schema.items():
        if value is None and name != "type":
            continue
        found = chain(_faults_of(name, value), _faults_within(name, value))
        yield from ((f".{name}{place}", fault) for place, fault in found)


def _faults_within(name: str, value: object) -> Iterator[Fault]:
    """Yield what is wrong with the schemas that a keyword holds."""
    inner: Iterator[tuple[str, object]] = iter(())
    if name in _SCHEMAS_BY_NAME and isinstance(value, dict):
        inner = ((f".{key}", each) for key, each in value.items())
    elif isinstance(value, list) and (name in _SCHEMAS or name == "items"):
        inner = ((f"[{number}]", each) for number, each in enumerate(value))
    elif name in _SCHEMA:
        inner = iter([("", value)])
    for key, each in inner:
        yield from ((f"{key}{place}", fault) for place, fault in _faults(each))


# ------------------------------------------------------------------ one keyword


def _faults_of(name: str, value: object) -> Iterator[Fault]:
    """Yield what is wrong with the value of a keyword itself."""
    if name in _SCHEMAS_BY_NAME and not isinstance(value, dict):
        yield "", f"has to be an object, not {kind_of(value)}"
    elif name in _SCHEMAS and not (isinstance(value, list) and value):
        yield "", f"has to be a list of schemas, not {_called(value)}"
    elif check := _CHECKS.get(name):
        yield from check(value)


def _type(value: object) -> Iterator[Fault]:
    kinds = value if isinstance(value, list) and value else [value]
    if not all(each in TYPES for each in kinds):
        yield "", f"has to be one of {', '.join(TYPES)}"


def _required(value: object) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield "", f"has to be a list of names, not {kind_of(value)}"
        return
    for number, each in enumerate(value):
        if not isinstance(each, str):
            yield f"[{number}]", f"has to be a string, a name, not {kind_of(each)}"


def _enum(value: object) -> Iterator[Fault]:
    if not (isinstance(value, list) and value):
        yield "", f"has to be a list of values, not {_called(value)}"


def _string(value: object) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield "", f"has to be a string, not {kind_of(value)}"


def _number(value: object) -> Iterator[Fault]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield "", f"has to be a number, not {kind_of(value)}"


_CHECKS: dict[str, Callable[[object], Iterator[Fault]]] = {
    "type": _type,
    "required": _required,
    "enum": _enum,
    **dict.fromkeys(("description", "title", "pattern", "format", "$ref"), _string),
    **dict.fromkeys(("minimum", "maximum", "multipleOf", "minItems", "maxItems"), _number),
    **dict.fromkeys(("minLength", "maxLength", "minProperties", "maxProperties"), _number),
}


def _called(value: object) -> str:
    return "an empty one" if value == [] else kind_of(value)
