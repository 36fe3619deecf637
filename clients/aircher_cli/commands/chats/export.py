"""`aircher-cli chats export`: writes a conversation as Markdown, or for `--messages`."""

import argparse
import json
from pathlib import Path

from aircher_cli.commands.chats.found import NAME_HELP, find_conversation, open_store
from aircher_cli.commands.chats.transcript import to_markdown
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed
from aircher_cli.parser import Parser, make_parser, non_empty_name
from aircher_cli.values import Map
from aircher_client.conversations import SavedConversation

EXAMPLES = """
aircher-cli chats export tea > tea.md
aircher-cli chats export tea -o tea.md
aircher-cli chats export tea --json > tea.json
aircher-cli chats export tea --json | aircher-cli ask --messages - "and white tea?"
"""


def build_parser() -> Parser:
    """Return the parser of `chats export`."""
    parser = make_parser(
        "chats export",
        "Write a conversation as Markdown, or with --json as the list of messages that --messages "
        "of ask and chat reads, with the system prompt as the first one.",
        EXAMPLES,
    )
    add = parser.add_argument
    add("chat", nargs="?", type=non_empty_name, metavar="NAME", help=NAME_HELP)
    add("-o", "--output", type=non_empty_name, metavar="FILE", help="write to this new file")
    add("--json", action="store_true", help="write the messages as JSON")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Write the conversation.

    Raises:
        CommandFailed: there is none, it cannot be read, or the file exists or cannot be written.
    """
    found = find_conversation(context, open_store(context), options.chat)
    content = _to_json(found) if options.json else to_markdown(found)
    for name in dict.fromkeys(found.missing):
        context.console.note(f"aircher-cli: {name} has changed or is gone, and is left out")
    if options.output is None:
        context.console.write(content)
        return OK
    path = Path(options.output)
    try:
        with path.open("x", encoding="utf-8", errors="replace") as file:
            file.write(content)
    except FileExistsError:
        raise CommandFailed(f"{path} already exists: choose another name") from None
    except OSError as error:
        raise CommandFailed(f"cannot write {path}: {error.strerror}") from None
    return OK


def _to_json(found: SavedConversation) -> str:
    messages: list[Map] = list(found.messages)
    if found.system:
        messages.insert(0, {"role": "system", "content": found.system})
    return json.dumps(messages, indent=1) + "\n"
