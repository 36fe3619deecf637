"""Conversations of the Anthropic Messages API in our words, and back again."""

import base64
import json
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aircherd.chat.replies.reply import Reply
from aircherd.chat.request.origins import for_origin
from aircherd.chat.request.validation import check_request
from aircherd.http_api.dialects.anthropic import DIALECT
from aircherd.http_api.dialects.anthropic.request.blocks import MAX_BLOCKS
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.content.media import DocumentPart, ImagePart
from aircherd.vocabulary.parts import (
    OtherPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from aircherd.vocabulary.reply import (
    CitationDelta,
    Ending,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
)
from helpers.http_api.anthropic_sdk import (
    HI,
    ORIGIN,
    THINKING,
    parse_stream,
    parse_whole,
    read,
    result_of,
    written,
)

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 16).decode()
PDF = base64.b64encode(b"%PDF-1.7\n").decode()
TEXT = {"type": "text", "text": "a"}
USE = {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "text"}


def parts_of(content: object, role: str = "user") -> object:
    """Return the parts of one message's content."""
    return read([{"role": role, "content": content}]).chat.messages[0].content


def test_a_tool_round() -> None:
    """Arguments stay the text that they were; results may have blocks, and be errors."""
    rounds = [
        *HI,
        {"role": "assistant", "content": [{"type": "text", "text": "I look."}, USE]},
        {
            "role": "user",
            "content": [
                {
                    **RESULT,
                    "is_error": True,
                    "content": [
                        {"type": "text", "text": "a"},
                        {"type": "image", "source": {"type": "base64", "data": PNG}},
                        {"type": "tool_reference", "tool_name": "grep"},
                    ],
                    "cache_control": {"type": "ephemeral"},
                },
                {"type": "text", "text": "Go on."},
            ],
        },
    ]

    chat = read(rounds).chat

    assert chat.messages[1].content == [
        TextPart("I look."),
        ToolCallPart("toolu_1", "read", '{"path":"a"}'),
    ]
    picture = ImagePart(PNG, "image/png")
    content = [TextPart("a"), picture, TextPart("grep")]
    assert chat.messages[2].content == [
        ToolResultPart("toolu_1", content, is_error=True, cache=True),
        TextPart("Go on."),
    ]
    check_request(chat)


def test_a_result_may_have_no_content() -> None:
    """A tool that says nothing."""
    result = {"type": "tool_result", "tool_use_id": "toolu_1"}

    rounds = [*HI, {"role": "assistant", "content": [USE]}, {"role": "user", "content": [result]}]

    assert read(rounds).chat.messages[2].content == [ToolResultPart("toolu_1", "")]


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (
            {"type": "image", "source": {"type": "url", "url": "https://a.test/b.png"}},
            ImagePart(url="https://a.test/b.png"),
        ),
        (
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/jpeg", "data": PNG, "new": 1},
                "cache_control": {"type": "ephemeral", "ttl": "5m"},
            },
            ImagePart(PNG, "image/png", cache=True),
        ),
        (
            {
                "type": "document",
                "title": "A",
                "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
                "citations": {"enabled": True},
            },
            DocumentPart(PDF, "application/pdf", name="A", citations=True),
        ),
        (
            {"type": "document", "source": {"type": "url", "url": "https://a.test/b.pdf"}},
            DocumentPart(url="https://a.test/b.pdf"),
        ),
        (
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "Hé"},
            },
            DocumentPart(base64.b64encode("Hé".encode()).decode(), "text/plain"),
        ),
        (
            {
                "type": "document",
                "source": {"type": "content", "content": [{"type": "text", "text": "Hi"}]},
            },
            DocumentPart(base64.b64encode(b"Hi").decode(), "text/plain"),
        ),
        (
            {
                "type": "search_result",
                "source": "https://a.test",
                "title": "A",
                "content": [{"type": "text", "text": "Hi"}],
            },
            DocumentPart(base64.b64encode(b"https://a.test\nHi").decode(), "text/plain", name="A"),
        ),
    ],
)
def test_pictures_and_documents(block: dict[str, object], part: object) -> None:
    """As data, by URL, as text or in blocks."""
    found = read([{"role": "user", "content": [block, {"type": "text", "text": "What is it?"}]}])

    assert found.chat.messages[0].content == [part, TextPart("What is it?")]
    assert found.verbatim.unsaid is None


