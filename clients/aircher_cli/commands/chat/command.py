"""`aircher-cli chat`: a conversation at the terminal."""

import argparse

from aircher_cli.commands.ask.command import EFFORTS
from aircher_cli.commands.chat.session import ChatSession
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UsageError
from aircher_cli.parser import Parser, make_parser, non_empty_name

EXAMPLES = """
aircher-cli chat
aircher-cli chat -m anthropic/claude-sonnet-5 -s "you are a patient teacher"
aircher-cli chat --messages yesterday.json
"""

DESCRIPTION = """\
Talk with a model: it sees the whole conversation each time. Enter sends, Alt-Enter begins a new
line, the arrow keys bring back what was typed before, Ctrl-C stops an answer, Ctrl-D leaves.
/help lists what else there is: /model, /clear, /save and more."""


def build_parser() -> Parser:
    """Return the parser of `chat`."""
    parser = make_parser("chat", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add(
        "-m",
        "--model",
        type=non_empty_name,
        metavar="MODEL",
        help="provider/model, or an alias of yours",
    )
    add("-s", "--system", metavar="TEXT", help="the system prompt")
    add(
        "--messages",
        type=non_empty_name,
        metavar="FILE",
        help="go on with a conversation that was saved",
    )
    effort_help = f"how hard to think: {', '.join(EFFORTS)}"
    add("--reasoning", choices=EFFORTS, metavar="EFFORT", help=effort_help)
    add("--no-history", action="store_true", help="keep nothing of what is typed")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Talk until Ctrl-D or /exit.

    Raises:
        UsageError: there is no terminal to talk at.
        CommandFailed: the conversation to go on with cannot be read.
        DaemonError: nobody knows the model.
    """
    if context.has_input() or not context.console.is_terminal:
        raise UsageError(
            "chat needs a terminal; for a single answer use: aircher-cli ask",
            "aircher-cli ask --help",
        )
    from aircher_cli.commands.chat.keyboard import (  # noqa: PLC0415 -- costs only who chats
        open_keyboard,
    )

    with context.connect() as client:
        dialogue = ChatSession(context, client, options)
        dialogue.check_model(options.model)
        with open_keyboard(context.environ, dialogue, keep=not options.no_history) as keyboard:
            dialogue.talk(keyboard)
    return OK
