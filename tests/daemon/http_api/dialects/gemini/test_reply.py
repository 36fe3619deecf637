"""Replies in Gemini's form, as Google's own client reads them."""

import json

import pytest
from google.genai import errors, types
from hypothesis import given, settings
from hypothesis import strategies as st

from aircherd.http_api.dialects.gemini import DIALECT
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.parts import OtherPart, ReasoningPart, TextPart, ToolCallPart, seal
from aircherd.vocabulary.reply import (
    AboutDelta,
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
    UsageDelta,
)
from helpers.http_api.over_sdk import Played, genai_client
from helpers.http_api.talks import ORIGIN, PIXEL, USAGE, a_call, a_result, streamed

PATH = "/v1beta/models/sonnet:streamGenerateContent"
THOUGHTS = types.GenerateContentConfig(
    thinking_config=types.ThinkingConfig(include_thoughts=True),
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)
TOOL_ROUND: list[ReplyEvent] = [
    ReasoningDelta("Let me "),
    ReasoningDelta("see.", "SIGNED"),
    TextDelta("I'll "),
    TextDelta("look."),
    ToolCallDelta(0, "toolu_1", "read", '{"path":'),
    ToolCallDelta(0, arguments='"a"}'),
    ToolCallDelta(1, "toolu_2", "list"),
    Ending("tool_calls"),
]
BROKEN = Problem(kind="interrupted", status=502, code="network", message="the reply broke off")


def stream_of(events: list[ReplyEvent], config: types.GenerateContentConfig | None = None) -> list:
    client = genai_client(Played(DIALECT, events))
    return list(client.models.generate_content_stream(model="sonnet", contents="Hi", config=config))


def parts_of(chunks: list) -> list[types.Part]:
    return [part for chunk in chunks for part in chunk.candidates[0].content.parts or ()]


def read_again(events: list[ReplyEvent], *, shows_thoughts: bool = True) -> list:
    """Return the parts that a client's next request has of a reply, as other providers get them."""
    thinking = {"includeThoughts": shows_thoughts}
    asked = a_call(PATH, {"contents": [], "generationConfig": {"thinkingConfig": thinking}})
    asked = a_call(PATH, json.loads(asked.body), query={"alt": "sse"})
    data = streamed(DIALECT, DIALECT.read_chat(asked), events)
    chunks = [json.loads(each[6:]) for each in data.decode().split("\n\n") if each]
    contents = [chunk["candidates"][0]["content"] for chunk in chunks]
    chat = DIALECT.read_chat(a_call(PATH, {"contents": contents})).chat
    [message] = chat.messages
    return [TextPart(message.content)] if isinstance(message.content, str) else message.content


def test_a_stream() -> None:
    """The client gets texts, thoughts and whole calls, then finish and counts."""
    chunks = stream_of(TOOL_ROUND, THOUGHTS)
    parts = parts_of(chunks)
    assert [part.text for part in parts if part.thought] == ["Let me ", "see."]
    assert [part.text for part in parts if part.text and not part.thought] == ["I'll ", "look."]
    calls = [(c.id, c.name, c.args) for part in parts if (c := part.function_call)]
    assert calls == [("toolu_1", "read", {"path": "a"}), ("toolu_2", "list", {})]
    last = chunks[-1]
    assert last.candidates[0].finish_reason == types.FinishReason.STOP
    usage = last.usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count) == (10, 3)
    assert (usage.thoughts_token_count, usage.cached_content_token_count) == (2, 3)
    assert usage.total_token_count == 15
    assert {chunk.model_version for chunk in chunks} == {"claude-sonnet-5"}


def test_whole() -> None:
    """A whole reply has the same as its stream."""
    client = genai_client(Played(DIALECT, TOOL_ROUND))
    reply = client.models.generate_content(model="sonnet", contents="Hi", config=THOUGHTS)
    parts = reply.candidates[0].content.parts
    said = [
        (part.text, part.thought, part.function_call and part.function_call.id) for part in parts
    ]
    assert said == [
        ("Let me see.", True, None),
        ("I'll look.", None, None),
        (None, None, "toolu_1"),
        (None, None, "toolu_2"),
    ]
    assert reply.usage_metadata.total_token_count == 15
    assert reply.model_version == "claude-sonnet-5"


def test_thoughts_are_for_those_who_ask() -> None:
    """Without includeThoughts a reply has no thoughts, but their signatures go back."""
    assert not [part for part in parts_of(stream_of(TOOL_ROUND)) if part.thought]
    first = read_again(TOOL_ROUND, shows_thoughts=False)[0]
    assert first == ReasoningPart("Let me see.", "SIGNED", ORIGIN)


