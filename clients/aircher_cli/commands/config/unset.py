"""`aircher-cli config unset`: removes entries of the configuration file."""

import argparse

from aircher_cli.commands.config.changing import report_change, send_change
from aircher_cli.context import Context
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name

EXAMPLES = """
aircher-cli config unset fallback.max_attempts
aircher-cli config unset models.sonnet
"""


def build_parser() -> Parser:
    """Return the parser of `config unset`."""
    parser = make_parser(
        "config unset",
        "Remove entries or whole sections of the configuration file, so that their defaults are "
        "used. The rest of the file is kept as it is.",
        EXAMPLES,
    )
    parser.add_argument(
        "keys", nargs="+", type=non_empty_name, metavar="KEY", help="the entry or section"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Change the file, and print what changed.

    Raises:
        DaemonError: the change is refused, or the file cannot be written.
    """
    result = send_change(context, [], options.keys, as_json=options.json)
    return report_change(context, result, as_json=options.json)
