"""`aircher-cli fleet list`: lists the machines that share limits with this one."""

import argparse
import time

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.fleet.machines import machine_lines
from aircher_cli.render.fleet.state import age_note, differing, headline, problem
from aircher_cli.render.layout import paragraph
from aircher_cli.values import as_map
from aircher_wire import methods

EXAMPLES = """
aircher-cli fleet list
aircher-cli fleet list --json | jq -r '.machines[] | select(.live | not) | .label'
"""

DESCRIPTION = """\
List the machines that share limits with this one, when each reported last, and what it used this
month. They share them by the server that [shared] in the configuration names."""


def build_parser() -> Parser:
    """Return the parser of `fleet list`."""
    parser = make_parser("fleet list", DESCRIPTION, EXAMPLES)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the machines; without the engine those that were seen last.

    Raises:
        DaemonError: nothing is shared.
    """
    with context.connect() as client:
        report = client.call(methods.FLEET_REPORT)
    console, now = context.console, time.time()
    if options.json:
        console.json(report)
        return OK
    shared = as_map(report.get("shared"))
    lines = paragraph(problem(shared, now) or headline(shared), console.width, style="bold")
    for line in [*lines, *machine_lines(report, console.width, now)]:
        console.styled(line)
    for note in filter(None, (differing(shared), age_note(report, shared))):
        console.note(note)
    return OK
