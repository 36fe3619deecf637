"""Replies of Ollama's own API, in lines or whole."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.ollama import reply
from aircherd.providers.ollama.reply import OllamaStream, read_whole
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    AboutDelta,
    Ending,
    ImageDelta,
    OtherDelta,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from helpers.providers.provider_calls import cut_in_two, failure_of, run_decoder

F = FailureClass
PIXEL = "iVBORw0KGgo="


def piece(**message: object) -> dict[str, object]:
    return {"model": "qwen3:8b", "message": {"role": "assistant", **message}, "done": False}


def last(reason: str | None = "stop", **fields: object) -> dict[str, object]:
    end = {**piece(content=""), "done": True, "prompt_eval_count": 7, "eval_count": 3}
    return end | ({} if reason is None else {"done_reason": reason}) | fields


def lines(*data: object) -> bytes:
    texts = (d if isinstance(d, bytes) else msgspec.json.encode(d) for d in data)
    return b"".join(text + b"\n" for text in texts)


def a_call(name: str, arguments: object, **fields: object) -> dict[str, object]:
    return {"function": {"index": 0, "name": name, "arguments": arguments}, **fields}


def ending(finish: str = "stop", **changes: object) -> Ending:
    usage = Usage(input_tokens=7, output_tokens=3)
    return Ending(**{"finish": finish, "usage": usage, "model": "qwen3:8b", **changes})


REPLIES: list[tuple[list[object], list[ReplyEvent]]] = [
    (
        [piece(content="Hel"), piece(content="lo"), last()],
        [TextDelta("Hel"), TextDelta("lo"), ending()],
    ),
    (
        [piece(content="a"), last(message={"content": "b"})],
        [TextDelta("a"), TextDelta("b"), ending()],
    ),
    (
        [piece(reasoning_content="hm"), piece(reasoning="!"), piece(content="so"), last()],
        [ReasoningDelta("hm"), ReasoningDelta("!"), TextDelta("so"), ending()],
    ),
    (
        [piece(content="", thinking="hm"), piece(content="so", thinking="!"), last()],
        [ReasoningDelta("hm"), ReasoningDelta("!"), TextDelta("so"), ending()],
    ),
    ([piece(content="a"), last("length")], [TextDelta("a"), ending("length")]),
    ([piece(content="a"), last(None)], [TextDelta("a"), ending()]),
    (
        [piece(content="", tool_calls=[a_call("f", {"a": [1, "\u00e9"]}, id="c1")]), last()],
        [
            ToolCallDelta(0, call_id="c1", name="f", arguments='{"a":[1,"\u00e9"]}'),
            ending("tool_calls"),
        ],
    ),
    (
        [piece(tool_calls=[a_call("f", {}), a_call("g", None)]), piece(tool_calls=[]), last()],
        [
            ToolCallDelta(0, call_id="made 1", name="f", arguments="{}"),
            ToolCallDelta(1, call_id="made 2", name="g"),
            ending("tool_calls"),
        ],
    ),
    (
        [
            piece(tool_calls=[a_call("f", '{"a": 1}', id=7), {}, {"name": "g", "arguments": [1]}]),
            last("length"),
        ],
        [
            ToolCallDelta(0, call_id="made 1", name="f", arguments='{"a": 1}'),
            ToolCallDelta(1, call_id="made 2", name="g", arguments="[1]"),
            ending("length"),
        ],
    ),
    # a call that comes once more, and another one under the same id
    (
        [
            piece(tool_calls=[a_call("f", {"a": 1}, id="c")]),
            last(message={"tool_calls": [a_call("f", {"a": 1}, id="c"), a_call("f", {}, id="c")]}),
        ],
        [
            ToolCallDelta(0, call_id="c", name="f", arguments='{"a":1}'),
            ToolCallDelta(1, call_id="made 1", name="f", arguments="{}"),
            ending("tool_calls"),
        ],
    ),
    # pictures, and what has no word of ours
    (
        [piece(content="a", images=[PIXEL, PIXEL]), last(message={"content": "b"})],
        [
            TextDelta("a"),
            ImageDelta(PIXEL, "image/png"),
            ImageDelta(PIXEL, "image/png"),
            TextDelta("b"),
            ending(),
        ],
    ),
    (
        [
            piece(content="a", tool_name="", images=None, voice={"b": 1.50}),
            piece(content="b", images=["bm8="], voice=2),
            last(logprobs=[{"token": "a"}], eval_rate=1.5, note="x"),
        ],
        [
            TextDelta("a"),
            TextDelta("b"),
            OtherDelta("voice", '[{"b":1.5},2]'),
            OtherDelta("images", '["bm8="]'),
            AboutDelta("logprobs", '[{"token":"a"}]'),
            ending(),
        ],
    ),
    (
        [piece(content=[{"type": "text", "text": "a"}, {"type": "x"}], thinking=["so"]), last()],
        [
            ReasoningDelta("so"),
            TextDelta("a"),
            OtherDelta("content", '[{"type":"text","text":"a"},{"type":"x"}]'),
            ending(),
        ],
    ),
    (
        [piece(content="a"), last(prompt_eval_count=None, eval_count=2)],
        [TextDelta("a"), ending(usage=Usage(output_tokens=2))],
    ),
    (
        [piece(content="a"), last(prompt_eval_count="12", eval_count="x" * 50)],
        [TextDelta("a"), ending(usage=None)],
    ),
    (
        [piece(content="a"), {**piece(content=""), "done": True}],
        [TextDelta("a"), ending(usage=None)],
    ),
    (
        [{"status": "loading"}, b"", b" \r", piece(content=7), last()],
        [OtherDelta("content", "7"), ending()],
    ),
    (
        [piece(content="a"), last(), piece(content="ignored"), b"nonsense"],
        [TextDelta("a"), ending()],
    ),
]


def make_decoder() -> OllamaStream:
    numbers = itertools.count(1)
    return OllamaStream(new_id=lambda: f"made {next(numbers)}")


@pytest.mark.parametrize(("stream", "events"), REPLIES)
def test_streams(stream: list[object], events: list[ReplyEvent]) -> None:
    """Each kind of reply gives its events, in one piece and byte by byte."""
    data = lines(*stream)
    assert (events, None) == run_decoder(make_decoder(), [data])
    assert (events, None) == run_decoder(
        make_decoder(), [data[n : n + 1] for n in range(len(data))]
    )


def test_cuts_do_not_matter() -> None:
    """A stream cut in two anywhere gives the same events."""
    stream, events = REPLIES[6]
    for pieces in cut_in_two(lines(*stream)):
        assert (events, None) == run_decoder(make_decoder(), pieces)


def test_the_last_line_may_lack_its_newline() -> None:
    """The reply is complete without it."""
    data = lines(piece(content="a"), last()).rstrip(b"\n")
    assert ([TextDelta("a"), ending()], None) == run_decoder(make_decoder(), [data])


@pytest.mark.parametrize(
    ("data", "kind", "expected"),
    [
        (lines(piece(content="a")), F.TRUNCATED, "broke off"),
        (lines(piece(content="a")) + b'{"model":"qwen3', F.TRUNCATED, "broke off"),
        (lines(piece(content="a"), {"error": "an error was encountered"}), F.SERVER, "encountered"),
        (lines({"error": "the input length exceeds the context length"}), F.CONTEXT, "too long"),
        (lines({"error": {"message": "odd"}}), F.SERVER, "odd"),
        (lines(b"<html>hello</html>"), F.PROTOCOL, "a line that is not of its API"),
        (lines(b"[1]"), F.PROTOCOL, "a line that is not of its API"),
        (lines({"message": "hello"}), F.SERVER, "failed: hello"),
        (lines(b'{"message":' + b"[" * 5000), F.PROTOCOL, "a line that is not of its API"),
        (lines({"done": True}), F.PROTOCOL, "before it began"),
        (b"", F.PROTOCOL, "not a stream"),
        (lines(piece(tool_calls=[{"id": "x"}])), F.PROTOCOL, "a tool call without a name"),
        (lines(piece(tool_calls=[{"name": "f"}] * 1001)), F.PROTOCOL, "more than 1000 tool calls"),
        (lines(last("something new")), F.SERVER, "ended its reply with something new"),
        (lines(last("load")), F.SERVER, "loaded the model, but did not answer"),
        (lines(last("unload")), F.SERVER, "unloaded the model, but did not answer"),
    ],
)
def test_failures(data: bytes, kind: FailureClass, expected: str) -> None:
    """A truncated reply, a reported error and another API are distinct failures."""
    _, failure = run_decoder(make_decoder(), [data])
    assert failure is not None
    assert (kind, True) == (failure.kind, expected in failure.message)


def test_an_endless_line_fails() -> None:
    """A server that never ends its line does not fill the memory."""
    flood = (b"x" * 65536 for _ in range(1600))
    _, failure = run_decoder(make_decoder(), flood)
    assert failure is not None
    assert (failure.kind, "a line of more than" in failure.message) == (F.PROTOCOL, True)


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server cannot fill the memory with unknown fields."""
    monkeypatch.setattr(reply, "MAX_KEPT", 20)
    _, failure = run_decoder(make_decoder(), [lines(*[piece(x="12345")] * 9)])
    assert failure is not None
    assert failure.kind is F.PROTOCOL


