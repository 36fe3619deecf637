"""Rounds of tools with models whose thinking and signatures have no place in this API."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aircherd.chat.request.origins import for_origin
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.dialects.openai_chat.thought_marks import (
    Mark,
    Thought,
    extra_content,
    read_mark,
    write_mark,
)
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.parts import ReasoningPart, TextPart, ToolCallPart
from aircherd.vocabulary.reply import ReasoningDelta, ReplyEvent, TextDelta, ToolCallDelta
from helpers.http_api.chat_dialect import (
    ORIGIN,
    QUESTION,
    WEATHER,
    ended,
    read,
    result_of,
    streamed,
)
from helpers.http_api.openai_sdk import client_of

ASKED = read(stream=True, tools=[WEATHER])
ROUND: list[ReplyEvent] = [
    TextDelta("Let me see. "),
    ReasoningDelta("Ulm or "),
    ReasoningDelta("Bonn?", "sig-1"),
    TextDelta("Both."),
    ToolCallDelta(0, "call_a", "weather", "{}", "call-sig"),
    ReasoningDelta("And", "sig-2"),
    ToolCallDelta(1, "call_b", "weather", ""),
    ToolCallDelta(1, arguments="{}"),
]
PARTS = [
    TextPart("Let me see. "),
    ReasoningPart("Ulm or Bonn?", "sig-1", ORIGIN),
    TextPart("Both."),
    ToolCallPart("call_a", "weather", "{}", "call-sig", ORIGIN),
    ReasoningPart("And", "sig-2", ORIGIN),
    ToolCallPart("call_b", "weather", "{}"),
]


def message_of(events: list[ReplyEvent], *, stream: bool) -> dict[str, Any]:
    """Return the message that a client of OpenAI's SDK appends to its conversation."""
    whole = ended(*events, finish="tool_calls")
    if not stream:
        body = DIALECT.whole_reply(ASKED, result_of(whole))
        reply = client_of(body).chat.completions.create(model="x", messages=[])
        return reply.choices[0].message.to_dict()
    client = client_of(streamed(ASKED, whole), stream=True)
    with client.chat.completions.stream(model="x", messages=[]) as joined:
        joined.until_done()
        return joined.current_completion_snapshot.choices[0].message.to_dict()


def answered(message: dict[str, Any]) -> ChatRead:
    """Return the next request, with the results of its calls."""
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": "rain"}
        for call in message["tool_calls"]
    ]
    return read(messages=[QUESTION, message, *results], tools=[WEATHER])


@pytest.mark.parametrize("stream", [True, False])
def test_thinking_and_signatures_survive_a_round(*, stream: bool) -> None:
    """What the SDK sends back is what the model sent, part by part, and for it alone."""
    chat = answered(message_of(ROUND, stream=stream)).chat
    assert chat.messages[1] == Message("assistant", PARTS)
    assert for_origin(chat, ORIGIN) is chat
    foreign = for_origin(chat, "gemini/gemini-3-pro").messages[1].content
    assert [type(part) for part in foreign] == [TextPart, TextPart, ToolCallPart, ToolCallPart]


def test_clients_that_keep_only_what_they_know() -> None:
    """A call without its mark is a call; the thinking is lost, nothing else."""
    message = message_of(ROUND, stream=True)
    for call in message["tool_calls"]:
        del call["extra_content"]
    found = answered(message).chat.messages[1]
    assert found.content == [
        TextPart("Let me see. Both."),
        ToolCallPart("call_a", "weather", "{}"),
        ToolCallPart("call_b", "weather", "{}"),
    ]


def test_marks_do_not_reach_other_servers() -> None:
    """In a body that goes out as it came, our marks and the thinking beside them are left out."""
    message = message_of(ROUND, stream=True)
    sent = json.loads(answered(message).verbatim.body)
    assert "extra_content" not in json.dumps(sent)
    assert "reasoning_content" not in json.dumps(sent)
    assert sent["messages"][0] == QUESTION
    assert sent["messages"][1]["content"] == "Let me see. Both."
    assert [call["id"] for call in sent["messages"][1]["tool_calls"]] == ["call_a", "call_b"]
    assert sent["tools"] == [WEATHER]


