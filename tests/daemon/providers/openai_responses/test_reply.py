"""Replies of the OpenAI Responses API and compatible servers."""

import msgspec
import pytest

from aircherd.providers.openai_responses.reply import ResponsesStream, read_whole
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
)
from helpers.providers.provider_calls import cut_in_two, failure_of
from helpers.providers.responses.decoding import (
    COMPLETED,
    MODEL,
    decode,
    ended,
    item_done,
    without_order,
)
from helpers.providers.responses.streams import (
    ITEMS,
    STREAMS,
    call,
    message,
    reasoning,
    refusal,
    response,
    stream,
    wire,
)

SEALED = (
    '{"type":"reasoning","id":"rs_0","summary":'
    '[{"type":"summary_text","text":"a b"},{"type":"summary_text","text":"c"}],'
    '"encrypted_content":"gAAAAsealed="}'
)
BARE = '{"type":"reasoning","id":"rs_0","summary":[],"encrypted_content":"gAAAAsealed="}'

REPLIES = [
    (
        stream(message(0, "Grüße", " 🦀")),
        [TextDelta("Grüße"), TextDelta(" 🦀"), *ended("stop")],
    ),
    (
        stream(message(0, "Look:"), call(1, "a", "f", '{"x"', ":1}"), call(2, "b", "g", "{}")),
        [
            TextDelta("Look:"),
            ToolCallDelta(0, "a", "f"),
            ToolCallDelta(0, arguments='{"x"'),
            ToolCallDelta(0, arguments=":1}"),
            ToolCallDelta(1, "b", "g"),
            ToolCallDelta(1, arguments="{}"),
            *ended("tool_calls"),
        ],
    ),
    (
        stream(reasoning(0, ("a", " b"), ("c",)), message(1, "Yes")),
        [
            ReasoningDelta("a"),
            ReasoningDelta(" b"),
            ReasoningDelta("\n\nc"),
            ReasoningDelta("", SEALED),
            TextDelta("Yes"),
            *ended("stop"),
        ],
    ),
    (
        stream(reasoning(0), call(1, "a", "f")),
        [ReasoningDelta("", BARE), ToolCallDelta(0, "a", "f"), *ended("tool_calls")],
    ),
    (
        stream(message(0, "First I look.", phase="commentary"), message(1, "Done.")),
        [
            TextDelta("First I look."),
            TextDelta("", '{"type":"message","phase":"commentary"}'),
            TextDelta("Done."),
            *ended("stop"),
        ],
    ),
    (
        stream(refusal(0, "I'm sorry", ".")),
        [
            TextDelta("I'm sorry", refusal=True),
            TextDelta(".", refusal=True),
            *ended("refusal"),
        ],
    ),
    (STREAMS["incomplete"][0], [TextDelta("one "), TextDelta("two"), *ended("length")]),
    (STREAMS["filtered"][0], [TextDelta("one"), *ended("content_filter")]),
]


@pytest.mark.parametrize(("data", "events"), REPLIES)
def test_a_stream(data: bytes, events: list[ReplyEvent]) -> None:
    """Each kind of item becomes events, in order, and the last event ends the reply."""
    assert (events, None) == decode(data)


@pytest.mark.parametrize(("data", "events"), REPLIES)
def test_cut_anywhere(data: bytes, events: list[ReplyEvent]) -> None:
    """A stream cut in two at any byte, even inside a character, gives the same events."""
    for pieces in cut_in_two(data):
        assert (events, None) == decode(*pieces)


@pytest.mark.parametrize(("data", "events"), REPLIES)
def test_a_reply_without_its_last_event_is_truncated(data: bytes, events: list[ReplyEvent]) -> None:
    """Even if all of its items are complete."""
    *frames, _, end = data.split(b"\n\n")
    assert end == b""
    received, failure = decode(b"".join(frame + b"\n\n" for frame in frames))
    assert received == events[:-2]
    assert failure is not None
    assert failure.kind is FailureClass.TRUNCATED


def test_data_after_the_end_is_ignored() -> None:
    """Some servers add [DONE] to every stream, or continue."""
    data = stream(message(0, "a"))
    assert decode(data + b"data: [DONE]\n\n" + data) == decode(data)


