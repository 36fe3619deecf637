"""`aircher-cli daemon stop`: stop the daemon, and return when it is gone."""

import argparse

from aircher_cli.commands.daemon.lifecycle import add_timeout, stop
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser

EXAMPLES = """
aircher-cli daemon stop
aircher-cli daemon stop --timeout 5
"""


def build_parser() -> Parser:
    """Return the parser of `daemon stop`."""
    parser = make_parser(
        "daemon stop",
        "Stop the daemon once its requests are done, and wait until it is gone. The next command "
        "that wants it starts it again.",
        EXAMPLES,
    )
    add_timeout(parser)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Stop the daemon; that none runs is what was wanted, too."""
    pid = stop(context, options.timeout)
    if options.json:
        context.console.json({"stopped": pid is not None, "pid": pid})
    elif pid is None:
        context.console.line("aircherd does not run")
    else:
        context.console.line(f"✓ aircherd (process {pid}) is gone", "good")
    return OK
