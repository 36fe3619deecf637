"""The content blocks of a reply; see `test_reply` for whole replies."""

import msgspec
import pytest

from aircherd.providers.anthropic.blocks import (
    MAX_HELD,
    Block,
    CallBlock,
    Held,
    OtherBlock,
    TextBlock,
    ThinkingBlock,
    is_blank,
    open_block,
)
from aircherd.providers.chat_completions.calls.arguments import PieceMode
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import OtherDelta, ReplyEvent, TextDelta, ToolCallDelta
from helpers.providers.provider_calls import failure_of


def events_of(block: Block | None) -> list[ReplyEvent]:
    events: list[ReplyEvent] = []
    assert block is not None
    block.begin(events)
    block.stop(events)
    return events


def opened(data: bytes) -> Block | None:
    return open_block(msgspec.Raw(data), 0, Held(), PieceMode())


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"type":"text","text":"a"}', TextBlock),
        (b'{"text":"a"}', TextBlock),
        (b'{"type":"thinking","thinking":""}', ThinkingBlock),
        (b'{"type":"redacted_thinking","data":"x"}', ThinkingBlock),
        (b'{"type":"tool_use","id":"a","name":"f"}', CallBlock),
        (b'{"type":"tool_use","id":7,"name":"f"}', OtherBlock),
        (b'{"type":"server_tool_use"}', OtherBlock),
        (b"null", type(None)),
        (b"{}", type(None)),
    ],
)
def test_kinds(data: bytes, kind: type) -> None:
    """Known kinds of the usual shape have words of ours; what says nothing is no block."""
    assert type(opened(data)) is kind


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"null", True),
        (b'""', True),
        (b"[ ]", True),
        (b'{"a":[null,{}]}', True),
        (b"0", False),
        (b"false", False),
        (b'{"a":[0]}', False),
        (b'"%s"' % (b" " * 300), False),
    ],
)
def test_blank_values(data: bytes, expected: bool) -> None:
    """Null, empty values and what holds only them say nothing."""
    assert expected == is_blank(msgspec.Raw(data))


def test_unknown_fields_travel_in_the_signature() -> None:
    """What a text or a call has besides its own fields is kept, except what says nothing."""
    text = opened(b'{"type":"text","text":"a","citations":null,"x":{"y":1.50},"z":null}')
    assert events_of(text) == [TextDelta("a"), TextDelta("", signature='{"x":{"y":1.50}}')]
    call = opened(b'{"type":"tool_use","id":"a","name":"f","input":{},"toolset_name":"browser"}')
    assert events_of(call) == [ToolCallDelta(0, "a", "f", signature='{"toolset_name":"browser"}')]


def test_unknown_fields_of_thinking_are_parts_of_their_own() -> None:
    """Its signature is the vendor's, so there is no place for them."""
    thought = opened(b'{"type":"thinking","thinking":"","signature":"s","x":1}')
    assert events_of(thought)[-1] == OtherDelta("x", "1")


def test_the_usual_caller_is_left_out() -> None:
    """Only a call that code made says who called."""
    call = opened(b'{"type":"tool_use","id":"a","name":"f","caller":{"type":"direct"}}')
    assert events_of(call) == [ToolCallDelta(0, "a", "f")]


def test_input_as_a_text() -> None:
    """Some servers send the arguments as a JSON string."""
    call = opened(b'{"type":"tool_use","id":"a","name":"f","input":"{\\"x\\":1}"}')
    assert events_of(call)[-1] == ToolCallDelta(0, arguments='{"x":1}')


def test_what_is_held_is_bounded() -> None:
    """More than the maximum is an error of the server."""
    held = Held()
    held.add(MAX_HELD)
    assert failure_of(lambda: held.add(1)).kind is FailureClass.PROTOCOL
