"""Checks that a value is a JSON Schema, to any depth, and says where it is not.

The daemon checks only that a schema is an object: here the problem's position can be shown before
anything is sent. Only what every vendor rejects is a problem. Vendors differ in the keywords that
they know, and in how they treat null, which many programs write for an unset keyword.
"""

from collections.abc import Callable, Iterator
from itertools import chain

from aircher_cli.commands.inputs.json_input import type_name
from aircher_cli.values import Map

TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
"""The values of `type`."""

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

SchemaProblem = tuple[str, str]
"""(path as `.properties.name.type`, what is wrong there)."""


def find_schema_problem(schema: Map) -> str:
    """Return the first problem as `properties.name.type: ...`; empty if there is none."""
    try:
        path, problem = next(_check_schema(schema), ("", ""))
    except RecursionError:
        return "it nests too deeply"
    return f"{path[1:]}: {problem}" if path else problem


def _check_schema(schema: object) -> Iterator[SchemaProblem]:
    if isinstance(schema, bool):  # true accepts any value, false none
        return
    if not isinstance(schema, dict):
        yield "", f"must be a schema, an object, not {type_name(schema)}"
        return
    for name, value in schema.items():
        if value is None and name != "type":
            continue
        found = chain(_check_keyword(name, value), _check_subschemas(name, value))
        yield from ((f".{name}{path}", problem) for path, problem in found)


def _check_subschemas(name: str, value: object) -> Iterator[SchemaProblem]:
    """Yield the problems of the schemas inside a keyword."""
    inner: Iterator[tuple[str, object]] = iter(())
    if name in _SCHEMAS_BY_NAME and isinstance(value, dict):
        inner = ((f".{key}", each) for key, each in value.items())
    elif isinstance(value, list) and (name in _SCHEMAS or name == "items"):
        inner = ((f"[{number}]", each) for number, each in enumerate(value))
    elif name in _SCHEMA:
        inner = iter([("", value)])
    for key, each in inner:
        yield from ((f"{key}{path}", problem) for path, problem in _check_schema(each))


# ------------------------------------------------------------------ one keyword


def _check_keyword(name: str, value: object) -> Iterator[SchemaProblem]:
    """Yield the problems of a keyword's own value."""
    if name in _SCHEMAS_BY_NAME and not isinstance(value, dict):
        yield "", f"must be an object, not {type_name(value)}"
    elif name in _SCHEMAS and not (isinstance(value, list) and value):
        yield "", f"must be a list of schemas, not {_describe(value)}"
    elif check := _CHECKS.get(name):
        yield from check(value)


def _check_type(value: object) -> Iterator[SchemaProblem]:
    kinds = value if isinstance(value, list) and value else [value]
    if not all(each in TYPES for each in kinds):
        yield "", f"must be one of {', '.join(TYPES)}"


def _check_required(value: object) -> Iterator[SchemaProblem]:
    if not isinstance(value, list):
        yield "", f"must be a list of names, not {type_name(value)}"
        return
    for number, each in enumerate(value):
        if not isinstance(each, str):
            yield f"[{number}]", f"must be a string, a name, not {type_name(each)}"


def _check_enum(value: object) -> Iterator[SchemaProblem]:
    if not (isinstance(value, list) and value):
        yield "", f"must be a list of values, not {_describe(value)}"


def _check_string(value: object) -> Iterator[SchemaProblem]:
    if not isinstance(value, str):
        yield "", f"must be a string, not {type_name(value)}"


def _check_number(value: object) -> Iterator[SchemaProblem]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield "", f"must be a number, not {type_name(value)}"


_CHECKS: dict[str, Callable[[object], Iterator[SchemaProblem]]] = {
    "type": _check_type,
    "required": _check_required,
    "enum": _check_enum,
    **dict.fromkeys(("description", "title", "pattern", "format", "$ref"), _check_string),
    **dict.fromkeys(("minimum", "maximum", "multipleOf", "minItems", "maxItems"), _check_number),
    **dict.fromkeys(("minLength", "maxLength", "minProperties", "maxProperties"), _check_number),
}


def _describe(value: object) -> str:
    return "an empty one" if value == [] else type_name(value)
