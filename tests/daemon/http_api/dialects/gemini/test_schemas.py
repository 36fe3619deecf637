"""Google's schemas as JSON Schema."""

import json

import pytest

from aircherd.http_api.dialects.gemini.schemas import json_schema


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "OBJECT"}, {"type": "object"}),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        (
            {"anyOf": [{"type": "STRING"}], "nullable": True},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
        ),
        ({"type": "ARRAY", "items": {"type": "INTEGER"}, "minItems": "1"}, None),
        ({"type": "STRING", "enum": ["A"], "nullable": True}, None),
        ({"properties": {"type": {"type": "STRING"}}, "propertyOrdering": ["type"]}, None),
        (
            {"properties": {"STRING": {"const": "OBJECT"}}},
            {"properties": {"STRING": {"const": "OBJECT"}}},
        ),
    ],
)
def test_schemas(given: object, expected: object) -> None:
    """Types, null and counts are written as JSON Schema has them."""
    others = {
        "items": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        "enum": {"type": ["string", "null"], "enum": ["A", None]},
        "properties": {"properties": {"type": {"type": "string"}}},
    }
    if expected is ...:
        expected = given
    if expected is None:
        expected = next(value for name, value in others.items() if name in given)
    assert json.loads(json_schema(json.dumps(given).encode())) == expected


def test_json_schema_stays() -> None:
    """JSON Schema is passed on as it is, to the byte."""
    text = '{"type": "object",  "properties": {"a_b": {"type": "string"}}}'
    assert json_schema(text.encode()) == text
