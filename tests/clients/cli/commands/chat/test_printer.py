"""Who answers, and the answer."""

import pytest

from aircher_cli.commands.chat.printer import ChatPrinter
from aircher_cli.console import Console
from helpers.daemon.cli import Stream
from helpers.daemon.cli_daemon import Map, chat_result

TRYING = {"type": "attempt", "outcome": "trying", "provider": "up", "model": "m"}


def printed(*deltas: Map, before: str = "", result: Map | None = None) -> tuple[str, str, str]:
    """Return standard output and error, and who answered."""
    out, err = Stream(terminal=True), Stream(terminal=True)
    environ = {"NO_COLOR": "1", "COLUMNS": "80"}
    printer = ChatPrinter(Console(out, err, environ), before=before, renders=True)
    for delta in deltas:
        printer.on_delta(delta)
    if result is not None:
        printer.finish(result, show_text=True)
    printer.end_text()
    return out.text, err.text, printer.answers


def test_who_answers_is_said_before_the_first_word() -> None:
    """Or the first thought."""
    said = {"type": "text", "text": "Yes."}
    assert printed(TRYING) == ("", "", "")
    assert printed(TRYING, said) == ("up/m answers:\nYes.", "", "up/m")
    out, err, _ = printed(TRYING, {"type": "reasoning", "text": "hm"})
    assert (out, err) == ("up/m answers:\n", "hm\n\n")


def test_who_answered_before_is_not_said_again() -> None:
    """It would be noise."""
    said = {"type": "text", "text": "Yes."}
    assert printed(TRYING, said, before="up/m") == ("Yes.", "", "up/m")


def test_who_answered_where_nothing_was_streamed() -> None:
    """The result says it."""
    out, _, answers = printed(result=chat_result("Yes."))
    assert (out, answers) == ("openai/gpt-5.5 answers:\nYes.\n", "openai/gpt-5.5")


def test_a_result_may_name_another_one() -> None:
    """The last word counts."""
    said = {"type": "text", "text": "Yes."}
    out, _, answers = printed(TRYING, said, result=chat_result("Yes."))
    assert out == "up/m answers:\nYes.\nopenai/gpt-5.5 answered\n"
    assert answers == "openai/gpt-5.5"


@pytest.mark.parametrize(
    ("finish", "note"),
    [
        ("length", "the answer was cut off at its maximum length: ask for the rest"),
        ("refusal", "the model refused to answer"),
        ("tool_calls", "the model waits for an answer to a call, which chat cannot give"),
    ],
)
def test_notes_name_what_works_in_a_conversation(finish: str, note: str) -> None:
    """No option of `ask`."""
    assert printed(result=chat_result("x", finish=finish))[1] == f"aircher-cli: {note}\n"
