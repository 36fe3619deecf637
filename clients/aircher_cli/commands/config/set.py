"""`aircher-cli config set`: sets entries of the configuration file."""

import argparse

from aircher_cli.commands.config.changing import report_change, send_change
from aircher_cli.context import Context
from aircher_cli.exit_codes import UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name

EXAMPLES = """
aircher-cli config set fallback.max_attempts 6
aircher-cli config set default_model anthropic/claude-sonnet-5
aircher-cli config set models.fast.routes '["openai/gpt-5.5-mini"]'
aircher-cli config set --unset fallback.max_attempts
"""

DESCRIPTION = """\
Set entries of the configuration file. A value is TOML; a string needs no quotes. Comments and the
order of the file are kept, an invalid change is refused, and the change is in effect at once. Keys
are stored with `aircher-cli auth login`, never in this file."""


def build_parser() -> Parser:
    """Return the parser of `config set`."""
    parser = make_parser("config set", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "pairs", nargs="*", default=[], metavar="KEY VALUE", help="the entry and its new value"
    )
    parser.add_argument(
        "--unset",
        action="append",
        default=[],
        type=non_empty_name,
        metavar="KEY",
        help="remove this entry, so that its default is used",
    )
    add_json(parser)
    parser.usage = "aircher-cli config set [--unset KEY] [--json] KEY VALUE [KEY VALUE ...]"
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Change the file, and print what changed.

    Raises:
        UsageError: a key has no value, or there is nothing to do.
        DaemonError: the change is refused, or the file cannot be written.
    """
    pairs = options.pairs
    if len(pairs) % 2:
        raise UsageError("the last key has no value", "aircher-cli config set --help")
    if not pairs and not options.unset:
        raise UsageError("which entry?", "aircher-cli config set --help")
    entries = [
        {"path": path, "text": value} for path, value in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    result = send_change(context, entries, options.unset, as_json=options.json)
    return report_change(context, result, as_json=options.json)
