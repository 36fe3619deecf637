"""Streams of the Anthropic Messages API, parsed by the official SDK."""

import json
import re
from collections.abc import Iterator

import pytest
from anthropic import APIStatusError
from anthropic.types import (
    CitationsWebSearchResultLocation,
    Message,
    RedactedThinkingBlock,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from aircherd.chat.replies.reply import Reply
from aircherd.http_api.dialects.anthropic import DIALECT
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import (
    AudioDelta,
    CitationDelta,
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
from helpers.http_api.anthropic_sdk import (
    ANSWERING,
    ORIGIN,
    parse_stream,
    read,
    result_of,
    written,
)

USAGE = Usage(100, 20, cached_tokens=50, cache_write_tokens=30, reasoning_tokens=5)


def events_in(data: bytes) -> list[tuple[str, dict[str, object]]]:
    """Return the named events of a stream; every one has a name, and its data the same type."""
    found = []
    for block in data.decode().removesuffix("\n\n").split("\n\n"):
        name, text = re.fullmatch(r"event: (\w+)\ndata: (.*)", block).groups()  # type: ignore[union-attr]
        fields = json.loads(text)
        assert fields["type"] == name
        found.append((name, fields))
    return found


def names_in(data: bytes) -> list[str]:
    return [name for name, _ in events_in(data)]


def texts_of(message: Message) -> list[str]:
    return [block.text for block in message.content if isinstance(block, TextBlock)]


def test_a_text_is_one_block() -> None:
    """In the order that the API has: start of the message, block, its end, end of the message."""
    data = written([TextDelta("Hel"), TextDelta("lo"), Ending("stop", USAGE)])

    assert names_in(data) == [
        "message_start",
        "content_block_start",
        *["content_block_delta"] * 2,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    message = parse_stream(data)
    assert texts_of(message) == ["Hello"]
    assert (message.stop_reason, message.model, message.role) == (
        "end_turn",
        "gpt-5.5",
        "assistant",
    )
    assert message.id.startswith("msg_")


def test_texts_of_one_read_are_one_delta() -> None:
    """They arrived together, so they leave together."""
    writer = DIALECT.stream_writer(read(stream=True))

    data = writer.write([TextDelta("a"), TextDelta("b"), TextDelta("c")], ANSWERING)

    assert names_in(data).count("content_block_delta") == 1
    assert b'"text":"abc"' in data


def test_nothing_is_written_before_there_is_something_to_see() -> None:
    """A provider that fails before can be replaced, and then another model's name is true."""
    writer = DIALECT.stream_writer(read(stream=True, thinking={"type": "adaptive"}))

    assert writer.write([UsageDelta(USAGE), TextDelta(""), InItem(0)], ANSWERING) == b""
    assert b'"model":"gpt-5.5"' in writer.write([TextDelta("a")], ANSWERING)


def test_calls_come_with_their_ids_and_arguments() -> None:
    """Ids go back as the provider has them, so they stay as they are; others are packed."""
    events: list[ReplyEvent] = [
        TextDelta("I look."),
        ToolCallDelta(0, "call_1", "read", '{"path"'),
        ToolCallDelta(0, arguments=':"a"}'),
        ToolCallDelta(1, "functions.read:1", "read", "{}"),
        Ending("tool_calls"),
    ]

    message = parse_stream(written(events, "tool_calls"))

    first, second = message.content[1:]
    assert isinstance(first, ToolUseBlock)
    assert isinstance(second, ToolUseBlock)
    assert (first.id, first.name, first.input) == ("call_1", "read", {"path": "a"})
    assert re.fullmatch(r"[A-Za-z0-9_-]+", second.id)
    assert message.stop_reason == "tool_use"


def test_calls_that_alternate_follow_each_other() -> None:
    """Blocks of this API do not overlap: what belongs to a later one waits."""
    events: list[ReplyEvent] = [
        ToolCallDelta(0, "a", "read", '{"n":'),
        ToolCallDelta(1, "b", "read", '{"n":'),
        TextDelta("Both."),
        ToolCallDelta(0, arguments="1}"),
        ToolCallDelta(1, arguments="2}"),
    ]

    data = written(events, "tool_calls")

    blocks = [name for name in names_in(data) if name.endswith(("start", "stop"))]
    assert blocks[1:-1] == ["content_block_start", "content_block_stop"] * 3
    message = parse_stream(data)
    assert [getattr(block, "input", None) for block in message.content] == [
        {"n": 1},
        {"n": 2},
        None,
    ]


def test_a_call_that_a_limit_cut_off_ends_with_the_message() -> None:
    """And what waited for it comes, too."""
    events: list[ReplyEvent] = [ToolCallDelta(0, "a", "read", '{"n":'), TextDelta("so")]

    message = parse_stream(written(events, "length"))

    assert message.stop_reason == "max_tokens"
    assert texts_of(message) == ["so"]


# ------------------------------------------------------------------ thinking


def test_thinking_has_a_signature() -> None:
    """Also where the vendor has none: clients send it back, and this API demands one."""
    events: list[ReplyEvent] = [
        ReasoningDelta("Hm"),
        ReasoningDelta("m."),
        PartEnd(),
        ReasoningDelta("So.", signature="vendor"),
        TextDelta("Yes."),
    ]

    message = parse_stream(written(events))
    first, second, _ = message.content

    assert isinstance(first, ThinkingBlock)
    assert isinstance(second, ThinkingBlock)
    assert (first.thinking, second.thinking) == ("Hmm.", "So.")
    assert first.signature.startswith("air1.")
    assert second.signature.startswith("air1.")
    assert texts_of(message) == ["Yes."]


def test_hidden_thinking_is_redacted() -> None:
    """Its model gets it back; a client shows nothing."""
    events: list[ReplyEvent] = [ReasoningDelta("", signature="secret"), TextDelta("Yes.")]

    first, _ = parse_stream(written(events)).content

    assert isinstance(first, RedactedThinkingBlock)


def test_a_client_that_asked_for_no_thinking_gets_none() -> None:
    """Programs take the first block for the answer."""
    events: list[ReplyEvent] = [
        ReasoningDelta("Hmm."),
        ReasoningDelta("", signature="secret"),
        OtherDelta("search", "{}"),
        TextDelta("Yes."),
    ]

    message = parse_stream(written(events, chat=read(stream=True)))

    assert [block.type for block in message.content] == ["text"]
    assert texts_of(message) == ["Yes."]


def test_a_client_that_wants_thinking_without_its_text_gets_the_signature() -> None:
    """As from the vendor with `display: omitted`."""
    chat = read(stream=True, thinking={"type": "adaptive", "display": "omitted"})

    message = parse_stream(
        written([ReasoningDelta("Hm", signature="s"), TextDelta("Yes.")], chat=chat)
    )

    assert [block.type for block in message.content] == ["redacted_thinking", "text"]


def test_a_text_stays_the_last_block() -> None:
    """Claude Code's `-p` prints the last block: what follows a text for its model is left out."""
    events: list[ReplyEvent] = [
        TextDelta("Yes.", signature="s"),
        OtherDelta("search", "{}"),
        ReasoningDelta("", signature="late"),
    ]

    message = parse_stream(written(events))

    assert [block.type for block in message.content] == ["text"]
    assert texts_of(message) == ["Yes."]


def test_a_signature_comes_before_its_call() -> None:
    """Gemini refuses a call without it; one that comes late follows the call."""
    early: list[ReplyEvent] = [ToolCallDelta(0, "a", "read", "{}", signature="s")]
    late: list[ReplyEvent] = [
        ToolCallDelta(0, "a", "read", "{}"),
        ToolCallDelta(0, signature="s"),
    ]

    assert [block.type for block in parse_stream(written(early)).content] == [
        "redacted_thinking",
        "tool_use",
    ]
    assert [block.type for block in parse_stream(written(late)).content] == [
        "tool_use",
        "redacted_thinking",
    ]


# ------------------------------------------------------------------ sources and media


def test_sources_are_citations_of_their_text() -> None:
    """A web page as a search result of this API; what has no address is left out."""
    events: list[ReplyEvent] = [
        TextDelta("It rains."),
        CitationDelta(Citation(url="https://a.test", title="A", quote="rain")),
        CitationDelta(Citation(quote="no address")),
        PartEnd(),
        TextDelta("Bring a coat."),
    ]

    message = parse_stream(written(events))

    first = message.content[0]
    assert isinstance(first, TextBlock)
    (citation,) = first.citations or ()
    assert isinstance(citation, CitationsWebSearchResultLocation)
    assert (citation.url, citation.title, citation.cited_text) == ("https://a.test", "A", "rain")
    assert texts_of(message) == ["It rains.", "Bring a coat."]


def test_pictures_and_sound_become_a_text() -> None:
    """Replies of this API have neither, and clients know no such block."""
    events: list[ReplyEvent] = [
        ImageDelta(url="https://a.test/b.png"),
        ImageDelta(data="AAAA", media_type="image/png"),
        AudioDelta("AAAA", "audio/wav", "Good morning."),
    ]

    texts = [getattr(block, "text", "") for block in parse_stream(written(events)).content]

    assert texts[0] == "![picture](https://a.test/b.png)"
    assert "image/png" in texts[1]
    assert texts[2] == "Good morning."


# ------------------------------------------------------------------ traps, see the vendor's clients


def test_trap_1_no_delta_without_its_block() -> None:
    """Each delta has a block that was started, and not yet stopped."""
    events: list[ReplyEvent] = [
        ReasoningDelta("a"),
        TextDelta("b"),
        ToolCallDelta(0, "c", "read", "{}"),
        TextDelta("d"),
    ]
    open_at: int | None = None
    for name, fields in events_in(written(events)):
        if name == "content_block_start":
            assert open_at is None
            open_at = fields["index"]  # type: ignore[assignment]
        elif name.startswith("content_block"):
            assert fields["index"] == open_at
            open_at = None if name == "content_block_stop" else open_at


def test_trap_2_every_count_is_in_message_start() -> None:
    """Clients add them up unchecked."""
    (_, start), *_ = events_in(written([UsageDelta(USAGE), TextDelta("a")]))

    usage = start["message"]["usage"]  # type: ignore[index]
    assert usage == {
        "input_tokens": 20,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 50,
        "output_tokens": 20,
        "output_tokens_details": {"thinking_tokens": 5},
        "server_tool_use": None,
        "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
        "inference_geo": None,
    }


def test_counts_at_the_end_are_cumulative() -> None:
    """They replace those of the beginning, which are not known yet."""
    message = parse_stream(written([TextDelta("a"), Ending("stop", USAGE)]))

    usage = message.usage
    assert (usage.input_tokens, usage.output_tokens) == (20, 20)
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (50, 30)
    assert usage.output_tokens_details is not None
    assert usage.output_tokens_details.thinking_tokens == 5


def test_traps_4_and_5_a_failure_is_an_error_event() -> None:
    """Never an empty `end_turn`: the SDK raises, with the provider's message."""
    problem = Problem(kind="interrupted", status=502, code="truncated", message="openai broke off")
    writer = DIALECT.stream_writer(read(stream=True))
    data = writer.write([TextDelta("Hal")], ANSWERING) + writer.fail(problem)

    assert names_in(data)[-1] == "error"
    assert b"message_stop" not in data
    with pytest.raises(APIStatusError, match="openai broke off"):
        parse_stream(data)


def test_trap_6_arguments_come_whole() -> None:
    """Whatever is in them, they are the text that the provider sent."""
    arguments = '{"a":"\\u00e9\\n\\"x\\"","b":[1.50,null],"c":{"d":"<&>"}}'
    pieces = [arguments[at : at + 5] for at in range(0, len(arguments), 5)]
    events: list[ReplyEvent] = [ToolCallDelta(0, "a", "edit")]
    events += [ToolCallDelta(0, arguments=piece) for piece in pieces]

    data = written(events)

    sent = [fields["delta"].get("partial_json", "") for fields in _deltas(data)]  # type: ignore[attr-defined]
    assert "".join(sent) == arguments


def _deltas(data: bytes) -> Iterator[dict[str, object]]:
    return (fields for name, fields in events_in(data) if name == "content_block_delta")


def test_trap_7_no_done() -> None:
    """`[DONE]` belongs to another API."""
    assert b"[DONE]" not in written([TextDelta("a")])


def test_trap_8_message_start_comes_before_all_else() -> None:
    """Also of a reply with nothing in it, which the SDK reads as an empty message."""
    data = written([])

    assert names_in(data) == ["message_start", "message_delta", "message_stop"]
    assert parse_stream(data).content == []


def test_an_error_before_the_stream_began_stands_alone() -> None:
    """As where only a keep-alive was sent: the SDK raises all the same."""
    problem = Problem(kind="rate_limit", status=429, code="rate_limited", message="later")
    writer = DIALECT.stream_writer(read(stream=True))
    data = b": keep-alive\n\n" + writer.fail(problem)

    with pytest.raises(APIStatusError, match="later"):
        parse_stream(data)


# ------------------------------------------------------------------ any events

TEXTS = st.text(max_size=8)
SIGNATURES = st.none() | st.text(min_size=1, max_size=8)
CALLS = st.lists(st.sampled_from(["{}", '{"a":1}', '{"a":"é"}']), max_size=3)


@st.composite
def replies(draw: st.DrawFn) -> list[ReplyEvent]:
    """Return the events of a reply: texts, thinking and calls whose pieces may alternate."""
    events: list[ReplyEvent] = []
    calls = draw(CALLS)
    pieces: list[list[ReplyEvent]] = [
        [
            ToolCallDelta(n, f"call_{n}", "read", draw(st.sampled_from(["", arguments[:1]]))),
        ]
        for n, arguments in enumerate(calls)
    ]
    for n, arguments in enumerate(calls):
        begun = pieces[n][0].arguments  # type: ignore[union-attr]
        rest = arguments[len(begun) :]
        cut = draw(st.integers(0, len(rest)))
        pieces[n] += [ToolCallDelta(n, arguments=each) for each in (rest[:cut], rest[cut:])]
    others = st.builds(TextDelta, TEXTS) | st.builds(ReasoningDelta, TEXTS) | st.just(PartEnd())
    waiting = [piece for each in pieces for piece in [each]]
    for _ in range(draw(st.integers(0, 12))):
        events.append(draw(others))
        left = [each for each in waiting if each]
        if left:
            events.append(draw(st.sampled_from(left)).pop(0))
    for each in waiting:
        events += each
    return events


@settings(max_examples=60)
@given(replies(), st.sampled_from(["stop", "length", "tool_calls"]))
def test_the_sdk_accumulates_what_was_sent(events: list[ReplyEvent], finish: str) -> None:
    """All text, all thinking and all calls, each in its order, whatever the order of events."""
    reply = Reply()
    reply.add(events)
    sent = reply.message(ORIGIN)["content"]

    message = parse_stream(written(events, finish))

    assert "".join(b.text for b in message.content if isinstance(b, TextBlock)) == _joined(
        sent, "text"
    )
    assert "".join(b.thinking for b in message.content if isinstance(b, ThinkingBlock)) == _joined(
        sent, "reasoning"
    )
    calls = {b.id: b.input for b in message.content if isinstance(b, ToolUseBlock)}
    assert calls == {
        part["id"]: json.loads(part["arguments"])
        for part in sent  # type: ignore[attr-defined]
        if part["type"] == "tool_call"
    }


def _joined(parts: object, kind: str) -> str:
    return "".join(part["text"] for part in parts if part["type"] == kind)  # type: ignore[attr-defined]


def test_an_end_without_events_has_the_result_of_the_chat() -> None:
    """The usage and the finish are those of the result."""
    writer = DIALECT.stream_writer(read(stream=True))

    message = parse_stream(writer.end(result_of([], "refusal", USAGE)))

    assert (message.stop_reason, message.usage.output_tokens) == ("refusal", 20)
    assert message.stop_details is not None
