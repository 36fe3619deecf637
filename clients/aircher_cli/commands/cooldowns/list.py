"""`aircher-cli cooldowns list`: lists what is cooling down, why, and until when."""

import argparse
import time

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.cooldowns import cooldown_lines, unhealthy_rows
from aircher_cli.values import as_map, records
from aircher_wire import methods

EXAMPLES = """
aircher-cli cooldowns list
aircher-cli cooldowns list --json | jq -r '.cooldowns[].provider'
"""

DESCRIPTION = """\
List the providers, keys and models that are skipped for a while: they were rate-limited, have no
credit left, or could not be reached. They are asked again automatically."""


def build_parser() -> Parser:
    """Return the parser of `cooldowns list`."""
    parser = make_parser("cooldowns list", DESCRIPTION, EXAMPLES)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the cooldowns; return 0 whether there are any or not."""
    with context.connect() as client:
        # Only the snapshot has the health of single models; `auth.status` has that of keys.
        result = client.call(methods.EVENTS_SUBSCRIBE, {"topics": ["provider"]})
    rows = unhealthy_rows(records(as_map(result.get("snapshot")).get("provider")))
    if options.json:
        context.console.json({"cooldowns": rows})
        return OK
    if not rows:
        context.console.line("nothing is cooling down")
    for line in cooldown_lines(rows, context.console.width, time.time()):
        context.console.styled(line)
    return OK
