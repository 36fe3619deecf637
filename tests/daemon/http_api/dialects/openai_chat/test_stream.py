"""Streams, read by OpenAI's SDK: what it joins must be what the model sent."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ParsedChatCompletion as Completion

from aircherd.http_api.dialects.dialect import Answering, ChatRead
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import (
    AudioDelta,
    CitationDelta,
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
from helpers.http_api.chat_dialect import (
    ANSWERING,
    WEATHER,
    ended,
    read,
    result_of,
    streamed,
)
from helpers.http_api.openai_sdk import client_of

WITH_USAGE = read(stream=True, stream_options={"include_usage": True}, tools=[WEATHER])
PLAIN = read(stream=True)


def joined(stream: bytes) -> Completion:
    """Return the reply as the SDK joins it."""
    client = client_of(stream, stream=True)
    with client.chat.completions.stream(model="x", messages=[]) as events:
        events.until_done()
        return events.current_completion_snapshot


def joined_of(*events: ReplyEvent, finish: str = "stop", chat: ChatRead = WITH_USAGE):
    return joined(streamed(chat, ended(*events, finish=finish)))


def test_text() -> None:
    """A reply of text: its id, its model, why it ended, and what it used."""
    reply = joined_of(TextDelta("The sky "), TextDelta("is blue."))
    choice = reply.choices[0]
    assert reply.id.startswith("chatcmpl-")
    assert reply.model == "claude-sonnet-5"
    assert (choice.message.role, choice.message.content) == ("assistant", "The sky is blue.")
    assert choice.finish_reason == "stop"
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (20, 7)
    assert reply.usage.prompt_tokens_details.cached_tokens == 5  # type: ignore[union-attr]


def test_chunks_in_their_order() -> None:
    """The role comes first, all chunks have one id, the counts only if they are asked for."""
    stream = streamed(PLAIN, [TextDelta("Blue.")], ended())
    chunks = list(
        client_of(stream, stream=True).chat.completions.create(model="x", messages=[], stream=True)
    )
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    deltas = [chunk.choices[0].delta.to_dict() for chunk in chunks]
    assert deltas == [{"role": "assistant", "content": ""}, {"content": "Blue."}, {}]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, "stop"]
    assert all("usage" not in chunk.to_dict() for chunk in chunks)
    assert stream.endswith(b"}\n\ndata: [DONE]\n\n")


def test_counts_are_in_a_chunk_without_choices() -> None:
    """With `include_usage`, the last chunk has the counts, all others null."""
    stream = streamed(WITH_USAGE, ended(TextDelta("Blue.")))
    chunks = list(
        client_of(stream, stream=True).chat.completions.create(model="x", messages=[], stream=True)
    )
    assert [chunk.usage is None for chunk in chunks] == [True, True, True, False]
    assert chunks[-1].choices == []


def test_trap_3_a_stream_is_of_events() -> None:
    """litellm#14315: JSON answered to a request for a stream."""
    assert DIALECT.stream_type == "text/event-stream"
    stream = streamed(PLAIN, ended(TextDelta("Blue.\n\nVery.")))
    assert all(line.startswith(b"data: ") for line in stream.split(b"\n\n")[:-1])


def test_trap_28_keep_alives_anywhere() -> None:
    """bifrost#5010: quiet streams were cut. A comment may stand between any two events."""
    writer = DIALECT.stream_writer(PLAIN)
    stream = DIALECT.keep_alive or b""
    for word in ("The sky ", "is blue."):
        stream += writer.write([TextDelta(word)], ANSWERING) + (DIALECT.keep_alive or b"")
    stream += writer.end(result_of(ended(TextDelta("The sky is blue."))))
    stream += DIALECT.stream_note([("x-aircher-cost", "0.1")])
    assert joined(stream).choices[0].message.content == "The sky is blue."


def test_thinking() -> None:
    """Thinking is in the field that clients show."""
    reply = joined_of(ReasoningDelta("Light "), ReasoningDelta("scatters."), TextDelta("Blue."))
    message = reply.choices[0].message.to_dict()
    assert message["reasoning_content"] == "Light scatters."
    assert message["content"] == "Blue."


