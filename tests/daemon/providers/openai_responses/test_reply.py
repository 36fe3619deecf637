"""Replies of the OpenAI Responses API and compatible servers."""

import itertools

import msgspec
import pytest

from aircherd.providers.openai_responses.reply import ResponsesStream, read_whole
from aircherd.testing.simulator.script import PICTURE, SOUND
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import (
    AudioDelta,
    Ending,
    ImageDelta,
    InItem,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)
from helpers.providers.provider_calls import cut_in_two, failure_of, run_decoder
from helpers.providers.responses.streams import (
    ITEMS,
    STREAMS,
    call,
    failed,
    message,
    reasoning,
    refusal,
    response,
    stream,
    wire,
)

COUNTED = Usage(37, 31, 16, 4, 20)
MODEL = "gpt-5.5-2026-04-01"


def decode(*pieces: bytes) -> tuple[list[ReplyEvent], Failure | None]:
    ids = itertools.count(1)
    events, failure = run_decoder(ResponsesStream(lambda: f"made-{next(ids)}"), pieces)
    return without_order(events), failure


def without_order(events: list[ReplyEvent]) -> list[ReplyEvent]:
    """Return the events without those that only name an item."""
    return [event for event in events if type(event) is not InItem]


def ended(finish: str, usage: Usage | None = COUNTED) -> list[ReplyEvent]:
    return [UsageDelta(usage), Ending(finish, usage, MODEL)]


def item_done(**item: object) -> dict[str, object]:
    return {"type": "response.output_item.done", "output_index": 0, "item": item}


COMPLETED = {"type": "response.completed", "response": response("completed", [])}
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


def test_arguments_that_come_only_at_the_end_of_a_call() -> None:
    """A call that starts without arguments gets them when it is done."""
    begun, *_, done = call(0, "a", "f", '{"x":1}')
    events = [ToolCallDelta(0, "a", "f"), ToolCallDelta(0, arguments='{"x":1}')]
    assert decode(wire(begun, done, COMPLETED)) == ([*events, *ended("tool_calls")], None)


def test_items_without_indices() -> None:
    """Pieces find their item by id if the server sends no index."""
    items = [*call(0, "a", "f", '{"x"', ":1}"), *call(1, "b", "g", "[]"), *message(2, "t")]
    for event in items:
        del event["output_index"]
    expected = [
        ToolCallDelta(0, "a", "f"),
        ToolCallDelta(0, arguments='{"x"'),
        ToolCallDelta(0, arguments=":1}"),
        ToolCallDelta(1, "b", "g"),
        ToolCallDelta(1, arguments="[]"),
        TextDelta("t"),
    ]
    assert decode(wire(*items, COMPLETED)) == ([*expected, *ended("tool_calls")], None)


@pytest.mark.parametrize("status", ["incomplete", "in_progress"])
def test_thinking_that_was_cut_off_is_not_signed(status: str) -> None:
    """Its encrypted content may be incomplete, and would be refused."""
    item = item_done(
        type="reasoning", id="rs", status=status, encrypted_content="gA", summary=[{"text": "s"}]
    )
    events = [ReasoningDelta("s"), *ended("stop")]
    assert decode(wire(item, COMPLETED)) == (events, None)


def test_open_models_send_their_thinking() -> None:
    """It becomes events like a summary."""
    place = {"output_index": 0, "item_id": "rs", "content_index": 0}
    deltas = [
        {"type": "response.reasoning_text.delta", **place, "delta": "2 and"},
        {"type": "response.reasoning_text.delta", **place, "delta": " 3"},
    ]
    events = [ReasoningDelta("2 and"), ReasoningDelta(" 3"), *ended("stop")]
    assert decode(wire(*deltas, COMPLETED)) == (events, None)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (
            {
                "type": "error",
                "error": {
                    "type": "insufficient_quota",
                    "code": "insufficient_quota",
                    "message": "x",
                },
            },
            FailureClass.QUOTA,
        ),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "x"}, FailureClass.RATE),
        ({"type": "error", "code": None, "message": "x", "error": None}, FailureClass.SERVER),
        ({"error": {"code": "invalid_prompt", "message": "x"}}, FailureClass.POLICY),
        ({"type": "response.failed", "response": {"error": None}}, FailureClass.SERVER),
        ({"type": "response.failed"}, FailureClass.SERVER),
    ],
)
def test_errors_inside_a_stream(event: dict[str, object], kind: FailureClass) -> None:
    """Every format of error is classified, after the events before it."""
    data = wire(*message(0, "a")) + b"data: " + msgspec.json.encode(event) + b"\n\n"
    events, failure = decode(data)
    assert events == [TextDelta("a")]
    assert failure is not None
    assert failure.kind is kind


