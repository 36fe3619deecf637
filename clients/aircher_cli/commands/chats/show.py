"""`aircher-cli chats show`: shows what was said."""

import argparse
import time

from aircher_cli.commands.chats.found import NAME_HELP, find_conversation, open_store, record_of
from aircher_cli.commands.chats.transcript import answer_note, settings_line
from aircher_cli.console import Console, strip_controls
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.answer.answer import AnswerRenderer
from aircher_cli.render.formatting import ago, count
from aircher_cli.values import Map, text
from aircher_client.conversations import SavedConversation, Turn
from aircher_client.conversations.texts import message_text

EXAMPLES = """
aircher-cli chats show
aircher-cli chats show tea
aircher-cli chats show tea --json | jq -r '.turns[-1].answered_by'
"""


def build_parser() -> Parser:
    """Return the parser of `chats show`."""
    parser = make_parser(
        "chats show",
        "Show a conversation: questions begin with >, and each answer is followed by the model "
        "that gave it.",
        EXAMPLES,
    )
    parser.add_argument("chat", nargs="?", type=non_empty_name, metavar="NAME", help=NAME_HELP)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the conversation.

    Raises:
        CommandFailed: there is none, or it cannot be read.
    """
    found = find_conversation(context, open_store(context), options.chat)
    console = context.console
    if options.json:
        turns = [_turn_record(turn) for turn in found.turns]
        console.json({**record_of(found, time.time()), "turns": turns})
        return OK
    last = found.turns[-1].at if found.turns else None
    when = "" if last is None else f", {ago(last, time.time())}"
    console.line(f"{found.name}: {count(len(found.turns), 'question')}{when}", "bold")
    _show_settings(context, found)
    for turn in found.turns:
        for message in turn.asked:
            sign = "> " if message.get("role") == "user" else f"({text(message.get('role'))}) "
            console.line()
            asked = message_text(message) or "(nothing)"
            for line in _wrapped(console, asked, len(sign)).splitlines():
                console.line(f"{sign}{line}", "bold")
        console.line()
        _show_answer(console, message_text(turn.reply))
        if note := answer_note(turn):
            console.line(f"({note})", "dim")
    return OK


def _show_answer(console: Console, said: str) -> None:
    """Print an answer: on a terminal as `ask` does, else as it is."""
    if console.is_terminal:
        renderer = AnswerRenderer(lambda: console.width, has_styles=console.has_colour)
        console.write_rendered(renderer.feed(strip_controls(said)) + renderer.finish())
    else:
        console.write(said)
    console.finish_line()


def _wrapped(console: Console, asked: str, indent: int) -> str:
    """Return a question, on a terminal with its lines broken between words."""
    if not console.is_terminal:
        return asked
    renderer = AnswerRenderer(lambda: console.width - indent, has_styles=False)
    return renderer.feed(strip_controls(asked)) + renderer.finish()


def _show_settings(context: Context, found: SavedConversation) -> None:
    if settings := settings_line(found):
        context.console.line(settings, "dim")
    if found.system:
        context.console.line(f"system prompt: {found.system}", "dim")


def _turn_record(turn: Turn) -> Map:
    record: Map = {"at": turn.at, "asked": turn.asked, "reply": turn.reply}
    names = ("answered_by", "cut_off")
    return {**record, **{name: value for name in names if (value := getattr(turn, name))}}
