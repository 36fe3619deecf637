"""Streamed replies."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.chat.replies.reply import Reply
from aircherd.errors import ProviderFailed
from aircherd.providers.anthropic.reply.stream import AnthropicStream
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    CitationDelta,
    Ending,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)
from helpers.providers.anthropic_replies import (
    FIRST,
    LAST,
    STOP,
    VALUES,
    Data,
    block,
    block_stop,
    decode,
    delta,
    framed,
    json_piece,
    lost_in,
    message_delta,
    start,
    text,
)
from helpers.providers.provider_calls import cut_in_two, run_decoder, sse

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
    TextDelta(""),
    CitationDelta(Citation(quote="no", data='{"type":"char_location","cited_text":"no"}')),
    PartEnd(),
    ReasoningDelta(signature="ErU="),
    ToolCallDelta(0, "a", "f"),
    ToolCallDelta(0, arguments='{"x"'),
    ToolCallDelta(0, arguments=":1}"),
    OtherDelta(
        "server_tool_use",
        '{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":1}}',
    ),
    ToolCallDelta(1, "b", "g"),
    UsageDelta(LAST),
    Ending("tool_calls", LAST, "claude-x"),
]


def test_events_keep_their_order() -> None:
    """Thinking, text, its sources, calls and server tools keep their order."""
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


def test_end_without_message_stop() -> None:
    """A stop reason and the end of the body are enough."""
    events, failure = decode(start(), message_delta())
    assert (Ending("stop", LAST, "claude-x"), None) == (events[-1], failure)


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


def test_an_error_without_a_type_ends_the_reply() -> None:
    """A gateway in front puts its own error between the events."""
    delta = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "a"},
    }
    events, failure = decode(delta, {"detail": "the worker died"}, {"type": "message_stop"})
    assert events == [TextDelta("a")]
    assert failure is not None
    assert "the worker died" in failure.message


EARLY = [
    {"type": "text", "text": "Hi"},
    {
        "type": "tool_use",
        "id": "a",
        "name": "f",
        "input": {"x": 1},
        "caller": {"type": "code_execution_20260120", "tool_id": "s"},
    },
]

CALLER = '{"caller":{"type":"code_execution_20260120","tool_id":"s"}}'


@pytest.mark.parametrize(
    "more",
    [
        [],
        [message_delta(None, output_tokens=1)],
        # A server that sends the block once more.
        [block(0, "tool_use", id="a", name="f", input={}), json_piece(0, '{"x":1}'), block_stop(0)],
        [block(1, "tool_use", id="a", name="f", input={"x": 1}), block_stop(1)],
    ],
)
def test_blocks_in_the_start_of_the_message(more: list[Data]) -> None:
    """Blocks and a stop reason that stand in the start already are not lost, and not doubled."""
    message = {"content": EARLY, "stop_reason": "tool_use"}
    events, failure = decode({"type": "message_start", "message": message}, *more, STOP)
    reply = Reply()
    reply.add(events)
    text_part, call = reply.message("a/m")["content"]
    assert failure is None
    assert text_part == {"type": "text", "text": "Hi"}
    assert (call["id"], call["arguments"], call["signature"]) == ("a", '{"x":1}', CALLER)
    assert events[-1].finish == "tool_calls"


def test_a_second_start_in_mid_stream_is_an_error() -> None:
    """A message that begins again would give a call with broken JSON; a mere repetition is none."""
    begun = [start(), block(0, "tool_use", id="a", name="f"), json_piece(0, '{"x":')]
    _, failure = decode(*begun, start(), *begun[1:])
    assert failure is not None
    assert failure.kind is FailureClass.PROTOCOL
    assert decode(start(), start(), text("a"), message_delta(), STOP)[1] is None


@pytest.mark.parametrize(
    ("pieces", "arguments"),
    [
        ([json_piece(5, '{"x":1}')], '{"x":1}'),  # a wrong index
        ([delta(None, "input_json_delta", partial_json='{"x":1}')], '{"x":1}'),
        ([block_stop(1), json_piece(1, '{"x":1}')], '{"x":1}'),
    ],
)
def test_arguments_under_a_wrong_index(pieces: list[Data], arguments: str) -> None:
    """They belong to the call under way."""
    events, _ = decode(block(1, "tool_use", id="a", name="f"), *pieces, STOP)
    found = "".join(event.arguments for event in events if isinstance(event, ToolCallDelta))
    assert arguments == found


def test_arguments_without_a_call_are_an_error() -> None:
    """They must not be lost in silence."""
    _, failure = decode(start(), json_piece(1, "{}"), STOP)
    assert failure is not None
    assert failure.kind is FailureClass.PROTOCOL


def test_a_block_ends_where_another_has_its_index() -> None:
    """A server that counts no blocks gets each of them as it came."""
    first = {"type": "content_block_start", "content_block": {"type": "x", "n": 1}}
    second = {"type": "content_block_start", "content_block": {"type": "x", "n": 2}}
    events, _ = decode(first, second, STOP)
    assert [event.data for event in events if isinstance(event, OtherDelta)] == [
        '{"type":"x","n":1}',
        '{"type":"x","n":2}',
    ]


def test_the_model_that_went_on() -> None:
    """After a fallback at the provider, the model that served the rest is reported."""
    hop = {"type": "fallback", "from": {"model": "claude-x"}, "to": {"model": "claude-y"}}
    begun = {"type": "content_block_start", "index": 0, "content_block": hop}
    events, _ = decode(start(), begun, block_stop(0), text("a", 1), message_delta(), STOP)
    assert events[-1].model == "claude-y"


def test_what_is_held_is_bounded() -> None:
    """A block that never ends is an error."""
    big = json_piece(0, "x" * 1_000_000)
    begun = {"type": "content_block_start", "index": 0, "content_block": {"type": "x"}}
    _, failure = decode(begun, *[big] * 9)
    assert failure is not None
    assert failure.kind is FailureClass.PROTOCOL


DELTAS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(
            ["text_delta:text", "thinking_delta:thinking", "citations_delta:citation", "x:y"]
        ),
        VALUES,
    ),
    max_size=6,
)


@given(st.lists(st.sampled_from(["text", "thinking", "tool_use", "x"]), max_size=4), DELTAS)
def test_no_delta_is_lost(kinds: list[str], pieces: list[tuple[int, str, object]]) -> None:
    """Every value of a delta is in a part, whatever block it belongs to, or the decoding fails."""
    begun = [
        {"type": "content_block_start", "index": at, "content_block": {"type": kind}}
        for at, kind in enumerate(kinds)
    ]
    deltas = [
        delta(at, name.partition(":")[0], **{name.partition(":")[2]: value})
        for at, name, value in pieces
    ]
    events, failure = decode(start(), *begun, *deltas, message_delta(), STOP)
    reply = Reply()
    try:
        reply.add(events)
    except ProviderFailed:
        return
    if failure is None:
        assert not lost_in(reply, [value for _, _, value in pieces])


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
