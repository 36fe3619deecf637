"""Replies of the Gemini API."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.gemini.reply import GeminiStream, read_whole
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    OtherDelta,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)
from helpers.providers.provider_calls import cut_in_two, failure_of, run_decoder, sse

Data = dict[str, object]
COUNTS = {
    "promptTokenCount": 10,
    "toolUsePromptTokenCount": 2,
    "cachedContentTokenCount": 4,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 3,
    "totalTokenCount": 20,
}
USAGE = Usage(12, 8, 4, 0, 3)


def reply(*parts: object, finish: object = None, **fields: object) -> Data:
    candidate: Data = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-x", **fields}


def text(prompt: object, **fields: object) -> Data:
    return {"text": prompt, **fields}


def call(name: str = "f", **fields: object) -> Data:
    return {"functionCall": {"name": name, "args": {"x": 1}, "id": name}, **fields}


def a_stream() -> GeminiStream:
    return GeminiStream(iter(["made-1", "made-2"]).__next__)


def decode(*data: object) -> tuple[list[ReplyEvent], Failure | None]:
    return run_decoder(a_stream(), [sse(*data)])


REPLY = (
    reply(text("Hm…", thought=True), usageMetadata={"promptTokenCount": 10}),
    reply(text("", thought=True, thoughtSignature="R")),
    reply(text("Grüße"), usageMetadata={"promptTokenCount": 10}),
    reply(text(" 🦀"), {"executableCode": {"code": "1"}}, {"inlineData": {}}),
    reply(text("", thoughtSignature="T")),
    reply(call(thoughtSignature="C"), call("g")),
    reply({"functionCall": {"name": "h"}}),
    reply(text(""), finish="STOP", usageMetadata=COUNTS),
)
EVENTS = [
    UsageDelta(Usage(10)),
    ReasoningDelta("Hm…"),
    ReasoningDelta("", "0:R"),
    TextDelta("Grüße"),
    TextDelta(" 🦀"),
    OtherDelta("executableCode", '{"executableCode":{"code":"1"}}'),
    OtherDelta("inlineData", '{"inlineData":{}}'),
    TextDelta("", "0:T"),
    ToolCallDelta(0, "f", "f", '{"x":1}', "C"),
    ToolCallDelta(1, "g", "g", '{"x":1}'),
    ToolCallDelta(2, "made-1", "h"),
    UsageDelta(USAGE),
    Ending("tool_calls", USAGE, "gemini-x"),
]


def test_events_keep_their_order() -> None:
    """Thinking, text, calls, signatures and all other parts keep their order."""
    assert decode(*REPLY) == (EVENTS, None)


def test_cut_anywhere() -> None:
    """A stream cut in two at any byte, even inside a character, gives the same events."""
    for pieces in cut_in_two(sse(*REPLY)):
        assert run_decoder(a_stream(), pieces) == (EVENTS, None)


@given(st.lists(st.integers(0, 3000), max_size=8))
def test_cut_at_random(cuts: list[int]) -> None:
    """A stream cut into any pieces gives the same events."""
    data = sse(*REPLY).replace(b"\n", b"\r\n")
    places = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(places) if a != b]
    assert run_decoder(a_stream(), pieces) == (EVENTS, None)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "stop"),
        ("stop", "stop"),
        ("MAX_TOKENS", "length"),
        ("CONTINUATION", "length"),
        ("SAFETY", "content_filter"),
        ("SPII", "content_filter"),
        ("MODEL_ARMOR", "content_filter"),
        (1, "stop"),
        (2, "length"),
        (3, "content_filter"),
        (8, "content_filter"),
    ],
)
def test_finish_reasons(reason: object, finish: str) -> None:
    """Each is mapped, by name or number; see `codec.finish` for the table of names."""
    assert decode(reply(text("a"), finish=reason))[0][-1] == Ending(finish, None, "gemini-x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("MALFORMED_FUNCTION_CALL", FailureClass.SERVER),
        ("UNEXPECTED_TOOL_CALL", FailureClass.SERVER),
        ("OTHER", FailureClass.SERVER),
        ("OF_THE_FUTURE", FailureClass.SERVER),
        (5, FailureClass.SERVER),
        (77, FailureClass.SERVER),
        ("MISSING_THOUGHT_SIGNATURE", FailureClass.UNSUPPORTED),
        ("PUP_LIMITED_DISABLED", FailureClass.ACCOUNT),
    ],
)
def test_finish_reasons_without_a_reply_are_failures(reason: object, kind: FailureClass) -> None:
    """The failure names the reason, and comes after the events before it."""
    broken = reply(finish=reason)
    candidates = broken["candidates"]
    assert isinstance(candidates, list)
    candidates[0]["finishMessage"] = "Why"
    events, failure = decode(reply(text("a")), broken)
    assert events == [TextDelta("a")]
    assert failure is not None
    assert failure.kind is kind
    shown = "OTHER" if reason == 5 else reason
    assert failure.message.endswith(f"{shown}: Why")


def test_a_reason_with_every_piece_loses_nothing() -> None:
    """The reply ends with the body, not with the first finish reason."""
    events, failure = decode(reply(text("a"), finish="STOP"), reply(text("b"), finish="STOP"))
    assert events == [TextDelta("a"), TextDelta("b"), Ending("stop", None, "gemini-x")]
    assert failure is None


@pytest.mark.parametrize(
    "data",
    [
        (reply(text("a")),),
        (reply(text("a"), finish="FINISH_REASON_UNSPECIFIED"),),
        (reply(call()),),
    ],
)
def test_a_body_without_finish_reason_is_truncated(data: tuple[Data]) -> None:
    """It was cut off."""
    events, failure = decode(*data)
    assert len(events) == 1
    assert failure is not None
    assert failure.kind is FailureClass.TRUNCATED


def test_done_mark_is_ignored() -> None:
    """A server that speaks both APIs may end with OpenAI's mark."""
    assert decode(reply(text("a"), finish="STOP"), b"[DONE]")[1] is None


