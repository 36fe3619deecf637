"""Calls of tools: their arguments come in pieces, whole or again."""

import pytest

from aircherd.chat.replies.reply import Reply
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, ToolCallDelta
from helpers.providers.anthropic_replies import (
    STOP,
    block,
    block_stop,
    decode,
    events_of,
    json_piece,
    message_delta,
    opened,
)


def test_the_usual_caller_is_left_out() -> None:
    """Only a call that code made says who called."""
    call = opened(b'{"type":"tool_use","id":"a","name":"f","caller":{"type":"direct"}}')
    assert events_of(call) == [ToolCallDelta(0, "a", "f")]


def test_input_as_a_text() -> None:
    """Some servers send the arguments as a JSON string."""
    call = opened(b'{"type":"tool_use","id":"a","name":"f","input":"{\\"x\\":1}"}')
    assert events_of(call)[-1] == ToolCallDelta(0, arguments='{"x":1}')


def test_input_given_whole() -> None:
    """A tool's input that comes whole, without fragments, is not lost."""
    events, _ = decode(block(0, "tool_use", id="a", name="f", input={"x": 1}), block_stop(0), STOP)
    expected = [ToolCallDelta(0, "a", "f"), ToolCallDelta(0, arguments='{"x":1}')]
    assert [*expected, Ending("tool_calls")] == events


@pytest.mark.parametrize(
    "pieces",
    [
        ["{}", '{"x"', ":1}"],  # a placeholder first
        ['{"x"', '{"x":1', '{"x":1}'],  # all of it so far
        ['{"x":1}', '{"x":1}'],  # all of it again
        ['{"x":', "1", "}"],
        ["null", '{"x":1}'],
    ],
)
def test_arguments_that_are_no_fragments(pieces: list[str]) -> None:
    """They are assembled as for all APIs: see `chat_completions.calls.arguments`."""
    sent = [json_piece(0, piece) for piece in pieces]
    events, failure = decode(
        block(0, "tool_use", id="a", name="f", input={}),
        *sent,
        block_stop(0),
        message_delta("tool_use"),
        STOP,
    )
    reply = Reply()
    reply.add(events)
    [call] = reply.message("a/m")["content"]
    assert (failure, call["arguments"].replace(" ", "")) == (None, '{"x":1}')


def test_a_second_object_in_one_block_is_an_error() -> None:
    """It is not known which call it belongs to."""
    _, failure = decode(
        block(0, "tool_use", id="a", name="f"), json_piece(0, '{"x":1}'), json_piece(0, '{"y":2}')
    )
    assert failure is not None
    assert failure.kind is FailureClass.PROTOCOL
