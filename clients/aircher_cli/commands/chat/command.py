"""`aircher-cli chat`: a conversation at the terminal."""

import argparse

from aircher_cli.commands.ask.command import EFFORTS
from aircher_cli.commands.chat.chat_loop import ChatSession
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UsageError
from aircher_cli.parser import Parser, add_key, add_task, make_parser, non_empty_name

EXAMPLES = """
aircher-cli chat
aircher-cli chat tea
aircher-cli chat -c
aircher-cli chat -m anthropic/claude-sonnet-5 -s "you are a patient teacher"
aircher-cli chat -t review
aircher-cli chat --key work
aircher-cli chat --messages saved.json
"""

DESCRIPTION = """\
Have a conversation with a model. Enter sends, Alt-Enter starts a new line, the arrow keys recall
earlier input, Ctrl-K opens the list of models, Ctrl-C stops an answer, Ctrl-D exits. /help lists
the commands: /model, /retry, /edit, /save and more. The conversation is kept on this machine, for
NAME, -c and ask -c."""


def build_parser() -> Parser:
    """Return the parser of `chat`."""
    parser = make_parser("chat", DESCRIPTION, EXAMPLES)
    parser.usage = "aircher-cli chat [options] [NAME]"
    add = parser.add_argument
    name_help = "continue the conversation of this name, or begin it"
    add("chat", nargs="?", type=non_empty_name, metavar="NAME", help=name_help)
    continue_help = "continue the last conversation of this terminal, else the last of all"
    add("-c", "--continue", action="store_true", dest="continues", help=continue_help)
    add(
        "-m",
        "--model",
        type=non_empty_name,
        metavar="MODEL",
        help="provider/model or an alias",
    )
    add_task(parser)
    add_key(parser)
    add("-s", "--system", metavar="TEXT", help="the system prompt")
    add(
        "--messages",
        type=non_empty_name,
        metavar="FILE",
        help="continue a conversation that was saved to a file",
    )
    effort_help = f"reasoning effort: {', '.join(EFFORTS)}"
    add("--reasoning", choices=EFFORTS, metavar="EFFORT", help=effort_help)
    keep_help = "keep neither the conversation nor what you type"
    add("--no-keep", "--no-history", action="store_true", dest="no_keep", help=keep_help)
    add("--raw", action="store_true", help="show answers as they come: no wrapping, no Markdown")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Run the conversation until Ctrl-D or /exit.

    Raises:
        UsageError: there is no terminal, or options contradict each other.
        CommandFailed: the saved conversation cannot be read.
        DaemonError: the model or the task is unknown.
    """
    given = [options.chat is not None, options.continues, options.messages is not None]
    if sum(given) > 1:
        raise UsageError("NAME, -c and --messages cannot be combined", "aircher-cli chat --help")
    if context.has_input() or not context.console.is_terminal:
        raise UsageError(
            "chat needs a terminal; for a single answer use aircher-cli ask",
            "aircher-cli ask --help",
        )
    from aircher_cli.commands.chat.line_editor import (  # noqa: PLC0415 -- only for a chat
        open_keyboard,
    )

    with context.connect() as client:
        session = ChatSession(context, client, options)
        session.check()
        with open_keyboard(context.environ, session, keep=not options.no_keep) as keyboard:
            session.run(keyboard)
    return OK
