"""OpenRouter's `reasoning_details`: assembled from fragments, and sent back unchanged."""

import msgspec
import pytest

from aircherd.providers.chat_completions.reasoning_details import (
    MAX_DETAILS,
    AnyThinking,
    DetailsThinking,
    with_any_thinking,
    with_details,
)
from aircherd.providers.chat_completions.reply import OpenAIStream, read_whole
from aircherd.providers.chat_completions.thinking import ThinkingFields
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import ReasoningPart
from aircherd.vocabulary.reply import Ending, ReasoningDelta, ReplyEvent, TextDelta, ToolCallDelta
from helpers.providers.provider_calls import cut_in_two, failure_of, run_decoder, sse

CLAUDE = {"format": "anthropic-claude-v1", "index": 0}


def detail(text: str, **more: object) -> dict[str, object]:
    return {"type": "reasoning.text", "text": text, **CLAUDE, **more}


SIGNED = {"type": "reasoning.text", "signature": "Et8=", **CLAUDE}
SECRET = {"type": "reasoning.encrypted", "data": "x/y=", "id": "rs_1", "index": 1, "n": 1.50}


def gathered(*lists: list[dict[str, object]]) -> object:
    """Return the details that go back after these pieces came, by way of a signature."""
    thinking = DetailsThinking()
    for details in lists:
        thinking.take(_fields(reasoning_details=details))
    part = ReasoningPart("whatever", thinking.end())
    return _plain(with_details({"role": "assistant"}, [part])).get("reasoning_details")


def _fields(**values: object) -> ThinkingFields:
    return msgspec.json.decode(msgspec.json.encode(values), type=ThinkingFields)


def _plain(message: dict[str, object]) -> dict[str, object]:
    value = msgspec.json.decode(msgspec.json.encode(message))
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("lists", "whole"),
    [
        # Fragments of one text, its signature last.
        ([[detail("Let")], [detail(" me")], [SIGNED]], [detail("Let me", signature="Et8=")]),
        # The same with nulls before the values.
        (
            [[detail("a", signature=None, id=None)], [detail("", signature="s", id="i")]],
            [detail("a", signature="s", id="i")],
        ),
        # Summaries are concatenated, encrypted data never is.
        (
            [
                [{"type": "reasoning.summary", "summary": "a", "index": 0}],
                [{"type": "reasoning.summary", "summary": "b", "index": 0}],
                [SECRET],
                [SECRET],
            ],
            [{"type": "reasoning.summary", "summary": "ab", "index": 0}, SECRET, SECRET],
        ),
        # Indices, ids and signatures keep texts apart.
        ([[detail("a"), detail("b", index=2)]], [detail("a"), detail("b", index=2)]),
        (
            [[detail("a", id="1")], [detail("b", id="2")]],
            [detail("a", id="1"), detail("b", id="2")],
        ),
        (
            [[detail("a", signature="s")], [detail("b", signature="t")]],
            [detail("a", signature="s"), detail("b", signature="t")],
        ),
        # Interleaved.
        (
            [[detail("a")], [SECRET], [detail("b")], [SIGNED]],
            [detail("ab", signature="Et8="), SECRET],
        ),
        # No index, no type.
        (
            [[{"type": "reasoning.text", "text": "a"}], [{"type": "reasoning.text", "text": "b"}]],
            [{"type": "reasoning.text", "text": "ab"}],
        ),
        (
            [[{"x": 1}], [{"type": "new.kind", "y": [None]}]],
            [{"x": 1}, {"type": "new.kind", "y": [None]}],
        ),
        ([[]], None),
    ],
)
def test_fragments(lists: list[list[dict[str, object]]], whole: object) -> None:
    """Details are assembled whole and in order, with every field that they had."""
    assert whole == gathered(*lists)