def test_thinking_that_is_not_wanted() -> None:
    """OpenRouter's clients may ask for none of it."""
    for fields in ({"reasoning": {"exclude": True}}, {"include_reasoning": False}):
        chat = read(stream=True, **fields)
        message = joined_of(ReasoningDelta("Light."), TextDelta("Blue."), chat=chat).choices[0]
        assert "reasoning_content" not in message.message.to_dict()


def test_calls() -> None:
    """Calls keep their indices, also where their pieces are mixed."""
    reply = joined_of(
        TextDelta("Let me see."),
        ToolCallDelta(0, "call_a", "weather", ""),
        ToolCallDelta(1, "call_b", "weather", '{"pl'),
        ToolCallDelta(0, arguments='{"place":"Ulm"}'),
        ToolCallDelta(1, arguments='ace":"Bonn"}'),
        finish="tool_calls",
    )
    choice = reply.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "Let me see."
    assert [
        (call.id, call.function.name, call.function.arguments)  # type: ignore[union-attr]
        for call in choice.message.tool_calls or []
    ] == [("call_a", "weather", '{"place":"Ulm"}'), ("call_b", "weather", '{"place":"Bonn"}')]


def test_a_reply_of_nothing_but_calls_has_no_content() -> None:
    """Content is null where nothing was said, as OpenAI has it."""
    reply = joined_of(ToolCallDelta(0, "call_a", "weather", "{}"), finish="tool_calls")
    assert reply.choices[0].message.content is None


def test_a_call_without_arguments_has_an_empty_object() -> None:
    """Clients parse them; a reply that was cut may lack them."""
    call = ToolCallDelta(0, "call_a", "weather", "")
    for finish, arguments in (("tool_calls", "{}"), ("length", "")):
        (found,) = joined_of(call, finish=finish).choices[0].message.tool_calls or []
        assert found.function.arguments == arguments  # type: ignore[union-attr]


def test_custom_calls() -> None:
    """The SDK joins the input of a custom tool too, although it has no class for its pieces."""
    reply = joined_of(
        ToolCallDelta(0, "call_a", "patch", "*** ", custom=True),
        ToolCallDelta(0, arguments="Begin", custom=True),
        finish="tool_calls",
    )
    (call,) = reply.choices[0].message.to_dict()["tool_calls"]  # type: ignore[misc]
    assert (call["id"], call["type"]) == ("call_a", "custom")
    assert call["custom"] == {"name": "patch", "input": "*** Begin"}


def test_refusals() -> None:
    """What a model says instead of an answer is not its answer."""
    reply = joined_of(
        TextDelta("I can", refusal=True), TextDelta("not.", refusal=True), finish="refusal"
    )
    message = reply.choices[0].message
    assert (message.content, message.refusal) == (None, "I cannot.")
    assert reply.choices[0].finish_reason == "stop"


def test_sources() -> None:
    """Sources have their places in the whole content; the SDK joins them by their index."""
    reply = joined_of(
        TextDelta("So. "),
        PartEnd(),
        TextDelta("Blue."),
        CitationDelta(Citation(url="https://a.test", title="A")),
        CitationDelta(Citation(url="https://b.test", start=0, end=4)),
        CitationDelta(Citation(quote="blue")),
        PartEnd(),
        TextDelta(" Done."),
    )
    found = [each.url_citation for each in reply.choices[0].message.annotations or []]
    assert [(each.url, each.start_index, each.end_index) for each in found] == [
        ("https://a.test", 4, 9),
        ("https://b.test", 4, 8),
    ]