def test_done_mark_does_not_end_a_reply() -> None:
    """[DONE] is no event of this API."""
    _, failure = decode(wire(*message(0, "a")) + b"data: [DONE]\n\n")
    assert failure is not None
    assert failure.kind is FailureClass.TRUNCATED


@pytest.mark.parametrize(
    ("item", "events"),
    [
        (
            {"type": "message", "content": [{"type": "output_text", "text": "a"}, {"text": "b"}]},
            [TextDelta("a"), PartEnd(), TextDelta("b"), *ended("stop")],
        ),
        (
            {"type": "message", "content": [{"text": "a"}], "phase": "final_answer"},
            [
                TextDelta("a"),
                TextDelta("", '{"type":"message","phase":"final_answer"}'),
                *ended("stop"),
            ],
        ),
        ({"type": "message", "content": [], "phase": "final_answer"}, ended("stop")),
        (
            {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]},
            [TextDelta("no", refusal=True), *ended("refusal")],
        ),
        (
            {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
            [ToolCallDelta(0, "a", "f", "{}"), *ended("tool_calls")],
        ),
        (
            {"type": "function_call", "name": "f", "arguments": None},
            [ToolCallDelta(0, "made-1", "f"), *ended("tool_calls")],
        ),
        (
            {"type": "reasoning", "id": "rs", "content": [{"text": "thought"}]},
            [
                ReasoningDelta(
                    "thought",
                    '{"type":"reasoning","id":"rs","summary":[],"content":[{"text":"thought"}]}',
                ),
                *ended("stop"),
            ],
        ),
        (
            {"type": "reasoning", "id": "rs", "summary": [{"text": "s"}]},
            [ReasoningDelta("s"), *ended("stop")],
        ),
        ({"type": "reasoning", "id": "rs", "summary": []}, ended("stop")),
        (
            {"type": "web_search_call", "id": "ws", "status": "completed"},
            [
                OtherDelta(
                    "web_search_call",
                    '{"type":"web_search_call","id":"ws","status":"completed"}',
                ),
                *ended("stop"),
            ],
        ),
        ({"type": None}, [OtherDelta("item", '{"type":null}'), *ended("stop")]),
    ],
)
def test_items_that_come_only_whole(item: dict[str, object], events: list[ReplyEvent]) -> None:
    """A stream without pieces gives the same events as a whole reply."""
    assert decode(wire(item_done(**item), COMPLETED)) == (events, None)
    whole = msgspec.json.encode(response("completed", [item]))
    assert events == without_order(read_whole(whole, lambda: "made-1"))


@pytest.mark.parametrize("status", ["incomplete", "in_progress"])
def test_thinking_that_was_cut_off_is_not_signed(status: str) -> None:
    """Its encrypted content may be incomplete, and would be refused."""
    item = item_done(
        type="reasoning", id="rs", status=status, encrypted_content="gA", summary=[{"text": "s"}]
    )
    events = [ReasoningDelta("s"), *ended("stop")]
    assert decode(wire(item, COMPLETED)) == (events, None)


@pytest.mark.parametrize(
    ("events", "progress_count"),
    [
        ([{"type": "response.created"}, {"type": "response.in_progress"}], 0),
        ([{"type": "keepalive"}, {"type": None}, {"type": ["response.x"]}], 0),
        (reasoning(0, sealed=None), 1),
        (message(0, "a"), 4),
        ([{"type": "response.web_search_call.searching", "delta": {}}], 1),
    ],
)
def test_parts_without_events_are_progress(
    events: list[dict[str, object]], progress_count: int
) -> None:
    """Starts and keep-alives are not."""
    decoder = ResponsesStream()
    decoder.feed(wire(*events))
    assert progress_count == decoder.progress_count


@pytest.mark.parametrize(
    "data",
    [b"data: {\n\n", b"data: [1]\n\n", b'data: {"type":"response.output_item.added","item":1}\n\n'],
)
def test_another_api_is_a_protocol_failure(data: bytes) -> None:
    """The stream has no events of this API."""
    _, failure = decode(data)
    assert failure is not None
    assert failure.kind is FailureClass.PROTOCOL


