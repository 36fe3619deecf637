"""`aircher-cli chats rm`: removes kept conversations."""

import argparse
import os
import time

from aircher_cli.commands.chats.found import entries_of, find_conversation, open_store
from aircher_cli.commands.inputs.time_input import read_length
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.formatting import count
from aircher_client.conversations import ConversationError, ConversationStore

EXAMPLES = """
aircher-cli chats rm tea
aircher-cli chats rm tea coffee
aircher-cli chats rm --older-than 30d
aircher-cli chats rm --all --yes
"""
HELP_COMMAND = "aircher-cli chats rm --help"


def build_parser() -> Parser:
    """Return the parser of `chats rm`."""
    parser = make_parser(
        "chats rm",
        "Remove kept conversations for good. You are asked before several are removed, or one of "
        "which you gave the beginning of its name.",
        EXAMPLES,
    )
    add = parser.add_argument
    add(
        "chats",
        nargs="*",
        type=non_empty_name,
        metavar="NAME",
        help="a conversation, by its name or its beginning",
    )
    older_help = "all that were not continued for this long: 12h, 30d, 8w"
    add("--older-than", metavar="TIME", help=older_help)
    add("--all", action="store_true", help="all of them")
    add("-y", "--yes", action="store_true", help="do not ask")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Remove the conversations; it is not an error if none is old enough.

    Raises:
        UsageError: nothing is named; or the user must be asked, and there is no terminal.
        CommandFailed: one does not exist or cannot be removed; or the user said no.
    """
    store = open_store(context)
    files = _chosen(context, store, options)
    is_completed = bool(options.chats) and not files.keys() <= set(options.chats)
    if (len(files) > 1 or is_completed) and not options.yes:
        _confirm(context, files)
    removed = []
    for name, file in files.items():
        try:
            store.remove(file)
        except ConversationError as error:
            raise CommandFailed(str(error)) from None
        removed.append(name)
    if options.json:
        context.console.json({"removed": removed})
    else:
        context.console.line(f"removed {count(len(removed), 'conversation')}")
    return OK


def _chosen(
    context: Context, store: ConversationStore, options: argparse.Namespace
) -> dict[str, str]:
    """Return name -> file of what is to be removed."""
    if sum((bool(options.chats), options.older_than is not None, options.all)) != 1:
        raise UsageError("name conversations, or pass --older-than TIME or --all", HELP_COMMAND)
    if options.chats:
        return dict(_named(context, store, name) for name in options.chats)
    oldest = None
    if options.older_than is not None:
        oldest = time.time() - read_length(options.older_than, "--older-than")
    entries = entries_of(store)
    return {each.name: each.file for each in entries if oldest is None or each.changed < oldest}


def _named(context: Context, store: ConversationStore, name: str) -> tuple[str, str]:
    """Return the name and the file of a conversation; one that cannot be read can be removed."""
    if (entry := store.entry(name)) is not None:
        return name, entry.file
    found = find_conversation(context, store, name)
    return found.name, os.path.basename(found.path)  # noqa: PTH119 -- a name, not a path


def _confirm(context: Context, files: dict[str, str]) -> None:
    """Ask whether these conversations may be removed.

    Raises:
        UsageError: there is no terminal to ask at.
        CommandFailed: the answer is not yes.
    """
    console = context.console
    shown = ", ".join(list(files)[:5]) + (", ..." if len(files) > 5 else "")
    if context.has_input() or not console.err_is_terminal:
        raise UsageError(
            f"this would remove {count(len(files), 'conversation')} ({shown}): add --yes",
            HELP_COMMAND,
        )
    console.prompt(f"Remove {count(len(files), 'conversation')} ({shown})? [y/N] ")
    assert context.stdin is not None
    if context.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise CommandFailed("nothing was removed")