def test_pictures_and_sound() -> None:
    """Pictures are in OpenRouter's field, sound in OpenAI's."""
    reply = joined_of(
        ImageDelta("AAAA", "image/png"),
        ImageDelta(url="https://x.test/a.png"),
        AudioDelta("BBBB", "audio/wav", "Blue."),
    )
    message = reply.choices[0].message.to_dict()
    assert [each["image_url"]["url"] for each in message["images"]] == [  # type: ignore[attr-defined]
        "data:image/png;base64,AAAA",
        "https://x.test/a.png",
    ]
    assert message["audio"]["data"] == "BBBB"  # type: ignore[index]


def test_an_empty_reply() -> None:
    """A reply with nothing in it is a stream nevertheless."""
    reply = joined(DIALECT.stream_writer(PLAIN).end(result_of(ended())))
    assert (reply.model, reply.choices[0].message.content) == ("claude-sonnet-5", "")


def test_what_is_not_for_clients_makes_no_chunk() -> None:
    """Counts in between, items, and what has no word of ours are not written."""
    writer = DIALECT.stream_writer(PLAIN)
    silent = [UsageDelta(Usage(1, 1)), InItem(0), OtherDelta("search", "{}"), TextDelta("")]
    assert writer.write(silent, ANSWERING) == b""


def test_half_a_character() -> None:
    """What JSON cannot carry is replaced, not raised."""
    assert joined_of(TextDelta("a\ud83d")).choices[0].message.content == "a�"


def test_what_answers_is_true() -> None:
    """The model in the chunks is the one that answers, also after a fallback."""
    writer = DIALECT.stream_writer(PLAIN)
    assert writer.write([UsageDelta(Usage(1, 0))], Answering("openai", "gpt-5")) == b""
    text = writer.write([TextDelta("Blue.")], ANSWERING)
    assert b'"model":"claude-sonnet-5"' in text
    assert b"gpt-5" not in text


# ------------------------------------------------------------------ any reply

_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_said = st.one_of(
    st.builds(TextDelta, _words),
    st.builds(TextDelta, _words, st.just("sig")),
    st.builds(ReasoningDelta, _words),
    st.builds(ReasoningDelta, _words, st.just("sig")),
    st.just(PartEnd()),
)


@st.composite
def replies(draw: st.DrawFn) -> list[list[ReplyEvent]]:
    """Give the events of a reply, in the reads that they came in."""
    events: list[ReplyEvent] = draw(st.lists(_said, max_size=12))
    for index in range(draw(st.integers(0, 3))):
        events.append(ToolCallDelta(index, f"call_{index}", "weather", ""))
        events += draw(st.lists(st.builds(ReasoningDelta, _words), max_size=1))
    pieces = st.builds(ToolCallDelta, st.integers(0, 2), arguments=_words)
    opened = sum(isinstance(event, ToolCallDelta) for event in events)
    events += [each for each in draw(st.lists(pieces, max_size=8)) if each.index < opened]
    cuts = sorted(draw(st.lists(st.integers(0, len(events)), max_size=3)))
    bounds = [0, *cuts, len(events)]
    return [events[a:b] for a, b in pairwise(bounds)]


def text_of(events: Sequence[ReplyEvent], kind: type) -> str:
    return "".join(event.text for event in events if isinstance(event, kind))


@settings(max_examples=60, deadline=None)
@given(replies())
def test_any_reply_is_joined_as_it_was(reads: list[list[ReplyEvent]]) -> None:
    """Whatever the order of events and reads: text, thinking and calls are what was sent."""
    events = [event for each in reads for event in each]
    # Cut off, so that arguments need not be whole.
    message = joined(streamed(WITH_USAGE, *reads, ended(finish="length"))).choices[0].message
    thinking = text_of(events, ReasoningDelta)
    assert (message.content or "") == text_of(events, TextDelta)
    assert message.to_dict().get("reasoning_content", "") == thinking
    arguments = ["", "", ""]
    for event in events:
        if isinstance(event, ToolCallDelta):
            arguments[event.index] += event.arguments
    calls = message.tool_calls or []
    assert [each.function.arguments for each in calls] == arguments[: len(calls)]  # type: ignore[union-attr]
    assert len(calls) == len({e.index for e in events if isinstance(e, ToolCallDelta)})
