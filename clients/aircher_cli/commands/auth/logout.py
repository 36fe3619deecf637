"""`aircher-cli auth logout`: removes stored keys."""

import argparse
import time

from aircher_cli.commands.auth.key_input import refuse_keys
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.formatting import count, join_names
from aircher_cli.render.keys import key_lines, rows_with_engine
from aircher_cli.values import Map, records, text
from aircher_wire import methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_client import Client

EXAMPLES = """
aircher-cli auth logout openai
aircher-cli auth logout openai --label work
aircher-cli auth logout openai --yes
aircher-cli auth logout shared
"""

NOT_STORED = ("env:", "command")
"""What the names of keys begin with that are a variable's or a command's."""


def build_parser() -> Parser:
    """Return the parser of `auth logout`."""
    parser = make_parser(
        "auth logout",
        "Remove the stored keys of a provider, or only the one with a label. If there are several, "
        "you are asked first. The keys that remain, such as an environment variable, are shown.",
        EXAMPLES,
    )
    parser.add_argument("provider", type=non_empty_name, metavar="PROVIDER", help="the provider")
    parser.add_argument(
        "--label", type=non_empty_name, metavar="LABEL", help="only the key with this label"
    )
    parser.add_argument("--yes", action="store_true", help="remove several keys without a question")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Remove keys and show those that remain; it is not an error if there are none.

    Raises:
        UsageError: there are several keys, and no terminal to ask on.
        DaemonError: there is no such provider or label, or a key cannot be removed.
    """
    refuse_keys([options.provider, options.label or ""])
    params = {"provider": options.provider}
    if options.label:
        params["label"] = options.label
    with context.connect() as client:
        if not (options.label or options.yes or _may_remove(context, client, options.provider)):
            context.console.note("nothing was removed")
            return FAILED
        result = client.call(methods.AUTH_LOGOUT, params)
    if options.json:
        context.console.json(result)
        return OK
    removed = int(result.get("removed") or 0)
    context.console.line(f"removed {count(removed, 'key')} of {options.provider}")
    rows = records(result.get("rows"))
    for line in key_lines(rows, width=context.console.width, now=time.time()):
        context.console.styled(line)
    return OK


def _may_remove(context: Context, client: "Client", provider: str) -> bool:
    """Return whether all stored keys of a provider may be removed; ask if there are several.

    Raises:
        UsageError: there are several, and no terminal to ask on.
    """
    rows = rows_with_engine(client.call(methods.AUTH_STATUS))
    keys = stored_keys([row for row in rows if row.get("provider") == provider])
    if len(keys) < 2:
        return True
    names = join_names([f"{text(key.get('key'))}{_masked(key)}" for key in keys])
    if context.stdin is None or context.has_input():
        raise UsageError(
            f"{provider} has {len(keys)} stored keys: {names}. Name one with --label, or add --yes "
            "to remove all of them"
        )
    context.console.prompt(f"{provider} has {len(keys)} stored keys: {names}. Remove all? [y/N] ")
    return context.stdin.readline().strip().lower() in {"y", "yes"}


def stored_keys(rows: list[Map]) -> list[Map]:
    """Return the rows of `auth.status` whose key was stored by a sign-in."""
    named = (row for row in rows if row.get("key"))
    return [row for row in named if not text(row.get("key")).startswith(NOT_STORED)]


def _masked(key: Map) -> str:
    return f" ({key['masked']})" if key.get("masked") else ""