def test_a_block_that_is_none_is_refused_by_name() -> None:
    """The message says which one it is."""
    block = {"type": "image", "source": {"type": "base64", "data": "hello"}}

    with pytest.raises(RequestProblem) as caught:
        read([*HI, {"role": "user", "content": [{"type": "text", "text": "a"}, block]}])

    assert caught.value.problem.message.startswith("messages[1].content[1].source: ")
    assert caught.value.problem.param == "messages[1].content[1].source"


@pytest.mark.parametrize("block", [TEXT, {"type": "unknown"}, {**TEXT, "new": 1}])
def test_a_request_has_a_bound_of_blocks(block: dict[str, object]) -> None:
    """Each takes some microseconds, in which all other clients wait."""
    half = [block] * (MAX_BLOCKS // 2)
    question = {"role": "user", "content": half}

    assert read([question, question]).chat.messages[1].content
    for many in (
        [question, question, {"role": "user", "content": [TEXT]}],
        [{"role": "user", "content": [*half, *half, TEXT]}],
        [question, question, {"role": "user", "content": [{**RESULT, "content": [TEXT] * 2}]}],
    ):
        with pytest.raises(RequestProblem):
            read(many)


# ------------------------------------------------------------------ thinking and its origin


def test_thinking_of_this_api_goes_to_no_other_model() -> None:
    """Only a provider that gets the body as it is can use it."""
    thinking = {"type": "thinking", "thinking": "Hmm.", "signature": "EpkB"}
    redacted = {"type": "redacted_thinking", "data": "EmwK"}
    content = [thinking, redacted, {"type": "text", "text": "Yes."}]

    found = read([*HI, {"role": "assistant", "content": content}, *HI])

    assert found.verbatim.unsaid is None
    assert b'"EpkB"' in found.verbatim.body
    assert for_origin(found.chat, ORIGIN).messages[1].content == [TextPart("Yes.")]


def test_traps_14_and_15_thinking_goes_back_to_its_model_alone() -> None:
    """With the vendor's own signature, unchanged; this API never sees another vendor's."""
    events: list[ReplyEvent] = [
        ReasoningDelta("Hmm.", signature="vendor"),
        ToolCallDelta(0, "call_1", "read", "{}", signature="signed"),
        Ending("tool_calls"),
    ]
    content = msgspec.to_builtins(parse_stream(written(events, "tool_calls")).to_dict())["content"]
    rounds = [
        *HI,
        {"role": "assistant", "content": content},
        {"role": "user", "content": [{**RESULT, "tool_use_id": "call_1"}]},
    ]

    found = read(rounds, thinking=THINKING)

    assert for_origin(found.chat, ORIGIN).messages[1].content == [
        ReasoningPart("Hmm.", "vendor", ORIGIN),
        ToolCallPart("call_1", "read", "{}", "signed", ORIGIN),
    ]
    assert for_origin(found.chat, "gemini/other").messages[1].content == [
        ToolCallPart("call_1", "read", "{}")
    ]
    sent = json.loads(found.verbatim.body)["messages"][1]["content"]
    assert [block["type"] for block in sent] == ["tool_use"]


# ------------------------------------------------------------------ what is written is read back

SIGNATURES = st.none() | st.text(min_size=1, max_size=6)
NAMES = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=4)
ARGUMENTS = st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4), max_size=2)


@st.composite
def replies(draw: st.DrawFn) -> list[ReplyEvent]:
    """Return the events of a reply that ends with a call, as those that go on do."""
    events: list[ReplyEvent] = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["text", "thinking", "hidden", "other"]))
        text = draw(st.text(min_size=1, max_size=6))
        if kind == "text":
            events += [TextDelta(text), TextDelta("", draw(SIGNATURES)), PartEnd()]
        elif kind == "thinking":
            events += [ReasoningDelta(text, draw(SIGNATURES)), PartEnd()]
        elif kind == "hidden":
            events.append(ReasoningDelta("", signature=text))
        else:
            events.append(OtherDelta("search", json.dumps({"id": text})))
    for number in range(draw(st.integers(1, 3))):
        arguments = json.dumps(draw(ARGUMENTS), separators=(",", ":"), ensure_ascii=False)
        call_id = draw(st.text(min_size=1, max_size=6)) + str(number)
        events.append(ToolCallDelta(number, call_id, draw(NAMES), arguments, draw(SIGNATURES)))
    events.append(Ending("tool_calls"))
    return events


