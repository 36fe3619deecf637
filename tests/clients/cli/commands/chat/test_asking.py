"""What comes of a question. The turns of a conversation are in test_chat_loop."""

import pytest

from aircher_cli.commands.chat.asking import Reply, ask
from aircher_cli.commands.chat.printer import ChatPrinter
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_client import DaemonError
from helpers.daemon.cli import Stream
from helpers.daemon.cli_daemon import CliDaemon, Handler, Refusal, chat_result, refuses, streams


def asked(daemon: CliDaemon, handler: Handler) -> Reply:
    daemon.answers["chat"] = handler
    context = Context(Console(Stream(terminal=True), Stream(), {}), daemon.environ, None)
    printer = ChatPrinter(context.console, before="", renders=True)
    with context.connect() as client:
        return ask(context, client, {"messages": []}, printer)


def test_an_answer(daemon: CliDaemon) -> None:
    """Its message as it came, and the result."""
    reply = asked(daemon, streams("Yes."))
    assert reply == Reply(chat_result("Yes.")["message"], chat_result("Yes."))


def test_an_empty_answer_has_no_message(daemon: CliDaemon) -> None:
    """It cannot be sent back."""
    empty = {"role": "assistant", "content": []}
    reply = asked(daemon, streams(message=empty, empty=True))
    assert (reply.message, reply.result["empty"]) == (None, True)


def test_an_error_before_any_text_is_raised(daemon: CliDaemon) -> None:
    """There is nothing to keep."""
    with pytest.raises(DaemonError, match="too fast"):
        asked(daemon, refuses("rate_limited", "too fast"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("truncated", "up: cut"),
        ("shutting_down", "the answer broke off, because the daemon was stopped"),
    ],
)
def test_an_error_within_the_text_comes_with_it(daemon: CliDaemon, code: str, message: str) -> None:
    """The text is kept, and the error is for the caller to show."""

    def break_off(session, msgid, params):  # type: ignore[no-untyped-def]
        session.delta(msgid, 1, type="text", text="Half")
        raise Refusal(code, "up: cut", text="Half")

    reply = asked(daemon, break_off)
    assert reply.message == {"role": "assistant", "content": [{"type": "text", "text": "Half"}]}
    assert (reply.result, reply.cut_off) == ({}, "broken off")
    assert str(reply.error) == message
