"""`aircher-cli config path`: prints the path of the configuration file. Needs no daemon."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_wire.address import aircher_home

EXAMPLES = """
aircher-cli config path
$EDITOR "$(aircher-cli config path)"
"""


def build_parser() -> Parser:
    """Return the parser of `config path`."""
    parser = make_parser(
        "config path",
        "Print the path of the configuration file, even if it does not exist. The variable "
        "AIRCHER_HOME changes its folder.",
        EXAMPLES,
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the path without any decoration, for scripts."""
    file = config_file(context)
    if options.json:
        context.console.json({"file": file})
    else:
        context.console.write(f"{file}\n")
    return OK


def config_file(context: Context) -> str:
    """Return the path of the configuration file for this environment."""
    return str(aircher_home(context.environ) / "config.toml")
