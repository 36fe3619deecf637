"""`aircher-cli auth status`: who is signed in, from which source, and what to do about the rest."""

import argparse
import time

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.daemon import config_lines
from aircher_cli.render.keys import key_lines, unseen_variables
from aircher_cli.render.layout import Line, paragraph
from aircher_cli.values import as_map, records, texts
from aircher_wire import methods

EXAMPLES = """
aircher-cli auth status
aircher-cli auth status --json | jq '.rows[] | select(.state == "rejected")'
"""

DESCRIPTION = """\
Show each provider's keys: their state, where they come from, what they hide, and what to do. Keys
themselves are never shown, only their last characters."""


def build_parser() -> Parser:
    """Return the parser of `auth status`."""
    parser = make_parser("auth status", DESCRIPTION, EXAMPLES)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print all rows; return the exit code, 0 whatever their states."""
    with context.connect() as client:
        status = client.call(methods.AUTH_STATUS)
    rows = records(status.get("rows"))
    wanted = texts(status.get("environment"))
    unseen = unseen_variables(wanted, rows, dict(context.environ))
    if options.json:
        context.console.json({**status, "unseen": unseen})
        return OK
    width = context.console.width
    lines = key_lines(rows, width=width, now=time.time())
    lines += _unseen_lines(unseen, width)
    lines += config_lines(as_map(status.get("config")), width, context.environ.get("HOME", ""))
    for line in lines:
        context.console.styled(line)
    return OK


def _unseen_lines(names: list[str], width: int) -> list[Line]:
    if not names:
        return []
    sentence = f"This shell has {', '.join(names)}, which the daemon cannot see."
    cure = "→ aircher-cli auth import stores what works"
    return [[("", "")], *paragraph(sentence, width), *paragraph(cure, width, hang="  ")]
