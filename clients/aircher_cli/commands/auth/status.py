"""`aircher-cli auth status`: shows each provider's keys, their sources, and what to do."""

import argparse
import time

from aircher_cli.commands.auth.login import refuse_unknown_provider
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.daemon import config_lines, lock_lines
from aircher_cli.render.keys import (
    folded_lines,
    is_in_use,
    is_signed_in,
    key_lines,
    rows_with_engine,
    without_repeats,
)
from aircher_cli.render.layout import Line, paragraph
from aircher_cli.values import Map, as_map, records, text, texts
from aircher_client.sign_in import unseen_variables
from aircher_wire import methods

EXAMPLES = """
aircher-cli auth status
aircher-cli auth status openai
aircher-cli auth status openai@work
aircher-cli auth status --json | jq '.rows[] | select(.state == "rejected")'
"""

DESCRIPTION = """\
Show the keys of the providers that you use, or of one: their state, their source, which other keys
they hide, and what to do. Of a key only the last characters are shown. Providers that you are not
signed in to are named in one line; --json has them all."""


def build_parser() -> Parser:
    """Return the parser of `auth status`."""
    parser = make_parser("auth status", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "provider",
        nargs="?",
        type=non_empty_name,
        metavar="PROVIDER",
        help="only this provider, or PROVIDER@KEY: only this key of it",
    )
    parser.add_argument(
        "--all", action="store_true", help="also providers that you do not use, with what to do"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the rows; return 0 whatever their states.

    Raises:
        UsageError: there is no such provider, or no such key.
        DaemonError: the provider's entry in the configuration is invalid.
    """
    with context.connect() as client:
        status = client.call(methods.AUTH_STATUS)
        if options.provider:
            status = _only(status, options.provider)
        rows = records(status.get("rows"))
        notes: list[str] = []
        if not options.json and not options.provider and not is_signed_in(rows):
            from aircher_cli.signing_in.notes import model_notes  # noqa: PLC0415 -- rarely needed

            notes = model_notes(client, context.environ, None)
    wanted = texts(status.get("environment"))
    unseen = unseen_variables(wanted, rows, dict(context.environ))
    if options.json:
        context.console.json({**status, "unseen": unseen})
        return OK
    width = context.console.width
    now = time.time()
    known = rows if options.provider else rows_with_engine(status)
    known = without_repeats(known, as_map(status.get("config")))
    shown = [row for row in known if options.provider or options.all or is_in_use(row)]
    lines = key_lines(shown, width=width, now=now)
    elsewhere = (
        as_map(status.get("config")).get("file") == ""
    )  # a forward: nothing can be done here
    folded = [row for row in rows if row not in shown]
    lines += folded_lines(folded, width, is_elsewhere=elsewhere)
    lines += lock_lines(as_map(status.get("lock")), width, now)
    if not notes and not options.provider and not elsewhere:  # the notes name these variables too
        lines += _unseen_lines(unseen, width)
    lines += config_lines(as_map(status.get("config")), width, context.environ.get("HOME", ""))
    for line in lines:
        context.console.styled(line)
    for note in notes:
        context.console.note(note)
    return OK


def _only(status: Map, name: str) -> Map:
    """Return the status with the rows of one provider, or of one key: `provider@label`."""
    provider, at, label = name.partition("@")
    rows = [row for row in rows_with_engine(status) if row.get("provider") == provider]
    if not rows:
        refuse_unknown_provider(status, provider)
    found = [row for row in rows if not at or row.get("key") == label]
    if rows and not found:
        raise UsageError(missing_key(provider, label, rows))
    return {**status, "rows": found}


def missing_key(provider: str, label: str, rows: list[Map]) -> str:
    """Return that a provider with these rows has no key with a label, and what to do."""
    known = [text(row.get("key")) for row in rows if row.get("key")]
    has = f" (it has {', '.join(known)})" if known else ""
    login = f"aircher-cli auth login {provider} --label {label}"
    return f'{provider} has no key "{label}"{has}; sign in: {login}'


def _unseen_lines(names: list[str], width: int) -> list[Line]:
    if not names:
        return []
    sentence = f"This shell has {', '.join(names)}, which the daemon cannot see."
    hint = "→ store the keys that work: aircher-cli auth import"
    return [[("", "")], *paragraph(sentence, width), *paragraph(hint, width, hang="  ")]
