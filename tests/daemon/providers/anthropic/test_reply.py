"""Replies of the Anthropic Messages API."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.chat.replies.reply import Reply
from aircherd.errors import ProviderFailed
from aircherd.providers.anthropic.reply import AnthropicStream, read_whole
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import (
    AboutDelta,
    CitationDelta,
    Ending,
    Finish,
    OtherDelta,
    PartEnd,
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
    expected = [ToolCallDelta(0, "a", "f"), ToolCallDelta(0, arguments='{"x":1}')]
    assert [*expected, Ending("tool_calls")] == events


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
        {"type": "content_block_start", "index": {}, "content_block": {"type": "text"}},
        {"type": "content_block_delta", "index": 9, "delta": None},
        {"type": "content_block_delta", "index": "0", "delta": {"type": "text_delta"}},
        json_piece(7, ""),
        {"type": "content_block_stop", "index": []},
        {"type": "message_delta", "delta": None, "usage": None},
        delta(3, "thinking_delta", thinking=""),
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


@pytest.mark.parametrize(
    ("odd", "kind", "data"),
    [
        (block(0, "text", text=5), "text", '{"type":"text","text":5}'),
        (block(0, "shape_of_tomorrow", x=[1.50]), "shape_of_tomorrow", None),
        (block(0, "compaction", content=None), "compaction", None),
        ({"type": "content_block_start", "content_block": ["x"]}, "block", '["x"]'),
        ({"type": "content_block_start", "content_block": {"x": 1}}, "block", '{"x":1}'),
        (text(5), "text_delta", '{"type":"text_delta","text":5}'),
        (delta(0, "thinking_delta", thinking=5), "thinking_delta", None),
        (delta(0, "tomorrow_delta", x="a"), "tomorrow_delta", '{"type":"tomorrow_delta","x":"a"}'),
        (delta(0, "citations_delta"), None, None),
        (delta(0, "tomorrow_delta", x=""), None, None),
    ],
)
def test_what_has_no_word_of_ours_is_kept(odd: Data, kind: str | None, data: str | None) -> None:
    """Blocks and deltas of unknown types and shapes become other parts; empty ones nothing."""
    events, failure = decode(odd, message_delta(output_tokens=1), STOP)
    others = [event for event in events if isinstance(event, OtherDelta)]
    assert failure is None
    assert [kind] * (kind is not None) == [event.kind for event in others]
    if data:
        assert data == others[0].data


CODE = {"type": "code_execution_tool_result", "tool_use_id": "s", "content": {"stdout": "1.50"}}


@pytest.mark.parametrize(
    ("content", "pieces", "data"),
    [
        (
            {"type": "server_tool_use", "id": "s", "name": "x", "input": {}, "caller": None},
            [delta(0, "input_json_delta", partial_json=each) for each in ("", '{"q"', ": 1.50}")],
            '{"type":"server_tool_use","id":"s","name":"x","input":{"q": 1.50},"caller":null}',
        ),
        (CODE, [], msgspec.json.encode(CODE).decode()),
        (
            {"type": "compaction", "content": ""},
            [delta(0, "compaction_delta", content="Sum.", encrypted_content=None)],
            '{"type":"compaction","content":"Sum."}',
        ),
        (
            {"type": "connector_text", "text": "a"},
            [text("b"), text("c"), delta(0, "signature_delta", signature="s")],
            '{"type":"connector_text","text":"abc","signature":"s"}',
        ),
    ],
)
def test_other_blocks_are_assembled(content: Data, pieces: list[Data], data: str) -> None:
    """A block without a word of ours is given out whole when it stops, with what its deltas say."""
    begun = {"type": "content_block_start", "index": 0, "content_block": content}
    decoder = AnthropicStream()
    assert decoder.feed(framed(start(), begun, *pieces))[1:] == []
    counted = decoder.progress_count
    assert counted == 2 + len(pieces)
    assert [OtherDelta(str(content["type"]), data)] == decoder.feed(framed(block_stop(0)))


def test_a_cut_input_is_not_lost() -> None:
    """Half an input of a server tool is a part of its own; the block goes back without it."""
    begun = block(0, "server_tool_use", id="s", input={})
    events, _ = decode(begun, json_piece(0, '{"q'), message_delta("max_tokens"), STOP)
    others = [event for event in events if isinstance(event, OtherDelta)]
    assert [event.kind for event in others] == ["server_tool_use", "input_json_delta"]
    assert msgspec.json.decode(others[1].data)["partial_json"] == '{"q'


@pytest.mark.parametrize("half", [b"\\ud83d", b"\xff"])
def test_half_a_character(half: bytes) -> None:
    """One in a block or a delta that is held back is replaced, and costs nothing else."""
    begun = b'{"type":"content_block_start","index":0,"content_block":{"type":"x","a":"' + half
    more = b'{"type":"content_block_delta","index":0,"delta":{"type":"y","a":"' + half
    cut = b'{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta",'
    events, failure = decode(
        begun + b'"}}', more + b'"}}', cut + b'"partial_json":"' + half + b'"}}', STOP
    )
    assert failure is None
    assert {event.kind for event in events if isinstance(event, OtherDelta)} <= {
        "x",
        "input_json_delta",
    }
    assert all("a" in msgspec.json.decode(e.data) for e in events[:1])


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


@pytest.mark.parametrize(
    ("caller", "finish"),
    [
        (None, "tool_calls"),
        ({"type": "direct"}, "tool_calls"),
        ({"type": "code_execution_20260120", "tool_id": "s"}, "stop"),
    ],
)
@pytest.mark.parametrize("is_whole", [False, True])
def test_calls_by_code_do_not_await_the_client(
    caller: Data | None, finish: str, *, is_whole: bool
) -> None:
    """A turn that ended is over although code called a tool; other servers say `end_turn` too."""
    call = {"type": "tool_use", "id": "a", "name": "f", "input": {}, "caller": caller}
    if is_whole:
        body: Data = {"content": [call], "stop_reason": "end_turn"}
        ending = read_whole(msgspec.json.encode(body))[-1]
    else:
        opening = {"type": "content_block_start", "index": 0, "content_block": call}
        ending = decode(start(), opening, block_stop(0), message_delta(), STOP)[0][-1]
    assert isinstance(ending, Ending)
    assert ending.finish == finish


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


@pytest.mark.parametrize(
    ("citation", "expected"),
    [
        (
            {
                "type": "page_location",
                "cited_text": "The fox.",
                "document_index": 1,
                "document_title": "Foxes",
                "start_page_number": 3,
                "end_page_number": 4,
            },
            Citation(title="Foxes", quote="The fox.", document=1),
        ),
        (
            {
                "type": "web_search_result_location",
                "cited_text": "Red.",
                "url": "https://a/b",
                "title": None,
                "encrypted_index": "Eo8",
            },
            Citation(url="https://a/b", quote="Red."),
        ),
        (
            {"type": "search_result_location", "source": "https://a/c", "title": "C"},
            Citation(url="https://a/c", title="C"),
        ),
        ({"type": "search_result_location", "source": "notes"}, Citation()),
        ({"type": "of_tomorrow", "document_index": True}, Citation()),
    ],
)
def test_citations(citation: Data, expected: Citation) -> None:
    """What all citations share is ours, and the vendor's own form is kept; streamed or whole."""
    data = msgspec.json.encode(citation).decode()
    expected = msgspec.structs.replace(expected, data=data)
    streamed, _ = decode(
        block(0, citations=[]),
        delta(0, "citations_delta", citation=citation),
        text("a"),
        block_stop(0),
        STOP,
    )
    whole = read_whole(
        msgspec.json.encode({"content": [{"type": "text", "text": "a", "citations": [citation]}]})
    )
    wanted = [TextDelta("a"), TextDelta(""), CitationDelta(expected), PartEnd()]
    assert wanted == streamed[:-1] == whole[:-1]


