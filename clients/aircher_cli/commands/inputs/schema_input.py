"""Parses the schema of `ask --schema` into the string that the protocol needs."""

import json

from aircher_cli.commands.inputs.json_input import JsonInput, type_name
from aircher_cli.commands.inputs.schema_check import find_schema_problem
from aircher_cli.exit_codes import CommandFailed


def parse_schema(given: JsonInput) -> str:
    """Return a schema as a JSON string.

    Raises:
        CommandFailed: it is not a JSON Schema; the message has the path of the problem.
    """
    schema = given.value
    if not isinstance(schema, dict):
        raise CommandFailed(
            f"{given.source}: a JSON Schema must be an object, "
            f'{{"type": "object", ...}}, not {type_name(schema)}'
        )
    if fault := find_schema_problem(schema):
        raise CommandFailed(f"{given.source}: not a JSON Schema: {fault}")
    return json.dumps(schema)
