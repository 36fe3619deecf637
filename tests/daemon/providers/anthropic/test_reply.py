"""Replies of the Anthropic Messages API."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.anthropic.reply import AnthropicStream, read_whole
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    Finish,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)
from helpers.memory import allocated
from helpers.providers.provider_calls import cut_in_two, failure_of, run_decoder, sse

Data = dict[str, object]
START_USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 3,
    "cache_read_input_tokens": 20,
    "output_tokens": 1,
}
FIRST, LAST = Usage(33, 1, 20, 3), Usage(33, 15, 20, 3, 4)


def start() -> Data:
    return {"type": "message_start", "message": {"model": "claude-x", "usage": START_USAGE}}


def block(index: object, kind: str = "text", **fields: object) -> Data:
    content = {"type": kind, **({"text": ""} if kind == "text" else {}), **fields}
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(index: object, kind: str = "text_delta", **fields: object) -> Data:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def text(prompt: object, index: int = 0) -> Data:
    return delta(index, text=prompt)


def json_piece(index: int, piece: object) -> Data:
    return delta(index, "input_json_delta", partial_json=piece)


def block_stop(index: object) -> Data:
    return {"type": "content_block_stop", "index": index}


def message_delta(reason: object = "end_turn", **usage: object) -> Data:
    counts = usage or {"output_tokens": 15, "output_tokens_details": {"thinking_tokens": 4}}
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": counts}


STOP: Data = {"type": "message_stop"}


def framed(*data: object) -> bytes:
    return b"".join(
        b"event: x\ndata: " + (d if isinstance(d, bytes) else msgspec.json.encode(d)) + b"\n\n"
        for d in data
    )


def decode(*data: object) -> tuple[list[ReplyEvent], Failure | None]:
    return run_decoder(AnthropicStream(), [framed(*data)])


REPLY = (
    start(),
    {"type": "ping"},
    block(0, "thinking", thinking="", signature=""),
    delta(0, "thinking_delta", thinking="Hm"),
    delta(0, "thinking_delta", thinking=" … 🤔"),
    delta(0, "signature_delta", signature="EqQ="),
    block_stop(0),
    block(1, "redacted_thinking", data="Emw="),
    block_stop(1),
    block(2),
    text("Grüße", 2),
    delta(2, "citations_delta", citation={"type": "char_location", "cited_text": "no"}),
    text(" 🦀", 2),
    block_stop(2),
    block(3, "thinking", thinking="", signature=""),
    delta(3, "signature_delta", signature="ErU="),
    block_stop(3),
    block(4, "tool_use", id="a", name="f", input={}),
    json_piece(4, ""),
    json_piece(4, '{"x"'),
    json_piece(4, ":1}"),
    block_stop(4),
    block(5, "server_tool_use", id="s", name="web_search", input={}),
    json_piece(5, '{"q":1}'),
    block_stop(5),
    block(6, "tool_use", id="b", name="g", input={}),
    block_stop(6),
    {"type": "of_the_future", "delta": {"type": "text_delta", "text": "no"}},
    message_delta("tool_use"),
    STOP,
)
EVENTS = [
    UsageDelta(FIRST),
    ReasoningDelta("Hm"),
    ReasoningDelta(" … 🤔"),
    ReasoningDelta(signature="EqQ="),
    ReasoningDelta(signature="redacted:Emw="),
    TextDelta("Grüße"),
    TextDelta(" 🦀"),
    ReasoningDelta(signature="ErU="),
    ToolCallDelta(0, "a", "f"),
    ToolCallDelta(0, arguments='{"x"'),
    ToolCallDelta(0, arguments=":1}"),
    ToolCallDelta(1, "b", "g"),
    UsageDelta(LAST),
    Ending("tool_calls", LAST, "claude-x"),
]


def test_events_keep_their_order() -> None:
    """Thinking, text and tools keep their order; server tools and unknown blocks are ignored."""
    assert decode(*REPLY) == (EVENTS, None)


def test_cut_anywhere() -> None:
    """A stream cut in two at any byte, even inside a character, gives the same events."""
    for pieces in cut_in_two(framed(*REPLY)):
        assert run_decoder(AnthropicStream(), pieces) == (EVENTS, None)


@given(st.lists(st.integers(0, 3000), max_size=8))
def test_cut_at_random(cuts: list[int]) -> None:
    """A stream cut into any pieces gives the same events."""
    data = framed(*REPLY).replace(b"\n", b"\r\n")
    places = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(places) if a != b]
    assert run_decoder(AnthropicStream(), pieces) == (EVENTS, None)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "pause"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "refusal"),
        ([], "stop"),
    ],
)
def test_finishes(reason: object, finish: Finish) -> None:
    """Each stop reason is mapped; see `codec.finish` for the table."""
    events, failure = decode(start(), message_delta(reason), STOP)
    assert (Ending(finish, LAST, "claude-x"), None) == (events[-1], failure)


def test_end_without_message_stop() -> None:
    """A stop reason and the end of the body are enough."""
    events, failure = decode(start(), message_delta())
    assert (Ending("stop", LAST, "claude-x"), None) == (events[-1], failure)


def test_usage_may_be_revised() -> None:
    """Later counts replace earlier ones, field by field; null ones do not."""
    later = message_delta(input_tokens=12, cache_read_input_tokens=None, output_tokens=2)
    ending = decode(start(), later, STOP)[0][-1]
    assert Ending("stop", Usage(35, 2, 20, 3), "claude-x") == ending


def test_input_given_whole() -> None:
    """A tool's input that comes whole, without fragments, is not lost."""
    events, _ = decode(block(0, "tool_use", id="a", name="f", input={"x": 1}), block_stop(0), STOP)
    expected = [ToolCallDelta(0, "a", "f"), ToolCallDelta(0, arguments='{"x":1}'), Ending("stop")]
    assert expected == events