@pytest.mark.parametrize("read", ["whole", "stream"])
def test_blocked_prompt(read: str) -> None:
    """Without a candidate, a block reason is a POLICY failure that names the reason."""
    blocked: Data = {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "Why"},
        "usageMetadata": {"promptTokenCount": 7},
    }
    if read == "whole":
        failure = failure_of(lambda: read_whole(msgspec.json.encode(blocked)))
    else:
        failure = decode(blocked)[1]  # type: ignore[assignment]
    assert failure.kind is FailureClass.POLICY
    assert failure.message.endswith("the prompt was blocked (PROHIBITED_CONTENT): Why")


def test_a_prompt_that_is_blocked_for_a_numbered_reason() -> None:
    """Google's own protocol numbers its reasons."""
    failure = failure_of(lambda: read_whole(b'{"promptFeedback":{"blockReason":1}}'))
    assert failure.kind is FailureClass.POLICY


def test_feedback_that_blocks_nothing() -> None:
    """Prompt ratings may come with a normal reply."""
    events, failure = decode(reply(text("a"), finish="STOP", promptFeedback={"safetyRatings": []}))
    assert (len(events), failure) == (2, None)


def test_error_inside_a_stream() -> None:
    """The events before it come first, then the classified error."""
    error = {"error": {"code": 503, "message": "The model is overloaded", "status": "UNAVAILABLE"}}
    events, failure = decode(reply(text("a")), error)
    assert events == [TextDelta("a")]
    assert failure is not None
    assert failure.kind is FailureClass.OVERLOADED


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b'{"candidates":5}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":[1]}]}}]}',
    ],
)
def test_wrong_containers_are_protocol_failures(data: bytes) -> None:
    """A container of the wrong type is not of this API."""
    failure = decode(data)[1]
    assert failure is not None
    assert failure.kind is FailureClass.PROTOCOL


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (reply(text(None), text("a", thoughtSignature=3, thought="no")), [TextDelta("a")]),
        ({"candidates": None, "usageMetadata": None, "promptFeedback": None}, []),
        ({"candidates": [{"content": None}]}, []),
        ({"candidates": [{"content": {"parts": None}, "finishReason": [7]}]}, []),
        ({"usageMetadata": {"promptTokenCount": [1], "thoughtsTokenCount": None}}, []),
        (reply({"functionCall": {"name": "f", "id": 4}}), [ToolCallDelta(0, "made-1", "f")]),
    ],
)
def test_malformed_values_are_ignored(data: Data, events: list[object]) -> None:
    """A value of an unexpected type does not fail the reply."""
    expected = [UsageDelta(Usage())] if events == [UsageDelta] else events
    assert expected == decode(data)[0]


def test_pieces_without_events_are_progress() -> None:
    """A model that speaks or searches does not count as stalled."""
    stream = a_stream()
    sound = {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "AAAA"}}
    assert stream.feed(sse(reply(sound))) == []
    assert stream.progress_count == 1
    searched = reply()
    searched["candidates"] = [{"groundingMetadata": {"webSearchQueries": ["x"]}}]
    assert stream.feed(sse(searched)) == []
    assert stream.progress_count == 2
    assert stream.feed(b": keep-alive\n\n") == []
    assert stream.progress_count == 2


