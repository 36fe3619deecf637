"""`aircher-cli fleet forget`: forgets a machine that will not come back."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.values import text
from aircher_wire import methods

EXAMPLES = """
aircher-cli fleet forget old-laptop
aircher-cli fleet list
"""

DESCRIPTION = """\
Forget a machine of the fleet that will not come back. What it may still have used, because it was
not stopped but switched off, is free again at once, and not only when the limit's day or month is
over. What it did use still counts. One that comes back is known again."""


def build_parser() -> Parser:
    """Return the parser of `fleet forget`."""
    parser = make_parser("fleet forget", DESCRIPTION, EXAMPLES)
    about = "its name, or its id as fleet list shows it"
    parser.add_argument("machine", type=non_empty_name, metavar="MACHINE", help=about)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Forget the machine.

    Raises:
        DaemonError: there is none of that name, it still reports, or the engine is away.
    """
    with context.connect() as client:
        result = client.call(methods.FLEET_FORGET, {"machine": options.machine})
    if options.json:
        context.console.json(result)
        return OK
    context.console.line(f"✓ forgot {text(result.get('label')) or options.machine}", "good")
    return OK
