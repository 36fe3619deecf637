"""`aircher-cli daemon restart`: a new daemon, with this shell's environment variables."""

import argparse

from aircher_cli.commands.daemon.lifecycle import add_timeout, show_config_problems, start, stop
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.daemon import headline

EXAMPLES = """
aircher-cli daemon restart
"""


def build_parser() -> Parser:
    """Return the parser of `daemon restart`."""
    parser = make_parser(
        "daemon restart",
        "Stop the daemon once its requests are done, and start it again: after an update, or to "
        "let it see the environment variables of this shell.",
        EXAMPLES,
    )
    add_timeout(parser)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Stop the daemon if it runs, start it, and say which one it is now."""
    pid = stop(context, options.timeout)
    status = start(context)
    if options.json:
        context.console.json({"stopped": pid is not None, "started": True, **status})
    else:
        context.console.line(f"✓ {headline(status)}", "good")
        show_config_problems(context, status)
    return OK
