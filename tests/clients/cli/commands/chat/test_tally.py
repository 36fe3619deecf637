"""What a conversation has used."""

import pytest

from aircher_cli.commands.chat.tally import Tally, conversation_size
from helpers.daemon.cli_daemon import chat_result


def test_nothing_yet() -> None:
    """No answer, no sum."""
    assert Tally().lines("0 messages") == ["conversation: 0 messages", "there is no answer yet"]
    assert Tally().model == ""


def test_answers_are_added_up() -> None:
    """Of a stopped one the tokens are unknown, and so is the cost of all."""
    tally = Tally()
    tally.add(chat_result("x"))
    assert len(tally.lines("")) == 2
    tally.add(chat_result("y"))
    assert tally.lines("")[2] == "this chat: 2 answers, 24 tokens in, 6 out, $0.0024"
    tally.add({})
    assert tally.lines("")[2] == (
        "this chat: 3 answers, 24 tokens in, 6 out, cost unknown; the tokens of 1 are unknown"
    )
    assert tally.model == "openai/gpt-5.5"


@pytest.mark.parametrize(
    ("messages", "tokens", "window", "expected"),
    [
        (0, None, None, "0 messages"),
        (1, None, None, "1 message"),
        (2, 1234.0, None, "2 messages, about 1,234 tokens"),
        (2, 1234.0, 2000.0, "2 messages, about 1,234 tokens, 61% of the window of 2,000"),
    ],
)
def test_the_size(messages: int, tokens: float | None, window: float | None, expected: str) -> None:
    """What is not known is left out."""
    assert conversation_size(messages, tokens, window) == expected
