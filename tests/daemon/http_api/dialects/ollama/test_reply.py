"""Replies in Ollama's form, as its own client reads them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ollama import ResponseError

from aircherd.http_api.dialects.ollama import DIALECT
from aircherd.http_api.dialects.ollama.reply import OllamaStreamWriter
from aircherd.http_api.dialects.ollama.request import Style
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.parts import TextPart, ToolCallPart
from aircherd.vocabulary.reply import (
    AudioDelta,
    Ending,
    ImageDelta,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)
from helpers.http_api.over_sdk import Played, ollama_client
from helpers.http_api.talks import ANSWERING, PIXEL, USAGE, a_call, a_result, streamed

HI = [{"role": "user", "content": "Hi"}]
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


def lines_of(data: bytes) -> list[dict]:
    assert data.endswith(b"\n")
    return [json.loads(each) for each in data.decode().splitlines()]


def test_a_stream() -> None:
    """The client gets thinking, texts and whole calls, then the counts."""
    client = ollama_client(Played(DIALECT, TOOL_ROUND))
    chunks = list(client.chat("sonnet", HI, stream=True))
    assert "".join(each.message.thinking or "" for each in chunks) == "Let me see."
    assert "".join(each.message.content or "" for each in chunks) == "I'll look."
    [called] = [each.message.tool_calls for each in chunks if each.message.tool_calls]
    assert [(each.function.name, each.function.arguments) for each in called] == [
        ("read", {"path": "a"}),
        ("list", {}),
    ]
    last = chunks[-1]
    assert (last.done, last.done_reason, last.model) == (True, "stop", "claude-sonnet-5")
    assert (last.prompt_eval_count, last.eval_count) == (10, 5)
    assert last.eval_duration > 0
    assert [each.done for each in chunks[:-1]] == [False] * (len(chunks) - 1)


def test_whole() -> None:
    """A whole reply has the same as its stream."""
    reply = ollama_client(Played(DIALECT, TOOL_ROUND)).chat("sonnet", HI)
    assert (reply.message.content, reply.message.thinking) == ("I'll look.", "Let me see.")
    assert [each.function.name for each in reply.message.tool_calls] == ["read", "list"]
    assert (reply.done, reply.total_duration) == (True, 1_500_000_000)


def test_thinking_is_not_shown_to_who_asks_for_none() -> None:
    """With think: false there is no thinking in a reply, even if the model thought."""
    client = ollama_client(Played(DIALECT, TOOL_ROUND))
    chunks = list(client.chat("sonnet", HI, stream=True, think=False))
    assert not any(each.message.thinking for each in chunks)
    assert client.chat("sonnet", HI, think=False).message.thinking is None


def test_a_completion() -> None:
    """A completion is a text, streamed or whole."""
    events = [ReasoningDelta("hm"), TextDelta("A"), TextDelta("B"), Ending("length")]
    client = ollama_client(Played(DIALECT, events))
    chunks = list(client.generate("sonnet", "Hi", stream=True))
    assert "".join(each.response or "" for each in chunks) == "AB"
    assert "".join(each.thinking or "" for each in chunks) == "hm"
    assert chunks[-1].done_reason == "length"
    whole = client.generate("sonnet", "Hi")
    assert (whole.response, whole.thinking, whole.done_reason) == ("AB", "hm", "length")


def test_a_tool_round_goes_back() -> None:
    """The client's next request has the same calls, and an answer finds its own."""
    played = Played(DIALECT, TOOL_ROUND)
    client = ollama_client(played)
    reply = client.chat("sonnet", HI)
    answer = {"role": "tool", "tool_name": "list", "content": "b"}
    client.chat("sonnet", [*HI, reply.message, answer])
    _, asked, answered = played.reads[-1].chat.messages
    first, second = (
        ToolCallPart("call_1", "read", '{"path":"a"}'),
        ToolCallPart("call_2", "list", "{}"),
    )
    assert asked.content == [TextPart("I'll look."), first, second]
    assert answered.content[0].id == "call_2"


def test_an_error_in_mid_stream() -> None:
    """The client raises it with our message."""
    client = ollama_client(Played(DIALECT, [TextDelta("Hel"), Ending("stop")], problem=BROKEN))
    with pytest.raises(ResponseError, match="the reply broke off"):
        list(client.chat("sonnet", HI, stream=True))
    assert lines_of(DIALECT.stream_error(BROKEN)) == [{"error": "the reply broke off"}]


