"""`aircher-cli daemon uninstall`: removes the service that `daemon install` has set up."""

import argparse
from pathlib import Path

from aircher_cli.commands.daemon.lifecycle import add_timeout, show_line
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.formatting import short_path
from aircher_wire import address

EXAMPLES = """
aircher-cli daemon uninstall
"""


def build_parser() -> Parser:
    """Return the parser of `daemon uninstall`."""
    parser = make_parser(
        "daemon uninstall",
        "Stop the service that 'aircher-cli daemon install' has set up, and remove its files. Your "
        "configuration, usage data and keys stay. Other commands start the daemon without it.",
        EXAMPLES,
    )
    add_timeout(parser)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Remove the service; it is not an error if there is none.

    Raises:
        CommandFailed: it does not stop, or a file cannot be removed.
        DaemonUnreachable: the home belongs to another user; nothing was done.
    """
    from aircher_cli.service import manager  # noqa: PLC0415 -- not for `--help`
    from aircher_cli.service.steps import Steps  # noqa: PLC0415 -- likewise
    from aircher_client.autostart import check_directories  # noqa: PLC0415 -- likewise

    check_directories(context.environ)
    steps = Steps(context.console, is_silent=options.json)
    manager.uninstall(context, steps, timeout=options.timeout)
    kept = [str(path) for path in _kept(context) if path.exists()]
    if options.json:
        record = {"changed": bool(steps.changes), "steps": steps.changes, "notes": steps.notes}
        context.console.json({**record, "kept": kept})
        return OK
    if not steps.changes:
        context.console.line("nothing to do: no service is installed")
    elif kept:
        home = context.environ.get("HOME", "")
        names = " and ".join(short_path(path, home) for path in kept)
        show_line(context, f"kept {names}, and your keys; 'aircher-cli uninstall' removes all")
    return OK


def _kept(context: Context) -> list[Path]:
    return [address.aircher_home(context.environ), address.data_directory(context.environ)]
