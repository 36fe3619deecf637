"""`aircher-cli chats search`: finds words in kept conversations."""

import argparse
from collections.abc import Iterator

from aircher_cli.commands.chats.found import entries_of, open_store, opened
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_text, positive_int
from aircher_cli.render.layout import paragraph
from aircher_cli.values import Map, text
from aircher_client.conversations import SavedConversation
from aircher_client.conversations.texts import find_text, message_text

EXAMPLES = """
aircher-cli chats search "green tea"
aircher-cli chats search -n 3 sencha
aircher-cli chats search --json tea | jq -r '.found[].name' | sort -u
"""
DEFAULT_COUNT = 20


def build_parser() -> Parser:
    """Return the parser of `chats search`."""
    parser = make_parser(
        "chats search",
        "Find a text in questions, answers and system prompts, whatever its case; the latest "
        "conversations come first. Exit code 1: it was not found.",
        EXAMPLES,
    )
    add = parser.add_argument
    add("words", nargs="+", type=non_empty_text, metavar="TEXT", help="what to find")
    count_help = f"at most this many places; {DEFAULT_COUNT} by default"
    add("-n", "--count", type=positive_int, metavar="N", default=DEFAULT_COUNT, help=count_help)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print where the text is; conversations that cannot be read are named on standard error.

    Raises:
        CommandFailed: the folder cannot be read.
    """
    store = open_store(context)
    wanted = " ".join(options.words)
    console = context.console
    rows: list[Map] = []
    for _, found in opened(store, entries_of(store)):
        if isinstance(found, str):
            console.note(f"aircher-cli: {found}")
            continue
        rows += _places(found, wanted)
        if len(rows) >= options.count:
            break
    rows = rows[: options.count]
    if options.json:
        console.json({"found": rows})
        return OK if rows else FAILED
    for row in rows:
        console.line(text(row["name"]), "bold")
        line = f"{row['role']}: {row['text']}"
        for each in paragraph(line, console.width, indent="  ", hang="  "):
            console.styled(each)
    if not rows:
        console.note(f"aircher-cli: no conversation has {wanted}")
    return OK if rows else FAILED


def _places(found: SavedConversation, wanted: str) -> Iterator[Map]:
    """Yield where a conversation has the text, once for each message."""
    messages: list[tuple[object, str, float]] = []
    if found.system and found.turns:
        messages.append(("system", found.system, found.turns[0].at))
    for turn in found.turns:
        both = (*turn.asked, turn.reply)
        messages += [(message.get("role"), message_text(message), turn.at) for message in both]
    for role, said, at in messages:
        if (shown := find_text(said, wanted)) is not None:
            yield {"name": found.name, "at": at, "role": role, "text": shown}