def test_details_keep_their_exact_json() -> None:
    """Fields that are not concatenated are not re-encoded, so numbers keep their zeros."""
    raw = b'[{"type":"reasoning.encrypted","data":"\\u00e9","n":1.50}]'
    thinking = DetailsThinking()
    thinking.take(ThinkingFields(reasoning_details=msgspec.Raw(raw)))
    assert raw.decode() == thinking.end()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"reasoning": "a", "reasoning_details": [detail("a")]}, "a"),
        ({"reasoning_details": [detail("a"), detail("b")]}, "ab"),
        ({"reasoning_details": [{"type": "reasoning.summary", "summary": "s"}]}, "s"),
        ({"reasoning": None, "reasoning_details": [SECRET]}, ""),
        ({"reasoning": "a"}, "a"),
        ({"reasoning_content": "a"}, "a"),
        ({"reasoning": None, "reasoning_details": []}, None),
        ({"reasoning_details": "odd"}, ""),
        ({"reasoning_details": [5]}, ""),
    ],
)
def test_text(values: dict[str, object], text: str | None) -> None:
    """The text comes once; hidden thinking has none."""
    assert text == DetailsThinking().take(_fields(**values))


def delta(**fields: object) -> dict[str, object]:
    return {"model": "m-1", "choices": [{"delta": {"role": "assistant", **fields}}]}


CALL = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
REPLY = (
    delta(content="", reasoning="Grü", reasoning_details=[detail("Grü")]),
    delta(content="", reasoning="n", reasoning_details=[detail("n")]),
    delta(content="", reasoning=None, reasoning_details=[SIGNED]),
    delta(content="a"),
    delta(content=None, tool_calls=[CALL], reasoning_details=[SECRET]),
    {"choices": [{"delta": {}, "finish_reason": "tool_calls", "native_finish_reason": "x"}]},
    b"[DONE]",
)
FIRST = [detail("Grün", signature="Et8=")]
EVENTS = [
    ReasoningDelta("Grü"),
    ReasoningDelta("n"),
    ReasoningDelta(
        signature='[{"type":"reasoning.text","text":"Grün","format":"anthropic-claude-v1",'
        '"index":0,"signature":"Et8="}]'
    ),
    TextDelta("a"),
    ReasoningDelta(signature=msgspec.json.encode([SECRET]).decode()),
    ToolCallDelta(0, "c", "f", "{}"),
    Ending("tool_calls", None, "m-1"),
]


def test_cut_anywhere() -> None:
    """A stream cut anywhere gives the same events, with or without comments."""
    data = b": OPENROUTER PROCESSING\n\n" + sse(*REPLY)
    for pieces in cut_in_two(data):
        decoder = OpenAIStream(thinking=DetailsThinking())
        assert run_decoder(decoder, pieces) == (EVENTS, None)


def test_whole_reply() -> None:
    """A whole reply has its details in the same signature."""
    message = {"content": "a", "reasoning": "Grün", "reasoning_details": FIRST}
    body = msgspec.json.encode({"choices": [{"message": message, "finish_reason": "stop"}]})
    events: list[ReplyEvent] = [
        ReasoningDelta("Grün"),
        ReasoningDelta(signature=msgspec.json.encode(FIRST).decode()),
        TextDelta("a"),
        Ending("stop"),
    ]
    assert events == read_whole(body, DetailsThinking())


def test_hidden_details_are_progress() -> None:
    """Encrypted thinking makes no event yet, but counts as progress."""
    decoder = OpenAIStream(thinking=DetailsThinking())
    assert decoder.feed(sse(delta(reasoning_details=[SECRET]))) == []
    assert decoder.progress_count == 1
    assert decoder.feed(sse(delta(content="", reasoning=None, reasoning_details=[]))) == []
    assert decoder.progress_count == 1


def test_details_of_several_runs_go_back_as_one_list() -> None:
    """Details that came after text are assembled with those before it."""
    runs = [[detail("a")], [SIGNED], [SECRET]]
    parts = [ReasoningPart("", msgspec.json.encode(run).decode()) for run in runs]
    message = _plain(with_details({"role": "assistant"}, parts))
    assert [detail("a", signature="Et8="), SECRET] == message["reasoning_details"]


