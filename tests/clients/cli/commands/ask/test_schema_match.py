"""Whether an answer is the JSON that was asked for."""

import json

import jsonschema
import pytest

from aircher_cli.commands.ask.schema_match import answer_problem, first_problem

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
        "boss": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
    },
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "path", "problem"),
    [
        ({"name": "Ann", "age": 3, "tags": ["a"], "boss": {"name": "Bo"}}, "", ""),
        ({"name": "Ann", "age": 3.0}, "", ""),
        ([], "", "must be of type object, not a list: []"),
        ({}, "", "lacks name"),
        ({"name": 5}, ".name", "must be of type string, not a number: 5"),
        ({"name": ""}, ".name", 'must have at least 1 characters: ""'),
        ({"name": "Ann", "age": -1}, ".age", "must be at least 0, not -1"),
        ({"name": "Ann", "age": True}, ".age", "must be of type integer, not true or false: true"),
        ({"name": "Ann", "tags": ["c"]}, ".tags[0]", 'must be one of "a", "b", not "c"'),
        ({"name": "Ann", "tags": ["a"] * 3}, ".tags", 'must have at most 2 items: ["a", "a", "a"]'),
        ({"name": "Ann", "pet": 1}, ".pet", "is not in the schema"),
        ({"name": "Ann", "boss": {}}, ".boss", "matches none of anyOf: it is {}"),
    ],
)
def test_the_first_problem_has_its_place(value: object, path: str, problem: str) -> None:
    """What does not fit, and where."""
    assert first_problem(value, PERSON) == (path, problem)


SCHEMAS: list[object] = [
    PERSON,
    True,
    False,
    {"type": ["string", "null"]},
    {"const": 1},
    {"const": {"a": [1]}},
    {"enum": [1, "x", None, [True]]},
    {"not": {"type": "string"}},
    {"oneOf": [{"type": "number"}, {"minimum": 5}]},
    {"allOf": [{"minimum": 1}, {"exclusiveMaximum": 5}]},
    {"multipleOf": 0.5},
    {"exclusiveMinimum": 1},
    {"pattern": "^x"},
    {"pattern": "(?<n>x)(", "type": "string"},
    {"prefixItems": [{"type": "string"}], "items": False},
    {"items": {"type": "integer"}, "minItems": 2, "uniqueItems": True},
    {"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
    {"minProperties": 1, "maxProperties": 1},
    {"$defs": {"a/b": {"type": "integer"}}, "$ref": "#/$defs/a~1b"},
    {"properties": {"a": {"$ref": "#/properties/b"}, "b": {"type": "string"}}},
    {"type": "string", "format": "date", "maxLength": 3},
]
VALUES: list[object] = [
    None, True, False, 0, 1, 1.0, 1.5, 5, -3, "", "x", "xyz", "text", [], ["x"], ["x", 1], [1, 1],
    [1, 2], [True], {}, {"a": 1}, {"a": "1"}, {"a": [1]}, {"b": "x", "c": 2}, {"name": "n"},
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_verdicts_are_those_of_another_validator(schema: object) -> None:
    """For every value; a pattern that is none for Python is not checked."""
    is_odd = isinstance(schema, dict) and "(" in str(schema.get("pattern", ""))
    judge = {"type": "string"} if is_odd else schema
    validator = jsonschema.Draft202012Validator(judge)  # type: ignore[arg-type]
    for value in VALUES:
        assert (first_problem(value, schema) == ("", "")) is validator.is_valid(value), value


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"$ref": "#/none"}, {"$ref": "http://x/y"}])
def test_a_reference_that_leads_nowhere_says_nothing(schema: object) -> None:
    """Nor one that leads to itself."""
    assert first_problem(1, schema) == ("", "")


SCHEMA = {"type": "json_schema", "schema": json.dumps(PERSON)}


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ('{"name": "Ann"}', SCHEMA, ""),
        ('{"name": 1}', SCHEMA, "the answer does not match --schema: .name must be of type"),
        ("[]", SCHEMA, "the answer does not match --schema: it must be of type object"),
        ('{"name": 1}', {**SCHEMA, "strict": False}, ""),
        ("Ann", {**SCHEMA, "strict": False}, "the answer is not JSON: Expecting value"),
        ("```json\n{}\n```", SCHEMA, "the answer is not JSON: Expecting value: line 1 column 1"),
        (" ", SCHEMA, "the answer is not JSON, but empty"),
        ("[" * 100_000, SCHEMA, "the answer is not JSON: it nests too deeply"),
        ("{}", {"type": "json_object"}, ""),
        ("5", {"type": "json_object"}, "the answer is not a JSON object, but a number"),
    ],
)
def test_an_answer(text: str, wanted: dict[str, object], expected: str) -> None:
    """It is JSON, an object, or what the schema says, as was asked for."""
    found = answer_problem(text, wanted)
    assert found.startswith(expected)
    assert bool(found) is bool(expected)