def test_a_failed_response_raises_its_error() -> None:
    """The usage comes first; code and message are the vendor's."""
    last = response("failed", [], error={"code": "server_error", "message": "It broke."})
    last["usage"] = {"input_tokens": 5, "output_tokens": 1}
    events, failure = decode(wire({"type": "response.failed", "response": last}))
    assert events == [UsageDelta(Usage(5, 1))]
    assert failure is not None
    assert (failure.kind, failure.message) == (FailureClass.SERVER, "failed: It broke.")
    assert decode(failed("server_error", "It broke.", message(0, "a")))[1] == failure


def test_a_null_error_is_ignored() -> None:
    """Some servers send every field."""
    events = [event | {"error": None} for event in [*message(0, "a"), COMPLETED]]
    assert decode(wire(*events)) == ([TextDelta("a"), *ended("stop")], None)


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


@pytest.mark.parametrize("status", ["completed", "complete", "done", ""])
def test_other_words_for_completed(status: str) -> None:
    """Servers that resemble OpenAI name the status of a whole reply differently, or not at all."""
    body = response(status, [{"type": "message", "content": [{"text": "a"}]}])
    assert TextDelta("a") in read_whole(msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("kind", "status", "finish"),
    [
        ("response.completed", "completed", "stop"),
        ("response.completed", "in_progress", "stop"),
        ("response.completed", "incomplete", "length"),
        ("response.incomplete", "incomplete", "length"),
        ("response.incomplete", None, "length"),
        ("response.done", "completed", "stop"),
        ("response.done", "incomplete", "length"),
    ],
)
def test_the_last_event_and_its_status_say_how_it_ended(
    kind: str, status: str | None, finish: str
) -> None:
    """A reply that is incomplete is never a whole one, whatever its last event is called."""
    last = {"type": kind, "response": {"status": status, "model": MODEL}}
    events = [TextDelta("a"), Ending(finish, None, MODEL)]
    assert decode(wire(*message(0, "a"), last)) == (events, None)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("response.completed", "failed"),
        ("response.completed", "cancelled"),
        ("response.done", "canceled"),
        ("response.cancelled", None),
        ("response.failed", "completed"),
    ],
)
def test_a_reply_that_was_cancelled_or_failed_is_an_error(kind: str, status: str | None) -> None:
    """Even if its last event says that it is complete."""
    events, failure = decode(wire(*message(0, "a"), {"type": kind, "response": {"status": status}}))
    assert events == [TextDelta("a")]
    assert failure is not None
    assert failure.kind is FailureClass.SERVER


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


def test_sound_and_pictures() -> None:
    """Sound comes in pieces of its own, a picture as the result of a call."""
    picture = {"type": "image_generation_call", "id": "ig", "result": PICTURE}
    events, _ = decode(
        wire(
            {"type": "response.audio.delta", "delta": SOUND},
            {"type": "response.audio.transcript.delta", "delta": "hi"},
            item_done(**picture),
            COMPLETED,
        )
    )
    signature = '{"type":"image_generation_call","id":"ig"}'
    assert events == [
        ImageDelta(PICTURE, "image/png", signature=signature),
        AudioDelta(SOUND, "audio/wav", "hi"),
        *ended("stop"),
    ]


def test_an_error_without_a_type_ends_the_reply() -> None:
    """A gateway in front puts its own error between the events."""
    body = (
        b'data: {"type":"response.output_text.delta","delta":"a"}\n\n'
        b'data: {"detail":"the worker died"}\n\n'
        b'data: {"type":"response.completed","response":{"status":"completed"}}\n\n'
    )
    events, failure = run_decoder(ResponsesStream(), [body])
    assert TextDelta("a") in events
    assert failure is not None
    assert "the worker died" in failure.message


def test_arguments_that_come_whole_each_time_are_taken_once() -> None:
    """Each piece has all of the text so far."""
    body = (
        b'data: {"type":"response.output_item.added","item":'
        b'{"type":"function_call","call_id":"c","name":"f"}}\n\n'
        b'data: {"type":"response.function_call_arguments.delta","delta":"{\\"a\\":"}\n\n'
        b'data: {"type":"response.function_call_arguments.delta","delta":"{\\"a\\":1}"}\n\n'
        b'data: {"type":"response.completed","response":{"status":"completed"}}\n\n'
    )
    events, failure = run_decoder(ResponsesStream(), [body])
    assert failure is None
    calls = [each for each in events if isinstance(each, ToolCallDelta)]
    assert "".join(each.arguments for each in calls) == '{"a":1}'
