"""A translated stream, judged by OpenAI's own SDK; the traps that gateways fell into by name."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aircherd.chat.replies.reply import Reply
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.dialects.openai_responses.request.freeform import wrap
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.parts import TextPart
from aircherd.vocabulary.reply import (
    CitationDelta,
    ImageDelta,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
)
from helpers.http_api.responses_api import (
    CLAUDE,
    DIALECT,
    ORIGIN,
    QUESTION,
    USAGE,
    a_result,
    an_sdk,
    chat_of,
    events_in,
    last_response,
    read,
    sdk_reads,
    streamed,
)

ROUND: list[ReplyEvent] = [
    ReasoningDelta("Let me look."),
    ReasoningDelta("", signature="sig"),
    TextDelta("I look "),
    TextDelta("at it."),
    ToolCallDelta(0, "c1", "look", '{"at":'),
    ToolCallDelta(0, arguments='"it"}'),
    ToolCallDelta(1, "c2", "look", "{}"),
]
OVERLOADED = Problem(kind="overloaded", status=503, code="overloaded", message="It is overloaded")


def with_tools() -> ChatRead:
    patch = {"type": "custom", "name": "apply_patch"}
    look = {"type": "function", "name": "look", "parameters": {"type": "object"}}
    crm = {"type": "namespace", "name": "crm", "description": "d", "tools": [look]}
    return read(stream=True, tools=[patch, look, crm])


# ------------------------------------------------------------------ traps


def test_trap_03_a_stream_is_a_stream() -> None:
    """Named events, each with its JSON on one line."""
    assert DIALECT.stream_type.startswith("text/event-stream")
    assert events_in(streamed(ROUND))


def test_trap_04_a_failure_is_no_empty_end() -> None:
    """The response failed, with what had come."""
    writer = DIALECT.stream_writer(read(stream=True))
    stream = writer.write([ReasoningDelta("Hm", "s"), TextDelta("I l")], CLAUDE)
    stream += writer.fail(OVERLOADED)
    response = last_response(stream)
    assert response["status"] == "failed"
    assert response["error"] == {"code": "server_is_overloaded", "message": "It is overloaded"}
    assert [item["type"] for item in response["output"]] == ["reasoning"]  # type: ignore[attr-defined]
    assert next(event["type"] for event in events_in(stream)) == "response.created"


def test_trap_05_codex_hears_a_failure_before_the_first_event() -> None:
    """An `error` event is not heard, so there is none."""
    events = events_in(DIALECT.stream_writer(read(stream=True)).fail(OVERLOADED))
    kinds = [event["type"] for event in events]
    assert kinds == ["response.created", "response.in_progress", "response.failed"]


def test_trap_06_the_input_of_a_tool_is_not_lost() -> None:
    """It stands in the deltas, the end of the call, the item and the response."""
    stream = streamed(ROUND, finish="tool_calls")
    events = events_in(stream)
    place = next(e["output_index"] for e in events if '"c1"' in json.dumps(e))
    own = [event for event in events if event.get("output_index") == place]
    arguments = '{"at":"it"}'
    assert "".join(str(event["delta"]) for event in own if "delta" in event) == arguments
    assert [event["arguments"] for event in own if "arguments" in event] == [arguments]
    calls = [item for item in sdk_reads(stream).output if item.type == "function_call"]
    assert [(call.call_id, call.arguments) for call in calls] == [("c1", arguments), ("c2", "{}")]


def test_trap_09_every_event_has_its_number() -> None:
    """From 0, without a gap."""
    events = events_in(streamed(ROUND[:3], ROUND[3:]))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_trap_10_an_item_has_one_name_in_all_its_events() -> None:
    """The AI SDK aborts otherwise."""
    events = events_in(streamed(ROUND))
    names: dict[object, set[object]] = {}
    for event in events:
        if "output_index" in event:
            item = event.get("item")
            name = event.get("item_id") or (item["id"] if isinstance(item, dict) else None)
            names.setdefault(event["output_index"], set()).add(name)
    assert [len(each) for each in names.values()] == [1] * 4
    assert len(set.union(*names.values())) == 4


def test_trap_11_an_item_is_added_before_its_pieces() -> None:
    """And a part before its text."""
    added: set[object] = set()
    for event in events_in(streamed(ROUND)):
        if event["type"] == "response.output_item.added":
            added.add(event["output_index"])
        elif "output_index" in event:
            assert event["output_index"] in added


def test_trap_12_a_place_is_used_once() -> None:
    """From 0, without a gap."""
    events = events_in(streamed(ROUND))
    places = [e["output_index"] for e in events if e["type"] == "response.output_item.added"]
    assert places == [0, 1, 2, 3]


def test_trap_13_the_last_response_has_the_items_that_were_sent() -> None:
    """Under the same names, freeform calls included."""
    patch = ToolCallDelta(2, "c3", "apply_patch", '{"input":"*** Begin"}')
    stream = streamed([*ROUND, patch], asked=with_tools())
    events = events_in(stream)
    sent = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert last_response(stream)["output"] == sent
    assert sent[-1]["type"] == "custom_tool_call"  # type: ignore[index]
    responses = {event["response"]["id"] for event in events if "response" in event}  # type: ignore[index]
    assert len(responses) == 1


# ------------------------------------------------------------------ endings


@pytest.mark.parametrize(
    ("finish", "kind", "reason"),
    [
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("refusal", "completed", None),
        ("pause", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
    ],
)
def test_a_stream_ends_as_the_reply_did(finish: str, kind: str, reason: str | None) -> None:
    """With the whole response."""
    stream = streamed([TextDelta("So")], finish=finish)
    response = last_response(stream)
    assert events_in(stream)[-1]["type"] == f"response.{kind}"
    assert response["status"] == kind
    assert response["incomplete_details"] == (reason and {"reason": reason})


def test_a_call_that_was_cut_off_is_incomplete() -> None:
    """Half a call must never be run."""
    stream = streamed([ToolCallDelta(0, "c1", "f", '{"a":')], finish="length")
    (item,) = last_response(stream)["output"]  # type: ignore[misc]
    assert item["status"] == "incomplete"


def test_an_empty_reply_is_a_response() -> None:
    """Nothing was written before."""
    response = last_response(DIALECT.stream_writer(read()).end(a_result()))
    assert (response["output"], response["status"]) == ([], "completed")
    assert response["model"] == CLAUDE.model


def test_the_sdk_reads_counts_and_model() -> None:
    """And what it was asked for."""
    response = sdk_reads(streamed(ROUND, asked=read(stream=True, instructions="Be brief.")))
    assert response.usage is not None
    assert response.usage.total_tokens == USAGE.input_tokens + USAGE.output_tokens
    assert response.usage.input_tokens_details.cached_tokens == USAGE.cached_tokens
    assert (response.model, response.instructions) == (CLAUDE.model, "Be brief.")
    assert response.output_text == "I look at it."


# ------------------------------------------------------------------ any reply

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
SIGNATURES = st.none() | WORDS
ARGUMENTS = st.dictionaries(WORDS, WORDS, max_size=2).map(json.dumps)
INPUTS = WORDS.map(wrap)


@st.composite
def texts(draw: st.DrawFn) -> list[ReplyEvent]:
    pieces: list[ReplyEvent] = [
        TextDelta(text) for text in draw(st.lists(WORDS, min_size=1, max_size=3))
    ]
    if draw(st.booleans()):
        pieces.append(CitationDelta(Citation(url="u", data=draw(ARGUMENTS))))
    signature = draw(SIGNATURES)
    return [*pieces, TextDelta("", signature) if signature else PartEnd()]


@st.composite
def thoughts(draw: st.DrawFn) -> list[ReplyEvent]:
    pieces: list[ReplyEvent] = [ReasoningDelta(text) for text in draw(st.lists(WORDS, max_size=3))]
    signature = draw(SIGNATURES)
    if signature is None and not pieces:
        return []
    return [*pieces, ReasoningDelta("", signature) if signature else PartEnd()]


@st.composite
def calls(draw: st.DrawFn) -> list[ReplyEvent]:
    name = draw(st.sampled_from(["look", "crm__look", "apply_patch", "invented"]))
    arguments = draw(INPUTS if name == "apply_patch" else ARGUMENTS)
    cut = draw(st.integers(0, len(arguments)))
    return [
        ToolCallDelta(0, "c", name, arguments[:cut]),
        ToolCallDelta(0, arguments=arguments[cut:], signature=draw(SIGNATURES)),
    ]


@st.composite
def others(draw: st.DrawFn) -> list[ReplyEvent]:
    if draw(st.booleans()):
        return [OtherDelta("search", draw(ARGUMENTS))]
    return [ImageDelta("iVBORw0KGgo=", "image/png", signature=draw(WORDS))]


@st.composite
def replies(draw: st.DrawFn) -> list[ReplyEvent]:
    """Return the events of a reply; the pieces of its calls are interleaved with what follows."""
    parts = draw(st.lists(texts() | thoughts() | calls() | others(), max_size=6))
    events: list[ReplyEvent] = []
    late: list[ReplyEvent] = []
    for number, part in enumerate(parts):
        if part and isinstance(part[0], ToolCallDelta):
            first, last = (
                msgspec.structs.replace(each, index=number)
                for each in part
                if isinstance(each, ToolCallDelta)
            )
            events.append(msgspec.structs.replace(first, call_id=f"c{number}"))
            (late if draw(st.booleans()) else events).append(last)
        else:
            events += part
    return events + late


@settings(max_examples=60, deadline=None)
@given(replies())
def test_any_reply_is_a_stream_that_the_sdk_takes(events: list[ReplyEvent]) -> None:
    """What it makes of it is the response that was sent."""
    stream = streamed(events, asked=with_tools())
    sent = events_in(stream)
    done = [event["output_index"] for event in sent if event["type"] == "response.output_item.done"]
    assert done == list(range(len(done)))
    theirs = sdk_reads(stream).to_dict(exclude_unset=True)
    ours = last_response(stream)
    assert json.loads(json.dumps(theirs["id"])) == ours["id"]
    assert [item["id"] for item in theirs["output"]] == [  # type: ignore[attr-defined]
        item["id"]
        for item in ours["output"]  # type: ignore[attr-defined]
    ]


@settings(max_examples=60, deadline=None)
@given(replies())
def test_any_reply_comes_back_as_it_was(events: list[ReplyEvent]) -> None:
    """Sent back as input, it is the message that the daemon had collected, signatures included."""
    reply = Reply()
    reply.add(events)
    collected = msgspec.convert(reply.message(ORIGIN), Message)
    if not any(isinstance(event, ToolCallDelta) for event in events):
        collected = without_last_signature(collected)
    output = last_response(streamed(events, asked=with_tools()))["output"]
    assert isinstance(output, list)
    returned = chat_of(*output, QUESTION, tools=with_tools_raw()).messages
    assert returned[1:-1] == ([as_read(collected)] if collected.content else [])


def without_last_signature(message: Message) -> Message:
    """Return a message whose last text is unsigned: nothing may follow the answer."""
    parts = list(message.content)
    if parts and isinstance(last := parts[-1], TextPart):
        parts[-1] = TextPart(last.text, refusal=last.refusal)
    return Message("assistant", parts)  # type: ignore[arg-type]


def with_tools_raw() -> list[object]:
    body = json.loads(with_tools().verbatim.body)
    tools = body["tools"]
    assert isinstance(tools, list)
    return tools


def as_read(message: Message) -> Message:
    """Return a message as the reader writes it: a single text is a string."""
    content = message.content
    assert isinstance(content, list)
    only = msgspec.to_builtins(content[0]) if len(content) == 1 else {}
    if set(only) == {"type", "text"} and only["type"] == "text":
        return Message("assistant", str(only["text"]))
    return message


def test_an_error_of_a_stream_reaches_the_sdks_user() -> None:
    """As OpenAI's: an event, and no final response."""
    stream = DIALECT.stream_writer(read()).fail(OVERLOADED)
    with an_sdk(200, stream, DIALECT.stream_type) as client:
        events = list(client.responses.create(model="m", input="Hi", stream=True))
    failed = events[-1]
    assert failed.type == "response.failed"
    assert failed.response.error is not None
    assert failed.response.error.message == "It is overloaded"
