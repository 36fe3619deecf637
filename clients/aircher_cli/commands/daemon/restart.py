"""`aircher-cli daemon restart`: restarts the daemon, after an update for example."""

import argparse

from aircher_cli.commands.daemon.lifecycle import (
    add_timeout,
    find_service,
    restart,
    show_config_problems,
    show_line,
)
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
        "Stop the daemon after its requests have finished, and start it again: after an update, or "
        "to pass it the environment variables of this shell. As a service it gets its variables "
        "from ~/.aircher/environment instead, and clients that come meanwhile wait for it.",
        EXAMPLES,
    )
    add_timeout(parser)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Stop the daemon if it is running, start it, and print its process."""
    from aircher_cli.service import manager  # noqa: PLC0415 -- not for `--help`
    from aircher_cli.service.steps import Steps  # noqa: PLC0415 -- likewise

    steps = Steps(context.console, is_silent=options.json)
    if find_service(context) is not None:
        manager.update(context, steps, timeout=options.timeout)
    pid, status = restart(context, options.timeout)
    if options.json:
        context.console.json({"stopped": pid is not None, "started": True, **status})
    else:
        show_line(context, f"✓ {headline(status)}", "good")
        show_config_problems(context, status)
    return OK
