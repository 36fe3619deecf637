"""The schema of `ask --schema`: a JSON Schema, an object, as the string that the protocol wants."""

import json

from aircher_cli.commands.json_input import JsonInput, kind_of
from aircher_cli.exits import CommandFailed

TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
"""What a JSON Schema's `type` may say."""


def schema_of(given: JsonInput) -> str:
    """Return a schema as a JSON string.

    Raises:
        CommandFailed: it cannot be a JSON Schema.
    """
    schema = given.value
    if not isinstance(schema, dict):
        raise CommandFailed(
            f"{given.place}: a JSON Schema has to be an object, "
            f'{{"type": "object", ...}}, and this is {kind_of(schema)}'
        )
    if fault := _fault(schema):
        raise CommandFailed(f"{given.place}: not a JSON Schema: {fault}")
    return json.dumps(schema)


def _fault(schema: dict[str, object]) -> str:
    """Say what is wrong at the schema's top; the rest is for who enforces it to check."""
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "type" in schema and not all(each in TYPES for each in kinds):
        return f"its type has to be one of {', '.join(TYPES)}"
    for name, form in (("properties", dict), ("required", list)):
        if name in schema and not isinstance(schema[name], form):
            return f"{name} has to be {kind_of(form())}, not {kind_of(schema[name])}"
    return ""