def test_thinking_given_whole() -> None:
    """Thinking that comes whole, without deltas, is not lost."""
    events, _ = decode(block(0, "thinking", thinking="Hm", signature="s"), block_stop(0), STOP)
    assert [ReasoningDelta("Hm", "s"), Ending("stop")] == events


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ([start(), text("a")], FailureClass.TRUNCATED),
        ([start(), delta(0, "thinking_delta", thinking="Hm")], FailureClass.TRUNCATED),
        ([start(), b'{"type":'], FailureClass.PROTOCOL),
        ([], FailureClass.PROTOCOL),
        ([b"[]"], FailureClass.PROTOCOL),
        ([b"\xff"], FailureClass.PROTOCOL),
        ([{"type": "content_block_delta", "delta": 5}], FailureClass.PROTOCOL),
        (
            [start(), {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}],
            FailureClass.OVERLOADED,
        ),
        ([{"type": "error", "error": {"type": "rate_limit_error"}}], FailureClass.RATE),
        ([{"type": "error", "error": {"type": "api_error"}}], FailureClass.SERVER),
        ([{"type": "error", "error": {"type": "invalid_request_error"}}], FailureClass.REFUSED),
        ([{"type": "error"}], FailureClass.SERVER),
        ([{"error": "flat"}], FailureClass.SERVER),
    ],
)
def test_failures(data: list[object], kind: FailureClass) -> None:
    """A truncated stream, a reported error and a stream of another API are distinct failures."""
    _, failure = decode(*data)
    assert failure is not None
    assert kind is failure.kind


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"type": None},
        {"type": []},
        {"type": "message_start", "message": None},
        {"type": "message_start", "message": {"usage": None, "model": None}},
        {"type": "content_block_start", "index": None, "content_block": None},
        {"type": "content_block_start", "index": {}, "content_block": {"type": "text", "text": 5}},
        {"type": "content_block_delta", "index": 9, "delta": None},
        {"type": "content_block_delta", "index": "0", "delta": {"type": "text_delta", "text": 5}},
        json_piece(7, "unknown"),
        {"type": "content_block_stop", "index": []},
        {"type": "message_delta", "delta": None, "usage": None},
        delta(3, "thinking_delta", thinking=5),
        delta(3, "signature_delta", signature=None),
        block(3, "thinking", thinking=None, signature=[]),
        block(3, "redacted_thinking", data={}),
    ],
)
def test_malformed_events_are_ignored(odd: Data) -> None:
    """Nulls, missing fields and unexpected types neither crash nor disturb the rest."""
    events, failure = decode(odd, text("a"), message_delta(output_tokens=1), STOP)
    counted = Usage(0, 1)
    expected = [TextDelta("a"), UsageDelta(counted), Ending("stop", counted)]
    assert (expected, None) == (events, failure)


def test_huge_counts_are_unknown() -> None:
    """Impossible counts are unknown, and sums stay within 2^53."""
    largest = 2**53 - 1
    events, failure = decode(
        {"type": "message_start", "message": {"usage": {"input_tokens": 10**30}}},
        text("a"),
        message_delta(input_tokens=largest, cache_read_input_tokens=largest, output_tokens=1),
        STOP,
    )
    counted = Usage(largest, 1, largest)
    expected = [TextDelta("a"), UsageDelta(counted), Ending("stop", counted)]
    assert (expected, None) == (events, failure)


def test_unknown_usage_is_not_decoded() -> None:
    """Unknown usage fields take no memory, however large they are."""
    bomb = b'{"type":"message_start","message":{"usage":{"input_tokens":%s,"x":%s}}}'
    many = b"[" + b"{}," * 100_000 + b"{}]"
    decoder = AnthropicStream()
    assert decoder.feed(b"data: " + bomb % (many, many) + b"\n\n") == []
    assert allocated(lambda: decoder.feed(b"data: " + bomb % (many, many) + b"\n\n")) < 5_000_000


@pytest.mark.parametrize(
    ("event", "counts"),
    [
        ({"type": "ping"}, False),
        ({"type": "content_block_delta", "delta": {"type": "thinking_delta"}}, True),
        ({"type": "content_block_start", "content_block": {"type": "thinking"}}, True),
        ({"type": "message_start", "message": {}}, True),
        ({"type": "newer"}, False),
    ],
)
def test_hidden_thinking_is_progress_and_pings_are_none(
    event: dict[str, object], counts: bool
) -> None:
    """Parts of the reply count as progress even where they make no event; pings do not."""
    decoder = AnthropicStream()
    assert decoder.feed(sse(event)) == []
    assert counts == bool(decoder.progress_count)


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
        ToolCallDelta(0, "a", "f", '{"x":1}'),
        ToolCallDelta(1, "b", "g"),
        Ending("tool_calls", FIRST, "claude-x"),
    ]
    assert expected == read_whole(msgspec.json.encode(reply))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", FailureClass.PROTOCOL),
        (b"nonsense", FailureClass.PROTOCOL),
        (b'{"content":"text"}', FailureClass.PROTOCOL),
        (b'{"type":"error","error":{"type":"overloaded_error"}}', FailureClass.OVERLOADED),
    ],
)
def test_whole_failures(body: bytes, kind: FailureClass) -> None:
    """An error with status 200, or any other body, is a failure."""
    assert kind is failure_of(lambda: read_whole(body)).kind
