"""The schema of `ask --schema`: a JSON Schema, an object, as the string that the protocol wants."""

import json

from aircher_cli.commands.inputs.json_input import JsonInput, kind_of
from aircher_cli.commands.inputs.schema_check import fault_of
from aircher_cli.exit_codes import CommandFailed


def schema_of(given: JsonInput) -> str:
    """Return a schema as a JSON string.

    Raises:
        CommandFailed: it cannot be a JSON Schema; the message says where in it.
    """
    schema = given.value
    if not isinstance(schema, dict):
        raise CommandFailed(
            f"{given.place}: a JSON Schema has to be an object, "
            f'{{"type": "object", ...}}, and this is {kind_of(schema)}'
        )
    if fault := fault_of(schema):
        raise CommandFailed(f"{given.place}: not a JSON Schema: {fault}")
    return json.dumps(schema)
