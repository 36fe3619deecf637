"""`aircher-cli cooldowns clear`: ends cooldowns now."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.formatting import count
from aircher_cli.values import number
from aircher_wire import methods

EXAMPLES = """
aircher-cli cooldowns clear
aircher-cli cooldowns clear openai
"""

DESCRIPTION = """\
End the cooldowns of one provider or of all, so that the next request may ask them again. Use it
when you know more than aircher, for example after buying credit."""


def build_parser() -> Parser:
    """Return the parser of `cooldowns clear`."""
    parser = make_parser("cooldowns clear", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "provider", nargs="?", type=non_empty_name, metavar="PROVIDER", help="only this provider"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Clear cooldowns and print how many there were; none is not an error.

    Raises:
        DaemonError: the provider does not exist.
    """
    params = {"provider": options.provider} if options.provider else {}
    with context.connect() as client:
        result = client.call(methods.COOLDOWNS_CLEAR, params)
    if options.json:
        context.console.json(result)
        return OK
    cleared = int(number(result.get("cleared")) or 0)
    whose = f" of {options.provider}" if options.provider else ""
    if cleared:
        context.console.line(f"✓ cleared {count(cleared, 'cooldown')}{whose}", "good")
    else:
        context.console.line(f"no cooldowns{whose} to clear")
    return OK
