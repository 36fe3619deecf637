"""`aircher-cli chats list`: lists kept conversations, the latest first."""

import argparse
import time

from aircher_cli.commands.chats.found import entries_of, open_store, opened, record_of
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser, positive_int
from aircher_cli.render.formatting import ago, count
from aircher_cli.render.layout import Line, columns
from aircher_cli.values import Map
from aircher_client.conversations import Entry, SavedConversation
from aircher_client.conversations.texts import title

EXAMPLES = """
aircher-cli chats
aircher-cli chats list -n 100
aircher-cli chats list --all --json | jq -r '.conversations[].name'
"""
DEFAULT_COUNT = 20


def build_parser() -> Parser:
    """Return the parser of `chats list`."""
    parser = make_parser(
        "chats list",
        "List kept conversations, the latest first: name, time, number of questions, first words.",
        EXAMPLES,
    )
    add = parser.add_argument
    count_help = f"at most this many; {DEFAULT_COUNT} by default"
    add("-n", "--count", type=positive_int, metavar="N", default=DEFAULT_COUNT, help=count_help)
    add("--all", action="store_true", help="all of them")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the conversations; there may be none.

    Raises:
        CommandFailed: the folder cannot be read.
    """
    store = open_store(context)
    entries = entries_of(store)
    shown = entries if options.all else entries[: options.count]
    found = list(opened(store, shown))
    console = context.console
    if options.json:
        rows = [_record(entry, each) for entry, each in found]
        console.json({"conversations": rows, "more": len(entries) - len(shown)})
        return OK
    if not found:
        console.line("no conversation is kept yet")
        return OK
    now = time.time()
    cells = [_cells(entry, each, now) for entry, each in found]
    for lines in columns(cells, console.width, droppable=(3, 2)):
        for line in lines:
            console.styled(line)
    if more := len(entries) - len(shown):
        console.line(f"and {more:,} more: --all", "dim")
    return OK


def _record(entry: Entry, found: SavedConversation | str) -> Map:
    if isinstance(found, SavedConversation):
        return record_of(found, entry.changed)
    return {"name": entry.name, "changed": entry.changed, "problem": found}


def _cells(entry: Entry, found: SavedConversation | str, now: float) -> Line:
    if isinstance(found, str):
        name, number, said, style = entry.name, "", found, "bad"
        at = entry.changed
    else:
        name, number = found.name, count(len(found.turns), "question")
        said, style = title(found.turns), ""
        at = found.turns[-1].at if found.turns else entry.changed
    return [("", ""), (name, "bold"), (ago(at, now), "dim"), (number, "dim"), (said, style)]
