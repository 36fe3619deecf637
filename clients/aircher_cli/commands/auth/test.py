"""`aircher-cli auth test`: checks keys with their providers now."""

import argparse
import time

from aircher_cli.context import Context
from aircher_cli.exit_codes import NO_PROVIDER, NOT_SIGNED_IN, OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.keys import is_signed_in, key_lines, rows_with_engine
from aircher_cli.values import records, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli auth test
aircher-cli auth test openai && echo good
"""

DESCRIPTION = """\
Check all keys, or those of one provider, with a call that costs nothing. The exit code is 4 if a
key was refused or cannot be read, or if there is none, and 5 if a provider could not be reached."""


def build_parser() -> Parser:
    """Return the parser of `auth test`."""
    parser = make_parser("auth test", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "provider", nargs="?", type=non_empty_name, metavar="PROVIDER", help="only this provider"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Check the keys, print the rows, and return `check_exit_code`."""
    params = {"provider": options.provider} if options.provider else {}
    with context.connect() as client:
        result = client.call(methods.AUTH_TEST, params)
        rows = rows_with_engine(result)
        notes: list[str] = []
        if not options.provider and not is_signed_in(records(result.get("rows"))):
            from aircher_cli.signing_in.notes import model_notes  # noqa: PLC0415 -- rarely needed

            notes = model_notes(client, context.environ, None)
        elif options.provider and not is_signed_in(rows):
            from aircher_cli.signing_in.notes import provider_notes  # noqa: PLC0415 -- likewise

            notes = provider_notes(client, context.environ, options.provider, only_unseen=True)
    if options.json:
        context.console.json(result)
    else:
        for line in key_lines(rows, width=context.console.width, now=time.time()):
            context.console.styled(line)
        for note in notes:
            context.console.note(note)
    return NOT_SIGNED_IN if notes else check_exit_code(rows, named=bool(options.provider))


def check_exit_code(rows: list[dict[str, object]], *, named: bool) -> int:
    """Return the exit code for checked rows.

    Args:
        rows: As the daemon returned them.
        named: The user named the provider, so a missing key is a failure too.
    """
    states = {text(row.get("state")) for row in rows}
    bad = {"rejected", "locked", "unreadable"} | ({"not_configured"} if named else set())
    if states & bad:
        return NOT_SIGNED_IN
    # A local server that is not running is a failure only if the user named it.
    asked = [row for row in rows if named or text(row.get("state")) != "not_required"]
    return NO_PROVIDER if any(row.get("health") == "unreachable" for row in asked) else OK
