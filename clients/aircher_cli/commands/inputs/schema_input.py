"""The schema of `ask --schema`: a JSON Schema, an object, as the string that the protocol wants."""

import json

from aircher_cli.commands.inputs.json_input import JsonInput, type_name
from aircher_cli.commands.inputs.schema_check import find_schema_problem
from aircher_cli.exit_codes import CommandFailed


def parse_schema(given: JsonInput) -> str:
    """Return a schema as a JSON string.

    Raises:
        CommandFailed: it cannot be a JSON Schema; the message says where in it.
    """
    schema = given.value
    if not isinstance(schema, dict):
        raise CommandFailed(
            f"{given.place}: a JSON Schema has to be an object, "
            f'{{"type": "object", ...}}, and this is {type_name(schema)}'
        )
    if fault := find_schema_problem(schema):
        raise CommandFailed(f"{given.place}: not a JSON Schema: {fault}")
    return json.dumps(schema)
