"""`aircher-cli daemon start`: starts the daemon before the first request."""

import argparse

from aircher_cli.commands.daemon.lifecycle import (
    is_running,
    show_config_problems,
    show_line,
    socket_path,
    start,
)
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.daemon import headline

EXAMPLES = """
aircher-cli daemon start
"""


def build_parser() -> Parser:
    """Return the parser of `daemon start`."""
    parser = make_parser(
        "daemon start",
        "Start the daemon and wait until it is ready. This is rarely necessary: every command that "
        "needs the daemon starts it. It gets the environment variables of this shell, unless it is "
        "a service.",
        EXAMPLES,
    )
    here_help = "also where the daemon of another machine was used: see 'aircher-cli forward'"
    parser.add_argument("--here", action="store_true", help=here_help)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Start the daemon unless it is running, and print its process."""
    if options.here:
        from aircher_wire.forward_record import remove_record  # noqa: PLC0415 -- rarely needed

        remove_record(context.environ, socket_path(context))
    ran_before = is_running(context)
    status = start(context)
    if options.json:
        context.console.json({"started": not ran_before, **status})
    else:
        note = " (already running)" if ran_before else ""
        show_line(context, f"✓ {headline(status)}{note}", "good")
        show_config_problems(context, status)
    return OK
