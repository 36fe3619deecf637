"""`aircher-cli limits`: shows how much of each limit is used."""

import argparse
import time

from aircher_cli.commands.config.path import config_file
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.daemon import is_elsewhere
from aircher_cli.render.formatting import short_path
from aircher_cli.render.limits import (
    EXAMPLE,
    incomplete_note,
    limit_lines,
    shared_notes,
    unknown_name_notes,
)
from aircher_cli.values import records
from aircher_wire import methods

EXAMPLES = """
aircher-cli limits
aircher-cli limits --json | jq '.limits[] | select(.share > 0.8)'
"""

DESCRIPTION = """\
Show your limits on requests, tokens and USD, how much of each is used, and when it resets. When a
limit is reached, the next provider is asked; if there is none, the request fails. Of a limit that
several machines share, each machine has a line."""


def build_parser() -> Parser:
    """Return the parser of `limits`."""
    parser = make_parser("limits", DESCRIPTION, EXAMPLES)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the limits; return 0 even if they are used up."""
    with context.connect() as client:
        status = client.call(methods.LIMITS_STATUS)
        limits = records(status.get("limits"))
        can_set = bool(limits) or not is_elsewhere(client.call(methods.STATUS))
    console = context.console
    if options.json:
        console.json(status)
    elif not limits:
        console.line("no limits are set")
        if can_set:
            console.note(_example_note(context))
    else:
        lines = limit_lines(
            limits,
            console.width,
            time.time(),
            draws=console.is_terminal,
            has_unicode=console.has_unicode,
        )
        for line in lines:
            console.styled(line)
        if note := incomplete_note(status):
            console.note(note)
        for note in (*unknown_name_notes(status), *shared_notes(status, time.time())):
            console.note(note)
    return OK


def _example_note(context: Context) -> str:
    """Return an example, and the file to put it in."""
    file = short_path(config_file(context), context.environ.get("HOME", ""))
    return f"to set one, add to {file}, for example:\n\n{EXAMPLE}"
