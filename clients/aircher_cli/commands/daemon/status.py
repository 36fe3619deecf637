"""`aircher-cli daemon status`: does it run? Does not start it."""

import argparse

from aircher_cli.commands.daemon.lifecycle import is_running, show_config_problems, socket_path
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UNREACHABLE
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.daemon import headline
from aircher_wire import methods

EXAMPLES = """
aircher-cli daemon status
aircher-cli daemon status > /dev/null || echo "it does not run"
"""


def build_parser() -> Parser:
    """Return the parser of `daemon status`."""
    parser = make_parser(
        "daemon status",
        "Say whether the daemon runs, without starting it. Exit code 3 says that it does not. "
        "`aircher-cli status` says more.",
        EXAMPLES,
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print which daemon runs, or that none does."""
    if not is_running(context):
        if options.json:
            context.console.json({"running": False, "socket": socket_path(context)})
        else:
            context.console.line(
                f"aircherd does not run; its socket would be {socket_path(context)}"
            )
        return UNREACHABLE
    with context.connect(autostart=False) as client:
        status = client.call(methods.STATUS)
    if options.json:
        context.console.json({"running": True, **status})
    else:
        context.console.line(f"✓ {headline(status)}", "good")
        show_config_problems(context, status)
    return OK
