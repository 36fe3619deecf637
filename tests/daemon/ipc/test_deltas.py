"""Deltas in the format of the protocol."""

import msgpack

from aircherd.ipc.deltas import DeltaWriter
from aircherd.vocabulary.reply import (
    AttemptDelta,
    Ending,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)


def frames(data):
    """Decode all frames of a buffer."""
    unpacker = msgpack.Unpacker()
    unpacker.feed(data)
    return list(unpacker)


def test_deltas_of_one_read_are_numbered_in_order():
    """Absent values are omitted, and the ending is not a delta."""
    writer = DeltaWriter("id", 7)
    data = writer.encode(
        [
            AttemptDelta(provider="p", model="m", outcome="trying"),
            TextDelta("hi"),
            ToolCallDelta(0, "c1", "f", "{"),
            ToolCallDelta(0, arguments="}"),
            UsageDelta(Usage(1, 2)),
            Ending("stop"),
        ]
    )
    assert [frame[2][0] for frame in frames(data)] == [
        {"id": 7, "seq": 1, "type": "attempt", "provider": "p", "model": "m", "outcome": "trying"},
        {"id": 7, "seq": 2, "type": "text", "text": "hi"},
        {
            "id": 7,
            "seq": 3,
            "type": "tool_call",
            "index": 0,
            "call_id": "c1",
            "name": "f",
            "arguments": "{",
        },
        {"id": 7, "seq": 4, "type": "tool_call", "index": 0, "arguments": "}"},
        {
            "id": 7,
            "seq": 5,
            "type": "usage",
            "usage": {
                "input_tokens": 1,
                "output_tokens": 2,
                "cached_tokens": 0,
                "cache_write_tokens": 0,
                "reasoning_tokens": 0,
                "cache_write_1h_tokens": 0,
            },
        },
    ]
    assert {(frame[0], frame[1]) for frame in frames(data)} == {(2, "chat.delta")}


def test_numbers_continue_across_reads():
    """Clients can detect a missing delta."""
    writer = DeltaWriter("stream", 3)
    writer.encode([TextDelta("a")])
    assert frames(writer.encode([TextDelta("b")]))[0][2][0] == {
        "stream": 3,
        "seq": 2,
        "type": "text",
        "text": "b",
    }


def test_signatures_are_sent_to_clients_that_pass_them_on():
    """Also one without any text; others get it with the result."""
    deltas = [TextDelta("a"), ReasoningDelta("b", "s1"), ReasoningDelta("", "s2"), TextDelta("")]
    sent = [frame[2][0] for frame in frames(DeltaWriter("id", 1, signs=True).encode(deltas))]
    assert sent == [
        {"id": 1, "seq": 1, "type": "text", "text": "a"},
        {"id": 1, "seq": 2, "type": "reasoning", "text": "b", "signature": "s1"},
        {"id": 1, "seq": 3, "type": "reasoning", "signature": "s2"},
    ]
    plain = [frame[2][0] for frame in frames(DeltaWriter("id", 1).encode(deltas))]
    assert [each["text"] for each in plain] == ["a", "b"]


def test_ending_alone_is_not_sent():
    """The result reports it."""
    assert DeltaWriter("id", 1).encode([Ending("stop")]) == b""