FIELDS = st.sampled_from(["content", "thinking", "images", "voice", "tool_name", "x" * 300])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=3), max_size=3))
def test_nothing_is_dropped_in_silence(messages: list[dict[str, object]]) -> None:
    """Whatever a message holds is a part of ours, or the reply fails."""
    events, failure = run_decoder(make_decoder(), [lines(*[piece(**m) for m in messages], last())])
    if failure is not None:
        return
    said = "".join(each.text for each in events if isinstance(each, TextDelta | ReasoningDelta))
    kept = "".join(each.data for each in events if isinstance(each, OtherDelta))
    for message in messages:
        for name, value in message.items():
            if isinstance(value, str) and name in ("content", "thinking"):
                assert value in said
            elif name not in ("content", "thinking") and value not in (None, {}, [], ""):
                assert msgspec.json.encode(value).decode() in kept


def test_whole_reply() -> None:
    """A whole reply has the schema of a line."""
    message = {"content": "so", "thinking": "hm", "tool_calls": [a_call("f", {"a": 1}, id="c")]}
    body = msgspec.json.encode(last(message=message))
    assert [
        ReasoningDelta("hm"),
        TextDelta("so"),
        ToolCallDelta(0, call_id="c", name="f", arguments='{"a":1}'),
        ending("tool_calls"),
    ] == read_whole(body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", F.PROTOCOL),
        (b'{"done":true}', F.PROTOCOL),
        (b"nonsense", F.PROTOCOL),
        (b'{"message":{"content":"a"},"done":false}', F.TRUNCATED),
        (b'{"error":"llama runner process has terminated"}', F.SERVER),
    ],
)
def test_whole_failures(body: bytes, kind: FailureClass) -> None:
    """An incomplete reply is never a success."""
    assert kind is failure_of(lambda: read_whole(body)).kind


def test_pictures_are_bounded() -> None:
    """A picture needs few bytes to be recognised."""
    body = lines(piece(images=["iVBORw0KGgo="] * (reply.MAX_PICTURES + 1)))
    failure = failure_of(lambda: make_decoder().feed(body))
    assert failure.kind is FailureClass.PROTOCOL