def sent_back(content: Sequence[object]) -> ChatRequest:
    """Return a request in which a client sends a reply's blocks back, with results."""
    calls = [each for each in content if each["type"] == "tool_use"]  # type: ignore[index]
    results = [{**RESULT, "tool_use_id": each["id"]} for each in calls]  # type: ignore[index]
    rounds = [
        *HI,
        {"role": "assistant", "content": content},
        {"role": "user", "content": results},
    ]
    found = read(rounds, thinking=THINKING)
    check_request(found.chat)
    assert found.verbatim.unsaid is None
    return found.chat


def expected(events: Sequence[ReplyEvent]) -> object:
    """Return the parts of the reply as a client of the socket sends them back."""
    reply = Reply()
    reply.add(events)
    message = msgspec.convert(reply.message(ORIGIN), Message)
    return [plain(part) for part in message.content]


def plain(part: object) -> object:
    """Return a part without the origin of what needs none: only signed parts have to have it."""
    if isinstance(part, TextPart | ToolCallPart) and part.signature is None:
        return msgspec.structs.replace(part, origin=None)
    return part


@settings(max_examples=60)
@given(replies())
def test_a_stream_that_is_sent_back_is_the_same_conversation(events: list[ReplyEvent]) -> None:
    """Text, thinking, calls, signatures and other parts, through the SDK and back."""
    content = parse_stream(written(events, "tool_calls")).to_dict()["content"]

    assert sent_back(content).messages[1].content == expected(events)  # type: ignore[arg-type]


@settings(max_examples=60)
@given(replies())
def test_a_whole_reply_that_is_sent_back_is_the_same_conversation(
    events: list[ReplyEvent],
) -> None:
    """Likewise where it came in one piece."""
    reply = Reply()
    reply.add(events)
    result = result_of(reply.message(ORIGIN)["content"], "tool_calls")  # type: ignore[arg-type]

    body = DIALECT.whole_reply(read(thinking=THINKING), result)

    content = parse_whole(body).to_dict()["content"]
    assert sent_back(content).messages[1].content == expected(events)  # type: ignore[arg-type]


def test_citations_of_others_stay_behind() -> None:
    """A text keeps its words; its sources are for the reader."""
    events: list[ReplyEvent] = [
        TextDelta("It rains."),
        CitationDelta(Citation(url="https://a.test", title="A")),
        Ending("stop"),
    ]
    content = parse_stream(written(events)).to_dict()["content"]

    found = read([*HI, {"role": "assistant", "content": content}, *HI])

    assert found.chat.messages[1].content == "It rains."
    (text,) = json.loads(found.verbatim.body)["messages"][1]["content"]
    assert text["text"] == "It rains."
    assert "citations" not in text


def test_a_carrier_that_was_changed_is_left_alone() -> None:
    """A client that cuts signatures gets no error here: its model goes without."""
    thinking = {"type": "thinking", "thinking": "Hmm.", "signature": "air1.broken"}
    content = [thinking, {"type": "text", "text": "Yes."}]

    found = read([*HI, {"role": "assistant", "content": content}, *HI])

    assert found.chat.messages[1].content == [
        ReasoningPart("Hmm.", "air1.broken"),
        TextPart("Yes."),
    ]
    assert b"air1" not in found.verbatim.body


def test_other_blocks_of_the_assistant_do_no_harm() -> None:
    """Another model does without the search of this API's own model."""
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    content = [search, {"type": "text", "text": "Yes."}]

    found = read([*HI, {"role": "assistant", "content": content}, *HI])

    assert found.verbatim.unsaid is None
    other, text = found.chat.messages[1].content
    assert isinstance(other, OtherPart)
    assert text == TextPart("Yes.")
    assert for_origin(found.chat, ORIGIN).messages[1].content == [TextPart("Yes.")]
