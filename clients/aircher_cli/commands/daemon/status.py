"""`aircher-cli daemon status`: shows whether the daemon is running, without starting it."""

import argparse

from aircher_cli.commands.daemon.lifecycle import is_running, show_config_problems, socket_path
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UNREACHABLE
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.daemon import headline
from aircher_wire import methods

EXAMPLES = """
aircher-cli daemon status
aircher-cli daemon status > /dev/null || echo "not running"
"""


def build_parser() -> Parser:
    """Return the parser of `daemon status`."""
    parser = make_parser(
        "daemon status",
        "Show whether the daemon is running, without starting it. The exit code is 3 if it is not. "
        "`aircher-cli status` shows more.",
        EXAMPLES,
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the process of the daemon, or that it is not running."""
    if not is_running(context):
        if options.json:
            context.console.json({"running": False, "socket": socket_path(context)})
        else:
            context.console.line(f"aircherd is not running (socket {socket_path(context)})")
        return UNREACHABLE
    with context.connect(autostart=False) as client:
        status = client.call(methods.STATUS)
    if options.json:
        context.console.json({"running": True, **status})
    else:
        context.console.line(f"✓ {headline(status)}", "good")
        show_config_problems(context, status)
    return OK