def test_a_text_without_sources_is_not_joined_to_one_with_them() -> None:
    """Each text block that may have sources is a part of its own; others are joined as ever."""
    content = [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b", "citations": [{"type": "x"}]},
        {"type": "text", "text": "c", "citations": None},
        {"type": "text", "text": "d"},
    ]
    reply = Reply()
    reply.add(read_whole(msgspec.json.encode({"content": content})))
    parts = reply.message("a/m")["content"]
    assert [part["text"] for part in parts] == ["a", "b", "cd"]
    assert ["citations" in part for part in parts] == [False, True, False]


def test_facts_about_the_message() -> None:
    """The container and what was edited are other parts at the end; the latest counts."""
    begun = {"type": "message_start", "message": {"container": {"id": "c1", "expires_at": "x"}}}
    ended = {
        **message_delta(),
        "delta": {"stop_reason": "end_turn", "container": {"id": "c2"}},
        "context_management": {"applied_edits": []},
    }
    events, _ = decode(begun, text("a"), ended, STOP)
    assert [AboutDelta("container", '{"id":"c2"}')] == [
        event for event in events if isinstance(event, OtherDelta)
    ]


REFUSED = {"type": "refusal", "category": "cyber", "explanation": "Not this."}


@pytest.mark.parametrize("is_whole", [False, True])
def test_the_explanation_of_a_refusal(is_whole: bool) -> None:
    """It is a refusal's text of its own, and all that is said about it is kept."""
    if is_whole:
        content = [{"type": "text", "text": "I"}]
        reply = {"content": content, "stop_reason": "refusal", "stop_details": REFUSED}
        events = read_whole(msgspec.json.encode(reply))
    else:
        ended = {"stop_reason": "refusal", "stop_details": REFUSED}
        events, _ = decode(text("I"), {"type": "message_delta", "delta": ended}, STOP)
    collected = Reply()
    collected.add(events)
    first, second, other = collected.message("a/m")["content"]
    assert (first["text"], second["text"], second["refusal"]) == ("I", "Not this.", True)
    assert (other["kind"], events[-1].finish) == ("stop_details", "refusal")


