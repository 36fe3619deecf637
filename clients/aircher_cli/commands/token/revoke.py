"""`aircher-cli token revoke`: ends a token, and what it is used for now."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, may_be_key, non_empty_name
from aircher_wire import methods

EXAMPLES = """
aircher-cli token revoke zed
aircher-cli token list
"""


def build_parser() -> Parser:
    """Return the parser of `token revoke`."""
    parser = make_parser(
        "token revoke",
        "End a token. Its requests are refused from now on, and replies that still come end at "
        "once. What it used still counts in `usage`.",
        EXAMPLES,
    )
    parser.add_argument("token", type=non_empty_name, metavar="NAME", help="its name")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """End the token.

    Raises:
        UsageError: the name may be a token.
        DaemonError: there is none of that name, or the change cannot be stored.
    """
    if may_be_key(options.token):
        raise UsageError(
            "takes the name of a token, not the token: it is in the history of your shell now",
            "aircher-cli token list",
        )
    with context.connect() as client:
        ended = client.call(methods.TOKEN_REVOKE, {"name": options.token})
    if options.json:
        context.console.json(ended)
        return OK
    context.console.line(f"✓ token {options.token} ends now", "good")
    return OK