def test_signatures_of_a_server_of_this_api_stay() -> None:
    """Google's own signature goes back as it came, and is not read as ours."""
    google = {"google": {"thought_signature": "CiQB0e2Kb5n="}}
    call = {
        "id": "call_a",
        "type": "function",
        "function": {"name": "weather", "arguments": "{}"},
        "extra_content": google,
    }
    message = {"role": "assistant", "reasoning_content": "Hm.", "tool_calls": [call]}
    found = answered(message)
    assert found.chat.messages[1] == Message("assistant", [ToolCallPart("call_a", "weather", "{}")])
    assert json.loads(found.verbatim.body)["messages"][1] == message


@pytest.mark.parametrize(
    "extra",
    [
        None,
        [],
        {"google": None},
        {"google": {"thought_signature": 7}},
        {"google": {"thought_signature": "air1."}},
        {"google": {"thought_signature": "air1.!!!"}},
        {"google": {"thought_signature": "air1.WyJhIiwiYiJd"}},  # of another kind
    ],
)
def test_what_is_no_mark(extra: object) -> None:
    """A damaged mark is none, and no error."""
    assert read_mark(extra) is None


def test_too_much_thinking_is_left_out() -> None:
    """A client sends it back each time: only the call's own signature stays."""
    mark = Mark(ORIGIN, "sig", (Thought(0, "x" * 1_000_000, None),))
    assert read_mark(extra_content(mark)["extra_content"]) == Mark(ORIGIN, "sig")
    assert write_mark(Mark(ORIGIN, None, mark.thoughts)) is None
    assert extra_content(Mark(ORIGIN, None)) == {}


def test_without_tools_nothing_is_carried() -> None:
    """A request without tools has no round to survive."""
    stream = streamed(read(stream=True), ended(ReasoningDelta("Hm.", "sig"), TextDelta("Blue.")))
    assert b"extra_content" not in stream


def test_a_late_signature() -> None:
    """A signature that comes with the end of a call is carried too, once."""
    events: list[ReplyEvent] = [
        ToolCallDelta(0, "call_a", "weather", "{}"),
        ToolCallDelta(0, signature="late"),
        ToolCallDelta(0, signature="later"),
    ]
    found = answered(message_of(events, stream=True)).chat.messages[1]
    assert found.content == [ToolCallPart("call_a", "weather", "{}", "late", ORIGIN)]


_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
_runs = st.lists(
    st.one_of(
        st.builds(TextDelta, _texts),
        st.builds(ReasoningDelta, _texts, st.just("sig")),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(_runs, _runs, st.booleans())
def test_any_round_goes_back_as_it_came(
    before: list[ReplyEvent],
    between: list[ReplyEvent],
    stream: bool,
) -> None:
    """Wherever the thinking was, it is there again."""
    calls = [ToolCallDelta(number, f"call_{number}", "weather", "{}") for number in (0, 1)]
    events = [*before, calls[0], *between, calls[1]]
    message = message_of(events, stream=stream)
    found = answered(message).chat.messages[1].content
    assert not isinstance(found, str)
    thoughts = [part for part in found if isinstance(part, ReasoningPart)]
    expected = [event for event in events if isinstance(event, ReasoningDelta)]
    assert [part.text for part in thoughts] == [event.text for event in expected]
    text = "".join(part.text for part in found if isinstance(part, TextPart))
    assert text == "".join(event.text for event in events if isinstance(event, TextDelta))
    first = next(n for n, part in enumerate(found) if isinstance(part, ToolCallPart))
    assert sum(isinstance(part, ReasoningPart) for part in found[:first]) == sum(
        isinstance(event, ReasoningDelta) for event in before
    )