def test_tool_round_goes_back() -> None:
    """What the model needs back comes back whole, though clients drop thoughts."""
    assert read_again(TOOL_ROUND) == [
        ReasoningPart("Let me see.", "SIGNED", ORIGIN),
        TextPart("I'll look."),
        ToolCallPart("toolu_1", "read", '{"path":"a"}'),
        ToolCallPart("toolu_2", "list", "{}"),
    ]


def test_signatures_of_calls_and_texts() -> None:
    """Each part's own signature goes back with it, also that of a text which came after it."""
    events = [
        TextDelta("So"),
        TextDelta("", "item_1"),
        ToolCallDelta(0, "c", "f", "{}", "call_sig"),
        Ending("tool_calls"),
    ]
    assert read_again(events) == [
        TextPart("So", "item_1", ORIGIN),
        ToolCallPart("c", "f", "{}", "call_sig", ORIGIN),
    ]


def test_the_first_call_is_marked() -> None:
    """Gemini refuses a turn whose first call has no signature; it has to see that it is not its."""
    events = [ToolCallDelta(0, "a", "f"), ToolCallDelta(1, "b", "g"), Ending("tool_calls")]
    first, second = parts_of(stream_of(events))
    assert first.thought_signature is not None
    assert second.thought_signature is None
    assert read_again(events) == [ToolCallPart("a", "f", "{}"), ToolCallPart("b", "g", "{}")]


def test_others_go_back() -> None:
    """What has no word here, a hosted tool's search, goes back to its model unchanged."""
    events = [OtherDelta("server_tool_use", '{"a":1}'), TextDelta("Found"), Ending("stop")]
    sealed = seal("server_tool_use", ORIGIN, '{"a":1}')
    other = OtherPart("server_tool_use", ORIGIN, '{"a":1}', sealed)
    assert other.is_unchanged
    assert read_again(events) == [other, TextPart("Found")]


def test_long_thinking_is_not_carried() -> None:
    """A client would send it back with every request."""
    events = [ReasoningDelta("x" * 300_000, "S"), TextDelta("Done"), Ending("stop")]
    assert read_again(events) == [TextPart("Done")]


def test_half_a_call_is_left_out() -> None:
    """A call that the limit cut off must not be run: trap 6 is that input is lost."""
    events = [TextDelta("A"), ToolCallDelta(0, "c", "f", '{"a":'), Ending("length")]
    chunks = stream_of(events)
    assert not [part for part in parts_of(chunks) if part.function_call]
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "STOP"),
        ("length", "MAX_TOKENS"),
        ("content_filter", "SAFETY"),
        ("refusal", "SAFETY"),
        ("pause", "OTHER"),
    ],
)
def test_finishes(finish: str, reason: str) -> None:
    """Each ending has a reason that the client knows."""
    chunks = stream_of([TextDelta("A"), Ending(finish)])
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason[reason]


def test_media_and_sources() -> None:
    """Pictures and sound come as data; web pages as grounding."""
    events = [
        TextDelta("See"),
        CitationDelta(Citation(url="https://a.example", title="A")),
        CitationDelta(Citation(quote="no page")),
        ImageDelta(PIXEL, "image/png"),
        AudioDelta("AAAA", "audio/pcm", "said"),
        Ending("stop"),
    ]
    chunks = stream_of(events)
    blobs = [part.inline_data.mime_type for part in parts_of(chunks) if part.inline_data]
    assert blobs == ["image/png", "audio/pcm"]
    sources = chunks[-1].candidates[0].grounding_metadata.grounding_chunks
    assert [(each.web.uri, each.web.title) for each in sources] == [("https://a.example", "A")]


def test_an_error_in_mid_stream() -> None:
    """The client raises it, with our message; a problem that is final is no 5xx."""
    client = genai_client(Played(DIALECT, [TextDelta("Hel"), Ending("stop")], problem=BROKEN))
    got: list[str | None] = []
    with pytest.raises(errors.APIError, match="the reply broke off") as raised:
        got += [
            chunk.text
            for chunk in client.models.generate_content_stream(model="sonnet", contents="Hi")
        ]
    assert raised.value.code == 424


def test_an_error_for_javascript() -> None:
    """Google's library for JavaScript sees an error only if it is no event."""
    call = a_call(PATH, {"contents": []}, query={"alt": "sse"})
    js = a_call(
        PATH,
        {"contents": []},
        query={"alt": "sse"},
        headers={"x-goog-api-client": "google-genai-sdk/2.32 gl-node/v24"},
    )
    as_event = DIALECT.stream_writer(DIALECT.read_chat(call)).fail(BROKEN)
    bare = DIALECT.stream_writer(DIALECT.read_chat(js)).fail(BROKEN)
    assert as_event == b"data: %b\n\n" % bare
    assert json.loads(bare)["error"]["message"] == "the reply broke off"
    assert DIALECT.stream_error(BROKEN) == bare


