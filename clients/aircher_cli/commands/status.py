"""`aircher-cli status`: shows the daemon, its configuration and the providers."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.daemon import status_lines
from aircher_wire import methods

EXAMPLES = """
aircher-cli status
aircher-cli status --json | jq .requests
"""


def build_parser() -> Parser:
    """Return the parser of `status`."""
    parser = make_parser(
        "status",
        "Show the daemon, its configuration, the providers, and which model answers by default.",
        EXAMPLES,
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the daemon's status; the daemon is started if it is not running."""
    with context.connect() as client:
        status = client.call(methods.STATUS)
    if options.json:
        context.console.json(status)
        return OK
    home = context.environ.get("HOME", "")
    for line in status_lines(status, width=context.console.width, home=home):
        context.console.styled(line)
    return OK