def test_further_candidates_are_kept_as_they_came() -> None:
    """The first one is the answer; the others are one part, after everything else."""
    first = {"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}
    second = {"content": {"parts": [{"text": "b"}]}, "finishReason": "STOP"}
    kept = '[{"index":1,"content":{"parts":[{"text":"b"}]}},{"index":1,"finishReason":"STOP"}]'
    streamed = (
        {"candidates": [first | {"index": 0}, {"index": 1, "content": second["content"]}]},
        {"candidates": [{"index": 1, "finishReason": "STOP"}]},
    )
    expected = [TextDelta("a"), OtherDelta("candidate", kept), Ending("stop")]
    assert decode(*streamed) == (expected, None)
    events = read_whole(msgspec.json.encode({"candidates": [first, second]}))
    assert events[0] == TextDelta("a")
    assert isinstance(events[1], OtherDelta)
    assert msgspec.json.decode(events[1].data) == second


NAMES = st.sampled_from(
    [
        *("text", "thought", "thoughtSignature", "functionCall", "inlineData", "fileData"),
        *("executableCode", "codeExecutionResult", "toolCall", "toolResponse", "functionResponse"),
        *("videoMetadata", "mediaResolution", "partMetadata", "ofTheFuture", "x" * 300, ""),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=4,
)


def has_content(part: dict[str, object]) -> bool:
    """Return whether a part of the vendor has anything in it."""
    fields = {name: value for name, value in part.items() if value is not None}
    if fields.keys() <= {"text", "thought", "thoughtSignature"}:
        text, signature = fields.get("text"), fields.get("thoughtSignature")
        return bool(signature if isinstance(signature, str) else None) or text not in (None, "")
    call = fields.get("functionCall")
    return not isinstance(call, dict) or bool(call.get("name") or call.get("args"))


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=4), st.booleans())
def test_nothing_is_dropped_in_silence(parts: list[dict[str, object]], streamed: bool) -> None:
    """Whatever parts a reply has, each one is a part of ours, or the reply fails."""
    whole = reply(*parts, finish="STOP")
    pieces = [*map(reply, parts), reply(finish="STOP")] if streamed else [whole]
    events, failure = decode(*pieces)
    if failure is not None:
        return
    *contents, ending = events
    assert isinstance(ending, Ending)
    assert len(contents) >= sum(map(has_content, parts))
    kept = [event.data for event in contents if isinstance(event, OtherDelta)]
    assert {wire(part) for part in parts if is_other(part)} <= set(kept)


def is_other(part: dict[str, object]) -> bool:
    """Return whether a part has something that is neither text nor a call."""
    names = {name for name, value in part.items() if value is not None}
    return "functionCall" not in names and not names <= {"text", "thought", "thoughtSignature"}


def wire(value: object) -> str:
    return msgspec.json.encode(value).decode()


@given(st.dictionaries(st.text(min_size=1, max_size=20), VALUES, max_size=3))
def test_no_field_of_a_candidate_is_dropped(fields: dict[str, object]) -> None:
    """A field that says something is an other part, whatever its name."""
    candidate = fields | {"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}
    body = msgspec.json.encode({"candidates": [{"index": 0} | candidate]})
    events = [event for event in read_whole(body) if isinstance(event, OtherDelta)]
    known = ("index", "content", "finishReason", "finishMessage", "tokenCount", "safetyRatings")
    expected = {
        name: value for name, value in fields.items() if name not in known and has_value(value)
    }
    assert expected == {event.kind: msgspec.json.decode(event.data) for event in events}


def has_value(value: object) -> bool:
    return value is not None and value not in ({}, [], "")


WHOLE = reply(
    text("Hm", thought=True),
    text("Hello", thoughtSignature="T"),
    call(thoughtSignature="C"),
    finish="STOP",
    usageMetadata=COUNTS,
)


def test_whole_reply() -> None:
    """It gives the same events as a stream, each signature with its text."""
    expected = [
        UsageDelta(USAGE),
        ReasoningDelta("Hm"),
        TextDelta("Hello", "5:T"),
        ToolCallDelta(0, "f", "f", '{"x":1}', "C"),
        Ending("tool_calls", USAGE, "gemini-x"),
    ]
    assert expected == read_whole(msgspec.json.encode(WHOLE))


def test_a_list_of_replies() -> None:
    """A stream that comes as one JSON list is read too."""
    body = msgspec.json.encode([reply(text("a")), reply(text("b"), finish="MAX_TOKENS")])
    assert read_whole(body) == [TextDelta("a"), TextDelta("b"), Ending("length", None, "gemini-x")]


def test_arguments_stay_as_they_came() -> None:
    """Large numbers keep their digits."""
    body = msgspec.json.encode(WHOLE).replace(b'{"x":1}', b'{"x":12345678901234567890123.10}')
    calls = [event for event in read_whole(body) if isinstance(event, ToolCallDelta)]
    assert calls[0].arguments == '{"x":12345678901234567890123.10}'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error":{"code":400,"message":"no","status":"X"}}', FailureClass.REFUSED),
        (b'[{"error":{"code":429,"message":"no","status":"X"}}]', FailureClass.RATE),
        (b"{}", FailureClass.PROTOCOL),
        (b"[]", FailureClass.PROTOCOL),
        (b'"x"', FailureClass.PROTOCOL),
        (b"<p>", FailureClass.PROTOCOL),
    ],
)
def test_whole_failures(body: bytes, kind: FailureClass) -> None:
    """Errors are classified; any other body is a protocol failure."""
    assert failure_of(lambda: read_whole(body)).kind is kind