def test_the_model_that_went_on() -> None:
    """After a fallback at the provider, the model that served the rest is reported."""
    hop = {"type": "fallback", "from": {"model": "claude-x"}, "to": {"model": "claude-y"}}
    begun = {"type": "content_block_start", "index": 0, "content_block": hop}
    events, _ = decode(start(), begun, block_stop(0), text("a", 1), message_delta(), STOP)
    assert events[-1].model == "claude-y"


def test_what_is_held_is_bounded() -> None:
    """A block that never ends, and blocks without number, are an error."""
    big = json_piece(0, "x" * 1_000_000)
    begun = {"type": "content_block_start", "index": 0, "content_block": {"type": "x"}}
    _, failure = decode(begun, *[big] * 9)
    assert failure is not None
    many = [{"type": "x"}] * 9000
    assert failure.kind is FailureClass.PROTOCOL
    body = msgspec.json.encode({"content": many})
    assert failure_of(lambda: read_whole(body)).kind is FailureClass.PROTOCOL


KINDS = st.one_of(
    st.none(),
    st.sampled_from(
        ["text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "compaction"]
    ),
    st.text(max_size=12),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["text", "thinking", "signature", "data", "id", "name", "input", "citations", "content", "x"]
)
BLOCKS = st.lists(
    st.builds(
        lambda kind, fields: ({} if kind is None else {"type": kind}) | fields,
        KINDS,
        st.dictionaries(NAMES, VALUES, max_size=4),
    )
    | VALUES,
    max_size=4,
)


def words_of(value: object) -> set[str]:
    """Return the texts and numbers in a value, as JSON writes them."""
    if isinstance(value, dict):
        return set().union(*(words_of(each) for name, each in value.items() if name != "type"))
    if isinstance(value, list):
        return set().union(*map(words_of, value))
    return {msgspec.json.encode(value).decode()} if value not in (None, "") else set()


def flattened(reply: Reply) -> str:
    """Return the message as JSON without any escapes."""
    return msgspec.json.encode(reply.message("a/m")).decode().replace("\\", "")


@given(BLOCKS, st.booleans())
def test_nothing_is_lost(content: list[object], is_streamed: bool) -> None:
    """Every value of every block is in a part, or the decoding fails."""
    if is_streamed:
        events, failure = decode(
            start(),
            *(
                {"type": "content_block_start", "index": at, "content_block": each}
                for at, each in enumerate(content)
            ),
            message_delta(),
            STOP,
        )
        if failure:
            return
    else:
        try:
            events = read_whole(msgspec.json.encode({"content": content}))
        except ProviderFailed:
            return
    reply = Reply()
    try:
        reply.add(events)
    except ProviderFailed:
        return
    flat = flattened(reply)
    missing = {word for word in words_of(content) if word.replace("\\", "").strip('"') not in flat}
    assert not missing


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
        flat = flattened(reply)
        missing = {
            word
            for _, _, value in pieces
            for word in words_of(value)
            if word.replace("\\", "").strip('"') not in flat
        }
        assert not missing


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


@pytest.mark.parametrize(
    "last",
    [
        [{"type": "message_delta", "stop_reason": "max_tokens"}, {"type": "message_stop"}],
        [{"type": "message_stop", "stop_reason": "max_tokens"}],
        [{"type": "message_stop", "message": {"stop_reason": "max_tokens"}}],
    ],
)
def test_the_reason_may_stand_elsewhere(last: list[object]) -> None:
    """Compatible servers put it beside the delta, or into the last event."""
    delta = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "a"},
    }
    events, failure = decode(delta, *last)
    assert failure is None
    assert events[-1].finish == "length"
