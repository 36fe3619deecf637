"""Sends a conversation and shows the answer; what came of an answer that ended early is kept.

    answered ──> the message of the model
    Ctrl-C ────> the text so far, marked as stopped
    an error ──> before any text: raised; within it: the text so far, marked as broken off

A daemon that ended before it answered is connected to again, and the message is sent again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from aircher_cli.commands.ask.command import chat_or_sign_in, why_gone
from aircher_cli.commands.ask.failure_help import unshown_text
from aircher_cli.commands.chat.printer import ChatPrinter
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import Map, as_map, text
from aircher_client import Client, ClientError, ConnectionLost, DaemonError
from aircher_client.conversations.records import BROKEN_OFF, STOPPED
from aircher_wire import codes

SENT_AGAIN = "aircher-cli: the daemon was restarted: connected again, and sent your message again"
CUT_OFF = frozenset({"length", "content_filter", "pause"})
"""Finish reasons of answers that are not whole."""

CONNECTED_AGAIN = "aircher-cli: the daemon was restarted: connected again"


class Reply(NamedTuple):
    """What came of a question.

    `message` is None if nothing was said. `cut_off` says why the answer is not whole: it was
    interrupted, which leaves `result` empty, or has a finish reason of `CUT_OFF`. `error` ended it,
    and is not shown yet.
    """

    message: Map | None
    result: Map
    cut_off: str = ""
    error: ClientError | CommandFailed | None = None


def ask(context: Context, client: Client, request: Map, printer: ChatPrinter) -> Reply:
    """Send a request and show the answer; `model` of the request may change, as in `ask`.

    Raises:
        ClientError: no provider could answer, or the daemon cannot be reached.
        CommandFailed: keys are missing, and the user does not want to sign in.
    """
    try:
        result = _send(context, client, request, printer)
    except KeyboardInterrupt:
        _end_text(context, printer)
        return Reply(_partial(printer), {}, STOPPED)
    except (ClientError, CommandFailed) as error:
        if isinstance(error, DaemonError):
            printer.write(unshown_text(error, printer.shown))
        _end_text(context, printer)
        if (message := _partial(printer)) is None:
            raise
        return Reply(message, {}, BROKEN_OFF, _broken_off(error))
    printer.finish(result, show_text=True)
    message = as_map(result.get("message"))
    # An empty message cannot be sent back.
    finish = text(result.get("finish"))
    cut_off = finish if finish in CUT_OFF else ""
    return Reply(message if message.get("content") else None, result, cut_off)


def _send(context: Context, client: Client, request: Map, printer: ChatPrinter) -> Map:
    try:
        with _noting_reconnect(client, lambda: context.console.note(SENT_AGAIN)):
            try:
                return chat_or_sign_in(context, client, request, printer)
            except (ConnectionLost, DaemonError) as error:
                if printer.has_begun or not _is_gone(error):
                    raise
            return chat_or_sign_in(context, client, request, printer)
    except ConnectionLost:
        if printer.has_begun:
            raise CommandFailed("the answer broke off, because the daemon ended") from None
        raise


@contextmanager
def _noting_reconnect(client: Client, note: Callable[[], object]) -> Iterator[None]:
    """Call `note` once if the client connects again meanwhile."""
    before = client.on_reconnect

    def note_once() -> None:
        client.on_reconnect = None
        note()

    client.on_reconnect = note_once
    try:
        yield
    finally:
        client.on_reconnect = before


def _is_gone(error: ConnectionLost | DaemonError) -> bool:
    """Tell whether the daemon ended, so that the next one can be asked."""
    return isinstance(error, ConnectionLost) or error.code == codes.SHUTTING_DOWN


def _end_text(context: Context, printer: ChatPrinter) -> None:
    printer.end_text()
    context.console.end_aside()
    context.console.finish_line()


def _partial(printer: ChatPrinter) -> Map | None:
    """Return what was said as a message; None if it is nothing."""
    if not printer.shown.strip():
        return None
    return {"role": "assistant", "content": [{"type": "text", "text": printer.shown}]}


def _broken_off(error: ClientError | CommandFailed) -> ClientError | CommandFailed:
    if isinstance(error, DaemonError) and error.code == codes.SHUTTING_DOWN:
        return CommandFailed(f"the answer broke off, because {why_gone(error)}")
    return error