def test_a_list() -> None:
    """Without alt=sse a stream is one JSON list, also with an error in it."""
    read = DIALECT.read_chat(a_call(PATH, {"contents": "Hi"}))
    assert (read.stream_type, read.verbatim.only_translated) == (
        "application/json; charset=UTF-8",
        True,
    )
    replies = json.loads(streamed(DIALECT, read, TOOL_ROUND))
    texts = [
        part.get("text") for each in replies for part in each["candidates"][0]["content"]["parts"]
    ]
    assert "I'll " in texts
    assert replies[-1]["candidates"][0]["finishReason"] == "STOP"
    writer = DIALECT.stream_writer(read)
    [failed] = json.loads(writer.fail(BROKEN))
    assert failed["error"]["code"] == 424


def test_no_empty_text() -> None:
    """An empty text would make Gemini CLI drop the whole turn."""
    events = [
        TextDelta(""),
        TextDelta("", "sig"),
        ReasoningDelta("", "S"),
        TextDelta("A"),
        Ending("stop"),
    ]
    texts = [part.text for part in parts_of(stream_of(events, THOUGHTS))]
    assert texts == ["A"]


def test_halves_of_characters() -> None:
    """What JSON cannot carry is replaced."""
    [part] = parts_of(stream_of([TextDelta("a\ud800"), Ending("stop")]))
    assert part.text.startswith("a")


# ------------------------------------------------------------------ any order of events

_TEXTS = st.text(max_size=8)
_SIGNED = st.none() | st.text("abc", min_size=1, max_size=3)
_PLAIN_EVENTS = st.one_of(
    st.builds(TextDelta, _TEXTS, _SIGNED),
    st.builds(ReasoningDelta, _TEXTS, _SIGNED),
    st.builds(OtherDelta, st.just("k"), st.just('{"x":1}')),
    st.builds(AboutDelta, st.just("k"), st.just("{}")),
    st.builds(CitationDelta, st.builds(Citation, url=st.just("https://a"))),
    st.builds(PartEnd),
    st.builds(UsageDelta, st.just(USAGE)),
    st.builds(InItem, st.integers(0, 1)),
    st.builds(ImageDelta, st.just(PIXEL), st.just("image/png")),
)


@st.composite
def replies(draw: st.DrawFn) -> list[ReplyEvent]:
    """Return events in any order, with whole calls among them."""
    events: list[ReplyEvent] = list(draw(st.lists(_PLAIN_EVENTS, max_size=8)))
    for index in range(draw(st.integers(0, 2))):
        pieces = draw(st.sampled_from([["{}"], ['{"a":', "1}"], [""]]))
        first = [ToolCallDelta(index, f"id{index}", "f", pieces[0])]
        events += first + [ToolCallDelta(index, arguments=each) for each in pieces[1:]]
    return [*events, Ending(draw(st.sampled_from(["stop", "tool_calls", "length", "pause"])))]


@settings(max_examples=60, deadline=None)
@given(replies(), st.integers(1, 4), st.booleans())
def test_any_reply(events: list[ReplyEvent], at_once: int, is_sse: bool) -> None:
    """Any reply is a stream of whole JSON, with all text and one end; whole, it says the same."""
    query = {"alt": "sse"} if is_sse else {}
    read = DIALECT.read_chat(a_call(PATH, {"contents": []}, query=query))
    data = streamed(DIALECT, read, events, at_once=at_once)
    chunks = (
        [json.loads(each.removeprefix("data: ")) for each in data.decode().split("\n\n") if each]
        if is_sse
        else json.loads(data)
    )
    parts = [part for each in chunks for part in each["candidates"][0]["content"]["parts"]]
    text = "".join(part.get("text", "") for part in parts)
    expected = "".join(each.text for each in events if isinstance(each, TextDelta))
    assert text == expected.encode("utf-8", "replace").decode()
    assert not [part for part in parts if part.get("text") == ""]
    ends = [each for each in chunks if "finishReason" in each["candidates"][0]]
    assert ends == chunks[-1:]
    whole = json.loads(DIALECT.whole_reply(read, a_result(events)))
    again = whole["candidates"][0]["content"]["parts"]
    assert [p["functionCall"] for p in again if "functionCall" in p] == [
        p["functionCall"] for p in parts if "functionCall" in p
    ]


def test_message_has_one_turn() -> None:
    """A conversation of which a client kept each event as a turn is one message of the model."""
    contents = [{"role": "user", "parts": [{"text": "Hi"}]}]
    contents += [{"role": "model", "parts": [{"text": each}]} for each in ("Hel", "lo")]
    chat = DIALECT.read_chat(a_call(PATH, {"contents": contents})).chat
    assert chat.messages == [Message("user", "Hi"), Message("assistant", "Hello")]
