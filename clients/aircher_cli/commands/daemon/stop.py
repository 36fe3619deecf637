"""`aircher-cli daemon stop`: stops the daemon and waits for its end."""

import argparse

from aircher_cli.commands.daemon.lifecycle import add_timeout, find_service, show_line, stop
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser

EXAMPLES = """
aircher-cli daemon stop
aircher-cli daemon stop --now
"""

STARTS_AGAIN = (
    "systemd listens on the socket and starts the daemon with the next request. 'systemctl --user "
    "stop aircherd.socket' ends that until the next aircher-cli command, or with "
    "AIRCHER_AUTOSTART=0 until the next login; 'aircher-cli daemon uninstall' removes the service"
)


def build_parser() -> Parser:
    """Return the parser of `daemon stop`."""
    parser = make_parser(
        "daemon stop",
        "Stop the daemon after its requests have finished, and wait for its end. The next command "
        "that needs the daemon starts it again.",
        EXAMPLES,
    )
    parser.add_argument(
        "--now", action="store_true", help="end running requests instead of waiting for them"
    )
    add_timeout(parser)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Stop the daemon; it is not an error if none is running."""
    pid = stop(context, options.timeout, at_once=options.now)
    service = find_service(context)
    listens = service is not None and service.state().listens
    if options.json:
        context.console.json({"stopped": pid is not None, "pid": pid, "listening": listens})
        return OK
    if pid is None:
        context.console.line("aircherd is not running")
    else:
        show_line(context, f"✓ aircherd (process {pid}) has stopped", "good")
    if listens:
        context.console.note(STARTS_AGAIN)
    return OK
