"""`aircher-cli events`: prints events, one per line, until Ctrl-C."""

import argparse
import time

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.events import event_line

TOPICS = ("auth", "provider", "attempt", "usage", "config", "models")

EXAMPLES = """
aircher-cli events
aircher-cli events --topic auth --topic provider
aircher-cli events --json | jq -c 'select(.topic == "attempt")'
"""


def build_parser() -> Parser:
    """Return the parser of `events`."""
    parser = make_parser(
        "events",
        "Print events as they happen, one per line, until you press Ctrl-C.",
        EXAMPLES,
    )
    topics = ", ".join(TOPICS)
    add = parser.add_argument
    add(
        "--topic",
        action="append",
        choices=TOPICS,
        metavar="TOPIC",
        help=f"only this topic; repeatable: {topics}",
    )
    add_json(parser, "one JSON object per line")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print events until Ctrl-C or an error.

    Raises:
        DaemonError: the daemon shut down.
        DaemonUnreachable: the connection was lost.
    """
    with context.connect() as client:
        for event in client.events(options.topic or list(TOPICS)):
            if options.json:
                context.console.json(event)
            else:
                context.console.line(event_line(event, time.time()))
    return OK
