"""`aircher-cli token list`: lists the tokens, without their values."""

import argparse
import time

from aircher_cli.commands.token.amounts import describe_limit
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.formatting import ago, format_date, short_path
from aircher_cli.render.layout import Line, columns
from aircher_cli.values import Map, number, records, text, texts
from aircher_wire import methods

EXAMPLES = """
aircher-cli token list
aircher-cli token list --json | jq -r '.tokens[].name'
"""


def build_parser() -> Parser:
    """Return the parser of `token list`."""
    parser = make_parser(
        "token list",
        "List the tokens: their names, when each was used last, and what it may be used for. Those "
        "of tools that `aircher-cli run` has started end with their tool.",
        EXAMPLES,
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the tokens; there may be none."""
    with context.connect() as client:
        found: Map = client.call(methods.TOKEN_LIST)
    console = context.console
    if options.json:
        console.json(found)
        return OK
    rows = token_rows(found, time.time(), context.environ.get("HOME", ""))
    for lines in columns(rows, console.width, droppable=()):
        for line in lines:
            console.styled(line)
    if problem := text(found.get("problem")):
        console.note(f"✗ {problem}")
    elif not rows:
        console.line("there are no tokens; create one: aircher-cli token create NAME")
    return OK


def token_rows(found: Map, now: float, home: str) -> list[Line]:
    """Return a row of cells for each token: a symbol, its name, its last use, what it may do."""
    stored = [_row(token, now, home) for token in records(found.get("tokens"))]
    running = [
        [
            ("→", "good"),
            (text(row.get("name")), "bold"),
            ("runs now", ""),
            (_project(row, home), ""),
        ]
        for row in records(found.get("running"))
    ]
    return [*stored, *running]


def _row(token: Map, now: float, home: str) -> Line:
    has_expired = bool(token.get("expired"))
    symbol = ("✗", "bad") if has_expired else ("✓", "good")
    used = number(token.get("used_at"))
    last = "never used" if used is None else f"used {_ago(used, now)}"
    expires = number(token.get("expires_at"))
    ends = (
        "" if expires is None else f"{'expired' if has_expired else 'until'} {format_date(expires)}"
    )
    facts = [
        *_listed("models", token),
        *_listed("providers", token),
        *(describe_limit(limit) for limit in records(token.get("limits"))),
        _project(token, home),
        ends,
    ]
    name = text(token.get("name"))
    return [symbol, (name, "bold"), (last, "dim"), ("; ".join(filter(None, facts)), "")]


def _ago(used: float, now: float) -> str:
    """The daemon notes uses with an accuracy of minutes."""
    return "in the last minutes" if now - used < 600 else ago(used, now)


def _listed(name: str, token: Map) -> list[str]:
    names = texts(token.get(name))
    return [f"{name} {', '.join(names)}"] if names else []


def _project(row: Map, home: str) -> str:
    project = text(row.get("project"))
    return f"project {short_path(project, home)}" if project else ""
