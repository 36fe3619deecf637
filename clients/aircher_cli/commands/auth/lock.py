"""`aircher-cli auth lock`: makes the daemon forget all keys until they are unlocked."""

import argparse
import time

from aircher_cli.commands.inputs.time_input import read_end, read_length
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.formatting import format_time
from aircher_cli.values import as_map, number, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli auth lock
aircher-cli auth lock --for 2h
aircher-cli auth lock --until 18:00
"""

DESCRIPTION = """\
Make the daemon forget all keys and use none, until 'aircher-cli auth unlock' or a time. Requests
that are under way go on to their end. Local servers without a key still answer. A restart of the
daemon does not unlock the keys, and a shorter time does not end a longer lock. Nothing is removed:
the keys stay where they are stored."""


def build_parser() -> Parser:
    """Return the parser of `auth lock`."""
    parser = make_parser("auth lock", DESCRIPTION, EXAMPLES)
    end = parser.add_mutually_exclusive_group()
    end.add_argument(
        "--for", dest="length", metavar="TIME", help="unlock after a time: 30min, 2h, 1d, 1w"
    )
    end.add_argument(
        "--until", metavar="TIME", help="unlock at a time: 18:00, 2026-12-24 or 2026-12-24T18:00"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Lock the keys and print until when.

    Raises:
        UsageError: the time is invalid or over.
    """
    now = time.time()
    seconds = None
    if options.length is not None:
        seconds = read_length(options.length, "--for")
    elif options.until is not None:
        seconds = read_end(options.until, "--until", now) - now
    with context.connect() as client:
        params = {} if seconds is None else {"seconds": seconds}
        result = client.call(methods.AUTH_LOCK, params)
    if options.json:
        context.console.json(result)
        return OK
    until = number(as_map(result.get("lock")).get("until"))
    end = "'aircher-cli auth unlock'" if until is None else format_time(until, now)
    context.console.line(f"✓ all keys are locked until {end}", "good")
    if problem := text(result.get("problem")):
        context.console.note(f"a restart of the daemon unlocks them: {problem}")
    return OK
