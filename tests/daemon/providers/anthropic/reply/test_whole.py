"""Replies that were not streamed."""

import msgspec
import pytest

from aircherd.providers.anthropic.reply.whole import read_whole
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    CitationDelta,
    Ending,
    PartEnd,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from helpers.providers.anthropic_replies import FIRST, START_USAGE
from helpers.providers.provider_calls import failure_of


def test_whole_reply() -> None:
    """A whole reply gives the same events as a stream."""
    content = [
        {"type": "thinking", "thinking": "Hm", "signature": "EqQ="},
        {"type": "redacted_thinking", "data": "Emw="},
        {"type": "text", "text": "Hi", "citations": [{"type": "char_location"}]},
        {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
        {"type": "tool_use", "id": "b", "name": "g", "input": {}},
    ]
    reply = {
        "type": "message",
        "model": "claude-x",
        "content": content,
        "stop_reason": "tool_use",
        "usage": START_USAGE,
    }
    expected = [
        ReasoningDelta("Hm", "EqQ="),
        ReasoningDelta(signature="redacted:Emw="),
        TextDelta("Hi"),
        TextDelta(""),
        CitationDelta(Citation(data='{"type":"char_location"}')),
        PartEnd(),
        ToolCallDelta(0, "a", "f"),
        ToolCallDelta(0, arguments='{"x":1}'),
        ToolCallDelta(1, "b", "g"),
        Ending("tool_calls", FIRST, "claude-x"),
    ]
    assert expected == read_whole(msgspec.json.encode(reply))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", FailureClass.PROTOCOL),
        (b"nonsense", FailureClass.PROTOCOL),
        (b'{"content":7}', FailureClass.PROTOCOL),
        (b'{"type":"error","error":{"type":"overloaded_error"}}', FailureClass.OVERLOADED),
    ],
)
def test_whole_failures(body: bytes, kind: FailureClass) -> None:
    """An error with status 200, or any other body, is a failure."""
    assert kind is failure_of(lambda: read_whole(body)).kind


def test_the_number_of_blocks_is_bounded() -> None:
    """Blocks without number are an error."""
    body = msgspec.json.encode({"content": [{"type": "x"}] * 9000})
    assert failure_of(lambda: read_whole(body)).kind is FailureClass.PROTOCOL
