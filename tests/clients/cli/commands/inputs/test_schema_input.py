"""The schema of `ask --schema`."""

import pytest

from aircher_cli.commands.inputs.json_input import JsonInput
from aircher_cli.commands.inputs.schema_input import parse_schema
from aircher_cli.exit_codes import CommandFailed


def test_a_schema_keeps_its_order() -> None:
    """Models write the properties in the order in which they stand."""
    schema = {"type": "object", "properties": {"b": {}, "a": {"type": ["string", "null"]}}}
    assert parse_schema(JsonInput("s.json", schema)) == (
        '{"type": "object", "properties": {"b": {}, "a": {"type": ["string", "null"]}}}'
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], "s.json: a JSON Schema must be an object"),
        (True, "s.json: a JSON Schema must be an object"),
        ({"type": "objekt"}, "s.json: not a JSON Schema: type: must be one of object, "),
        ({"type": [1]}, "s.json: not a JSON Schema: type: must be one of object, "),
        (
            {"type": "object", "properties": ["name"]},
            "s.json: not a JSON Schema: properties: must be an object, not a list",
        ),
        (
            {"type": "object", "required": "name"},
            "s.json: not a JSON Schema: required: must be a list of names, not a string",
        ),
    ],
)
def test_what_is_no_schema(value: object, expected: str) -> None:
    """What can be seen at its top is said before anything is sent."""
    with pytest.raises(CommandFailed) as caught:
        parse_schema(JsonInput("s.json", value))
    assert caught.value.message.startswith(expected)
