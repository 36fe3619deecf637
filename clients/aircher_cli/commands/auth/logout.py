"""`aircher-cli auth logout`: removes stored keys."""

import argparse
import time

from aircher_cli.commands.auth.key_input import refuse_keys
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.formatting import count
from aircher_cli.render.keys import key_lines
from aircher_cli.values import records
from aircher_wire import methods

EXAMPLES = """
aircher-cli auth logout openai
aircher-cli auth logout openai --label work
"""


def build_parser() -> Parser:
    """Return the parser of `auth logout`."""
    parser = make_parser(
        "auth logout",
        "Remove the stored keys of a provider, or only the one with a label. The keys that remain, "
        "such as an environment variable, are shown.",
        EXAMPLES,
    )
    parser.add_argument("provider", type=non_empty_name, metavar="PROVIDER", help="the provider")
    parser.add_argument(
        "--label", type=non_empty_name, metavar="LABEL", help="only the key with this label"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Remove keys and show those that remain; it is not an error if there are none."""
    refuse_keys([options.provider, options.label or ""])
    params = {"provider": options.provider}
    if options.label:
        params["label"] = options.label
    with context.connect() as client:
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