@pytest.mark.parametrize("signature", [None, "reasoning", '{"type":"message"}', "[[", "[1]"])
def test_thinking_without_details(signature: str | None) -> None:
    """Without details, or with a foreign signature, only the text goes back."""
    message = {"role": "assistant", "content": "t"}
    parts = [ReasoningPart("a", signature), ReasoningPart("b", signature)]
    assert message | {"reasoning": "ab"} == with_details(message, parts)
    assert message == with_details(message, [ReasoningPart("", signature)])


@pytest.mark.parametrize(
    ("values", "text", "signature"),
    [
        ({"reasoning_details": [SIGNED]}, "", [SIGNED]),
        ({"reasoning_content": "hm", "reasoning_details": FIRST}, "hm", FIRST),
        ({"reasoning_content": "hm"}, "hm", None),
        ({"reasoning": "hm", "reasoning_details": []}, "hm", "reasoning"),
    ],
)
def test_any_server_may_send_details(
    values: dict[str, object], text: str, signature: object
) -> None:
    """They are kept, and go back in their field; without them, the text in the one it came in."""
    thinking = AnyThinking()
    assert thinking.take(_fields(**values)) == text
    signed = thinking.end()
    part = ReasoningPart(text, signed)
    back = _plain(with_any_thinking({"content": "a"}, [part]))
    if isinstance(signature, list):
        assert signed is not None
        assert msgspec.json.decode(signed) == signature
        assert back == {"content": "a", "reasoning_details": signature}
    else:
        assert signed == signature
        assert back == {"content": "a", signature or "reasoning_content": text}


def test_endless_details_fail() -> None:
    """A server that sends details without end fails before they fill the memory."""
    thinking = DetailsThinking()
    fields = _fields(reasoning_details=[{"type": "reasoning.encrypted", "data": "x" * 100_000}])
    for _ in range(39):
        thinking.take(fields)
    failure = failure_of(lambda: thinking.take(fields))
    assert FailureClass.PROTOCOL is failure.kind
    assert str(MAX_DETAILS) in failure.message


def test_blocks_of_litellm() -> None:
    """Fragments of `thinking_blocks` are assembled with their signature, and go back there."""
    thinking = AnyThinking()
    texts = [
        thinking.take(_fields(reasoning_content=text, thinking_blocks=[block]))
        for text, block in (
            ("a", {"type": "thinking", "thinking": "a", "signature": ""}),
            ("b", {"type": "thinking", "thinking": "b"}),
            ("", {"type": "thinking", "thinking": "", "signature": "s"}),
            ("", {"type": "redacted_thinking", "data": "x"}),
        )
    ]
    signature = thinking.end()
    assert texts == ["a", "b", "", ""]
    message = with_any_thinking({"role": "assistant"}, [ReasoningPart("ab", signature, "p/m")])
    assert msgspec.json.decode(msgspec.json.encode(message)) == {
        "role": "assistant",
        "thinking_blocks": [
            {"type": "thinking", "thinking": "ab", "signature": "s"},
            {"type": "redacted_thinking", "data": "x"},
        ],
    }


def test_fragments_that_contradict_each_other_stay_apart() -> None:
    """What one of them says besides its text is not lost."""
    one, two = detail("a", note="x"), detail("b", note="y")
    assert gathered([one], [two]) == [one, two]


def test_many_details_take_little_time_and_are_bounded() -> None:
    """Fragments are assigned by their type and index, in a reply and in a request."""
    details = [detail("x", index=number) for number in range(6_000)]
    assert gathered(details) == details
    part = ReasoningPart(text="", signature=msgspec.json.encode(details).decode())
    assert len(_plain(with_details({}, [part] * 3))["reasoning_details"]) == 6_000  # type: ignore[arg-type]
    forged = ReasoningPart(text="", signature=msgspec.json.encode(details * 3).decode())
    assert with_details({}, [forged]) == {}
    empty = [{"index": number} for number in range(MAX_DETAILS // 500)]
    assert failure_of(lambda: gathered(empty)).kind is FailureClass.PROTOCOL
