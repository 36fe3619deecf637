"""What a choice says, wherever servers put it."""

import pytest

from aircherd.providers.chat_completions.choices import native_error, reason_of, take_old_text
from aircherd.providers.chat_completions.chunks import Choice, Delta
from helpers.providers.chat_chunks import decode


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (Choice(finish_reason="stop", stop_reason="length"), "stop"),
        (Choice(finishReason="STOP"), "STOP"),
        (Choice(delta=Delta(finish_reason="length")), "length"),
        (Choice(message=Delta(finish_reason="length")), "length"),
        (Choice(stop_reason="end_turn"), "end_turn"),
        (Choice(stop_reason="###"), None),
        (Choice(), None),
    ],
)
def test_the_reason_of_an_end(choice: Choice, reason: object) -> None:
    """It may be in other fields, or beside the text; a stop word is none."""
    assert reason_of(choice) == reason


def test_the_text_of_a_choice_is_its_content() -> None:
    """As before there were messages; text beside another content is not taken."""
    choice = Choice(text="a")
    assert take_old_text(choice)
    assert choice.delta is not None
    assert choice.delta.content == "a"
    assert take_old_text(Choice(text="a", message=Delta(content="a")))
    assert not take_old_text(Choice(text="a", message=Delta(content="b")))


def test_the_native_reason_is_in_the_failure() -> None:
    """If nothing else explains a failure, the model's own reason does."""
    choice = {"finish_reason": "error", "native_finish_reason": "MALFORMED_FUNCTION_CALL"}
    _, failure = decode({"choices": [choice]})
    assert failure is not None
    assert failure.message == "failed: the model ended with MALFORMED_FUNCTION_CALL"


def test_without_a_native_reason_there_is_no_error() -> None:
    """Nothing is made up."""
    assert native_error(Choice()) is None
