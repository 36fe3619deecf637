"""`aircher-cli config reload`: makes the daemon load the configuration file again."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.config.changes import change_lines
from aircher_cli.render.formatting import short_path
from aircher_cli.render.limits import unknown_name_notes
from aircher_cli.values import text
from aircher_wire import methods

EXAMPLES = """
aircher-cli config reload
"""


def build_parser() -> Parser:
    """Return the parser of `config reload`."""
    parser = make_parser(
        "config reload",
        "Load the configuration file and all keys again, and print what changed. The daemon does "
        "this by itself when the file changes. If the file is invalid, the problems are printed "
        "and the daemon keeps the old configuration. Running requests are not affected.",
        EXAMPLES,
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Reload the file and print what changed.

    Raises:
        DaemonError: `config_invalid`, with each problem.
    """
    with context.connect() as client:
        result = client.call(methods.CONFIG_RELOAD)
    if options.json:
        context.console.json(result)
        return OK
    file = short_path(text(result.get("file")), context.environ.get("HOME", ""))
    if result.get("changed"):
        context.console.line(f"✓ loaded {file}", "good")
        for line in change_lines(result, context.console.width):
            context.console.styled(line)
    else:
        context.console.line(f"nothing changed in {file}")
    for note in unknown_name_notes(result):
        context.console.note(note)
    return OK
