"""`aircher-cli auth unlock`: lets the daemon read the keys again."""

import argparse
import time

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.keys import key_lines
from aircher_cli.values import as_map, records, text
from aircher_client.proof import call_with_proof
from aircher_wire import methods

EXAMPLES = """
aircher-cli auth unlock
"""

DESCRIPTION = """\
End 'aircher-cli auth lock', and the lock that follows the time of [auth] lifetime. The daemon reads
the keys again. It asks for a proof that your files can be read, which a program in a container does
not have."""


def build_parser() -> Parser:
    """Return the parser of `auth unlock`."""
    parser = make_parser("auth unlock", DESCRIPTION, EXAMPLES)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Unlock the keys and show those that there are; it is not an error if they are not locked."""
    with context.connect() as client:
        result = as_map(call_with_proof(client, methods.AUTH_UNLOCK, {}))
    if options.json:
        context.console.json(result)
        return OK
    context.console.line("✓ the keys are unlocked", "good")
    rows = [row for row in records(result.get("rows")) if row.get("key")]
    for line in key_lines(rows, width=context.console.width, now=time.time()):
        context.console.styled(line)
    if problem := text(result.get("problem")):
        context.console.note(f"a restart of the daemon locks them again: {problem}")
    return OK
