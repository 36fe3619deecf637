"""`aircher-cli chats import`: takes over the conversations of llm and aichat."""

import argparse
from pathlib import Path

from aircher_cli.commands.chats.found import open_store
from aircher_cli.commands.chats.imports import aichat, llm
from aircher_cli.commands.chats.imports.taken import Counts, take
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.formatting import count
from aircher_client.conversations import ConversationError

EXAMPLES = """
aircher-cli chats import --from llm
aircher-cli chats import --from llm ~/backup/logs.db
aircher-cli chats import --from aichat
aircher-cli chats import --from aichat ~/.config/aichat/sessions/tea.yaml
"""

DESCRIPTION = """\
Take over the conversations of another program: llm's logs.db, or aichat's sessions and messages.md.
The source is only read. What was taken over before is not taken again, and what has grown since
grows here. Text, system prompts, models and times are taken; files and calls of tools are not."""

SOURCES = {"llm": llm, "aichat": aichat}
MAX_SHOWN = 10
"""Problems that are printed; --json has all."""


def build_parser() -> Parser:
    """Return the parser of `chats import`."""
    parser = make_parser("chats import", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    from_help = f"the program: {', '.join(SOURCES)}"
    add("--from", required=True, choices=SOURCES, dest="program", metavar="NAME", help=from_help)
    path_help = "its file or directory; by default where the program keeps it"
    add("path", nargs="?", type=non_empty_name, metavar="PATH", help=path_help)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Take the conversations over, and print how many; 1 if nothing could be taken.

    Raises:
        CommandFailed: the source cannot be read, or nothing can be written.
    """
    source = SOURCES[options.program]
    if options.path is not None:
        path = Path(options.path).expanduser()
    else:
        path = source.find_source(context.environ)
        if not path.exists():
            raise CommandFailed(f"{options.program} has kept nothing at {path}: pass its PATH")
    store = open_store(context)
    counts = Counts()
    try:
        for found in source.read_source(path):
            take(store, found, counts)
    except ConversationError as error:
        raise CommandFailed(str(error)) from None
    if options.json:
        context.console.json(counts.to_json())
    else:
        _show(context, counts)
    has_any = counts.added or counts.grown or counts.same
    return FAILED if counts.problems and not has_any else OK


def _show(context: Context, counts: Counts) -> None:
    console = context.console
    console.line(
        f"{count(counts.added, 'conversation')} added, {counts.grown:,} continued, "
        f"{counts.same:,} already here; {count(counts.answers, 'answer')} in all"
    )
    for problem in counts.problems[:MAX_SHOWN]:
        console.note(f"aircher-cli: {problem}")
    more = len(counts.problems) - MAX_SHOWN
    if more > 0:
        console.note(f"aircher-cli: and {more:,} more: --json lists all")
