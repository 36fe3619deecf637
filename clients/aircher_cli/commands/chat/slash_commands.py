"""The commands of a conversation: a table of what can be typed after a slash."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aircher_cli.commands.ask.prompt import read_prompt
from aircher_cli.commands.chat.editing import edit_text, has_editor
from aircher_cli.commands.chat.transcript import question_text, with_question_text
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.registry import suggest
from aircher_cli.render.formatting import count
from aircher_cli.render.layout import Line, fields, paragraph

if TYPE_CHECKING:
    from aircher_cli.commands.chat.chat_loop import ChatSession

KEYS = (
    "Enter sends, Alt-Enter starts a new line, Ctrl-C stops an answer, Ctrl-K opens the list of "
    "models."
)

HELP: list[tuple[str, str]] = [
    ("/model [NAME]", "choose another model from a list, or by its name"),
    ("/system [TEXT]", "show or set the system prompt; /system - removes it"),
    ("/file PATH", "attach text, an image, a PDF or sound to the next message"),
    ("/retry [MODEL]", "send the last message again, this once to another model"),
    ("/edit", "change the last message, in your editor or here, and send it again"),
    ("/tokens", "show the tokens of the conversation, and tokens and cost of the last answer"),
    ("/clear", "forget the conversation"),
    ("/save FILE", "save it: JSON for --messages, or Markdown (.md)"),
    ("/help", "show this help"),
    ("/exit", "exit (also Ctrl-D)"),
]
"""Command -> what it does, in the order of the help."""


def run_command(session: "ChatSession", typed: str) -> None:
    """Run what was typed after a slash.

    Raises:
        CommandFailed: there is no such command, or it cannot be done.
        ClientError: the daemon refused something, or cannot be reached.
    """
    name, _, rest = typed.partition(" ")
    command = COMMANDS.get(name)
    if command is None:
        raise CommandFailed(f"unknown command {name}{suggest(name, list(COMMANDS))}: see /help")
    command(session, rest.strip())


def help_lines(width: int) -> list[Line]:
    """Return the help for a terminal of this width."""
    return [*fields(HELP, width), *paragraph(KEYS, width)]


def _help(session: "ChatSession", _rest: str) -> None:
    for line in help_lines(session.console.width):
        session.console.styled(line)


def _exit(session: "ChatSession", _rest: str) -> None:
    session.is_done = True


def _clear(session: "ChatSession", _rest: str) -> None:
    session.clear()
    session.say("conversation cleared")


def _model(session: "ChatSession", rest: str) -> None:
    if rest:
        session.use_model(rest)
    else:
        session.pick_model()


def _system(session: "ChatSession", rest: str) -> None:
    if rest:
        session.set_system("" if rest == "-" else rest)
    session.say(f"system prompt: {session.describe_system()}")


def _file(session: "ChatSession", rest: str) -> None:
    if not rest:
        raise CommandFailed("/file needs a path: /file PATH")
    # Errors are reported now rather than with the message.
    read_prompt(session.context, ["x"], [rest], reads_input=False)
    session.files.append(rest)
    session.say(f"{rest} is attached to the next message")


def _save(session: "ChatSession", rest: str) -> None:
    if not rest:
        raise CommandFailed("/save needs a file: /save FILE")
    session.transcript.save(Path(rest).expanduser(), session.system)
    prompt = " and the system prompt" if session.system else ""
    session.say(f"saved {count(len(session.transcript.messages), 'message')}{prompt} to {rest}")


def _tokens(session: "ChatSession", _rest: str) -> None:
    for line in session.token_lines():
        session.say(line)


def _retry(session: "ChatSession", rest: str) -> None:
    if rest:
        session.check_model(rest)
    session.ask_again(session.last_question(), model=rest or None)


def _edit(session: "ChatSession", _rest: str) -> None:
    question = session.last_question()
    before = question_text(question)
    if not has_editor(session.context.environ):
        session.edit_next(before)
        return
    changed = edit_text(before, session.context.environ)
    if changed == before:
        session.say("the message was not changed, and not sent; /retry sends it again")
        return
    *others, last = question
    content = with_question_text(last.get("content"), changed)
    session.ask_again([*others, {**last, "content": content}])


COMMANDS: dict[str, Callable[["ChatSession", str], None]] = {
    "/help": _help,
    "/model": _model,
    "/system": _system,
    "/file": _file,
    "/retry": _retry,
    "/edit": _edit,
    "/tokens": _tokens,
    "/usage": _tokens,
    "/clear": _clear,
    "/save": _save,
    "/exit": _exit,
    "/quit": _exit,
}