def test_line_breaks_of_unicode() -> None:
    """The client takes some characters for the end of a line."""
    text = "a\u2028b\u2029c\x85d"
    events = [ReasoningDelta(text), TextDelta(text), Ending("stop")]
    chunks = list(ollama_client(Played(DIALECT, events)).chat("m", HI, stream=True))
    assert [each.message.thinking for each in chunks] == [text, None, None]
    assert chunks[1].message.content == text


def test_half_a_call_is_left_out() -> None:
    """A call that the limit cut off must not be run."""
    events = [ToolCallDelta(0, "c", "f", '{"a":'), Ending("length")]
    chunks = list(ollama_client(Played(DIALECT, events)).chat("m", HI, stream=True))
    assert [each.message.tool_calls for each in chunks] == [None]
    assert chunks[-1].done_reason == "length"


def test_pictures() -> None:
    """Pictures are data; sound is what is said in it."""
    events = [ImageDelta(PIXEL, "image/png"), AudioDelta("AAAA", None, "said"), Ending("stop")]
    data = streamed(
        DIALECT, DIALECT.read_chat(a_call("/api/chat", {"model": "m", "messages": HI})), events
    )
    first, second, _ = [each["message"] for each in lines_of(data)]
    assert (first["images"], second["content"]) == ([PIXEL], "said")


def test_keep_alive() -> None:
    """What is sent meanwhile adds nothing to a chat or a completion."""
    data = DIALECT.keep_alive
    played = Played(DIALECT, [], whole=(200, data + data))
    assert [each.message.content for each in ollama_client(played).chat("m", HI, stream=True)] == [
        "",
        "",
    ]
    assert [each.response for each in ollama_client(played).generate("m", "a", stream=True)] == [
        "",
        "",
    ]


def test_times() -> None:
    """The time to the first output is the prompt's, the rest is the answer's."""
    ticks = iter([100.0, 101.5, 104.0])
    writer = OllamaStreamWriter(Style(), now=lambda: 1_800_000_000.5, elapsed=lambda: next(ticks))
    [first] = lines_of(writer.write([TextDelta("A")], ANSWERING))
    assert first["created_at"] == "2027-01-15T08:00:00.500000Z"
    [last] = lines_of(writer.end(a_result([TextDelta("A"), Ending("stop")])))
    assert (last["total_duration"], last["prompt_eval_duration"], last["eval_duration"]) == (
        4_000_000_000,
        1_500_000_000,
        2_500_000_000,
    )


@pytest.mark.parametrize("finish", ["stop", "length", "content_filter", "refusal", "pause"])
def test_reasons(finish: str) -> None:
    """What stopped a reply is never passed off as its end."""
    read = DIALECT.read_chat(a_call("/api/chat", {"model": "m", "messages": HI}))
    data = streamed(DIALECT, read, [TextDelta("A"), Ending(finish)])
    assert lines_of(data)[-1]["done_reason"] == finish


# ------------------------------------------------------------------ any order of events

_TEXTS = st.text(max_size=8)
_EVENTS = st.one_of(
    st.builds(TextDelta, _TEXTS, st.none() | st.just("s")),
    st.builds(ReasoningDelta, _TEXTS, st.none() | st.just("s")),
    st.builds(OtherDelta, st.just("k"), st.just("{}")),
    st.builds(PartEnd),
    st.builds(UsageDelta, st.just(USAGE)),
    st.builds(ImageDelta, st.just(PIXEL), st.just("image/png")),
    st.builds(ToolCallDelta, st.integers(0, 1), st.just("i"), st.just("f")),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_EVENTS, max_size=8), st.integers(1, 4), st.booleans())
def test_any_reply(events: list[ReplyEvent], at_once: int, is_completion: bool) -> None:
    """Any reply is lines of JSON with all text, and one end; whole, it says the same."""
    path = "/api/generate" if is_completion else "/api/chat"
    body = {"model": "m", "prompt": "a", "messages": HI}
    read = DIALECT.read_chat(a_call(path, body))
    events = [*events, Ending("stop")]
    lines = lines_of(streamed(DIALECT, read, events, at_once=at_once))
    said = [line["response"] if is_completion else line["message"]["content"] for line in lines]
    text = "".join(each.text for each in events if isinstance(each, TextDelta))
    expected = text.encode("utf-8", "replace").decode()
    assert "".join(said) == expected
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    whole = json.loads(DIALECT.whole_reply(read, a_result(events)))
    assert (whole["response"] if is_completion else whole["message"]["content"]) == expected