# ------------------------------------------------------------------ in one piece


@pytest.mark.parametrize("name", [name for name in STREAMS if name != "failed"])
def test_a_whole_reply_gives_the_events_of_its_stream(name: str) -> None:
    """Text, thinking, calls, signatures and the ending are the same."""
    data, meaning = STREAMS[name]
    streamed, _ = decode(data)
    items = [
        event["item"]
        for event in map(msgspec.json.decode, _data_of(data))
        if event["type"] == "response.output_item.done"
    ]
    details = {"incomplete_details": {"reason": meaning.reason}} if meaning.reason else {}
    body = msgspec.json.encode(response(meaning.ending, items, **details))
    assert gathered(streamed) == gathered(read_whole(body))


def _data_of(data: bytes) -> list[bytes]:
    return [frame.partition(b"data: ")[2] for frame in data.split(b"\n\n") if frame]


def gathered(events: list[ReplyEvent]) -> list[object]:
    return [
        "".join(event.text for event in events if isinstance(event, TextDelta)),
        "".join(event.text for event in events if isinstance(event, ReasoningDelta)),
        [event.signature for event in events if getattr(event, "signature", None)],
        [event.call_id for event in events if isinstance(event, ToolCallDelta) and event.call_id],
        "".join(event.arguments for event in events if isinstance(event, ToolCallDelta)),
        events[-2:],
    ]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (response("failed", [], error={"code": "invalid_prompt"}), FailureClass.POLICY),
        (response("failed", []), FailureClass.SERVER),
        ({"error": {"code": "rate_limit_exceeded"}}, FailureClass.RATE),
        (response("queued", []), FailureClass.UNSUPPORTED),
        (response("in_progress", []), FailureClass.UNSUPPORTED),
        (response("new", []), FailureClass.PROTOCOL),
        ({"object": "chat.completion", "choices": []}, FailureClass.PROTOCOL),
        ([], FailureClass.PROTOCOL),
    ],
)
def test_whole_failures(body: object, kind: FailureClass) -> None:
    """A failed response, an error, an unfinished response, and any other body."""
    assert kind is failure_of(lambda: read_whole(msgspec.json.encode(body))).kind


def test_a_stream_that_is_only_its_last_event() -> None:
    """Everything is taken from its output, or from its text."""
    items = [event["item"] for event in (message(0, "a")[-1], call(1, "c", "f", "{}")[-1])]
    last = {"type": "response.completed", "response": response("completed", items)}
    events = [TextDelta("a"), ToolCallDelta(0, "c", "f", "{}"), *ended("tool_calls")]
    assert decode(wire(last)) == (events, None)
    bare = {"status": "completed", "model": MODEL, "output_text": "a"}
    assert decode(wire({"type": "response.completed", "response": bare})) == (
        [TextDelta("a"), Ending("stop", None, MODEL)],
        None,
    )


@pytest.mark.parametrize("kind", [name for name in ITEMS if name != "reasoning"])
def test_an_item_without_a_word_of_ours_is_passed_on_as_it_came(kind: str) -> None:
    """Byte for byte; what the client has to answer ends the reply as calls do."""
    raw = b'{ "type":"%b", "id":"i", "call_id":"c", "x":1.50}' % kind.encode()
    data = b'data: {"type":"response.output_item.done","output_index":0,"item":' + raw + b"}\n\n"
    events, _ = decode(data + wire(COMPLETED))
    waits = kind in (
        *("mcp_approval_request", "shell_call", "local_shell_call"),
        *("apply_patch_call", "computer_call"),
    )
    assert events == [OtherDelta(kind, raw.decode()), *ended("tool_calls" if waits else "stop")]


def test_an_item_that_was_only_announced_is_not_lost() -> None:
    """It is passed on as it was announced."""
    item = {"type": "web_search_call", "id": "ws", "status": "in_progress"}
    added = {"type": "response.output_item.added", "output_index": 0, "item": item}
    events, _ = decode(wire(added, COMPLETED))
    assert events[0] == OtherDelta("web_search_call", msgspec.json.encode(item).decode())
