"""The form of a JSON Schema."""

import pytest

from aircher_cli.commands.inputs.schema_check import find_schema_problem

Map = dict[str, object]


def nested(depth: int) -> Map:
    schema: Map = {}
    for _ in range(depth):
        schema = {"not": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "objekt"}, "type: must be one of object, "),
        ({"type": []}, "type: must be one of "),
        ({"type": None}, "type: must be one of "),
        ({"anyOf": [None]}, "anyOf[0]: must be a schema, an object, not null"),
        ({"properties": {"a": {"type": "strin"}}}, "properties.a.type: must be one of "),
        ({"properties": {"a": 3}}, "properties.a: must be a schema, an object, not a number"),
        ({"properties": []}, "properties: must be an object, not a list"),
        ({"items": {"required": "a"}}, "items.required: must be a list of names, not a string"),
        ({"required": [1]}, "required[0]: must be a string, a name, not a number"),
        ({"items": [{}, 3]}, "items[1]: must be a schema, an object, not a number"),
        ({"anyOf": []}, "anyOf: must be a list of schemas, not an empty one"),
        ({"oneOf": {}}, "oneOf: must be a list of schemas, not an object"),
        ({"anyOf": [{"enum": []}]}, "anyOf[0].enum: must be a list of values, not an empty one"),
        ({"$defs": {"x": {"pattern": 1}}}, "$defs.x.pattern: must be a string, not a number"),
        ({"not": {"minimum": "1"}}, "not.minimum: must be a number, not a string"),
        ({"minItems": True}, "minItems: must be a number, not true or false"),
        (nested(5000), "it nests too deeply"),
    ],
)
def test_faults(schema: Map, expected: str) -> None:
    """The place first, then what must be there."""
    assert find_schema_problem(schema).startswith(expected)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": ["string", "null"], "enum": ["type", None]},
        {"type": "object", "properties": {"type": {"type": "string"}, "required": True}},
        {"additionalProperties": False, "items": True, "required": []},
        {"const": {"type": "objekt"}, "default": {"properties": 3}, "examples": [{"type": 1}]},
        {"$ref": "#/$defs/x", "$defs": {"x": {"items": {"$ref": "#"}}}},
        {"x-vendor": {"type": 1}},
        {"required": None, "properties": None, "$defs": None, "anyOf": None, "enum": None},
        {"properties": {"a": {"items": None, "minimum": None, "description": None}}},
    ],
)
def test_schemas(schema: Map) -> None:
    """Names of properties, data, and what others add are no keywords; null says nothing."""
    assert find_schema_problem(schema) == ""
