"""OpenRouter's `reasoning_details`: gathered from fragments, and back as they were."""

import msgspec
import pytest

from aircherd.providers.chat_completions.reply import OpenAIStream, read_whole
from aircherd.providers.chat_completions.thinking import ThinkingFields
from aircherd.providers.openrouter.thinking import MAX_DETAILS, DetailsThinking, with_details
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import ReasoningPart
from aircherd.vocabulary.reply import Ending, ReasoningDelta, ReplyEvent, TextDelta, ToolCallDelta
from helpers.providers.provider_calls import cut_in_two, failure_of, run_decoder, sse

CLAUDE = {"format": "anthropic-claude-v1", "index": 0}


def told(text: str, **more: object) -> dict[str, object]:
    return {"type": "reasoning.text", "text": text, **CLAUDE, **more}


SIGNED = {"type": "reasoning.text", "signature": "Et8=", **CLAUDE}
SECRET = {"type": "reasoning.encrypted", "data": "x/y=", "id": "rs_1", "index": 1, "n": 1.50}


def gathered(*lists: list[dict[str, object]]) -> object:
    """What goes back of details that came in these pieces, through a signature."""
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
        # Fragments of one text, the signature alone behind them.
        ([[told("Let")], [told(" me")], [SIGNED]], [told("Let me", signature="Et8=")]),
        # The same with nulls for what is to come.
        (
            [[told("a", signature=None, id=None)], [told("", signature="s", id="i")]],
            [told("a", signature="s", id="i")],
        ),
        # Summaries go together, what is encrypted never does.
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
        ([[told("a"), told("b", index=2)]], [told("a"), told("b", index=2)]),
        ([[told("a", id="1")], [told("b", id="2")]], [told("a", id="1"), told("b", id="2")]),
        (
            [[told("a", signature="s")], [told("b", signature="t")]],
            [told("a", signature="s"), told("b", signature="t")],
        ),
        # Interleaved.
        (
            [[told("a")], [SECRET], [told("b")], [SIGNED]],
            [told("ab", signature="Et8="), SECRET],
        ),
        # No index, no type, nothing known.
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
    """Details come back whole and in order, with every field they had."""
    assert whole == gathered(*lists)


def test_details_stay_to_the_letter() -> None:
    """What is not put together is not written anew, numbers with their zeros included."""
    raw = b'[{"type":"reasoning.encrypted","data":"\\u00e9","n":1.50}]'
    thinking = DetailsThinking()
    thinking.take(ThinkingFields(reasoning_details=msgspec.Raw(raw)))
    assert raw.decode() == thinking.end()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"reasoning": "a", "reasoning_details": [told("a")]}, "a"),
        ({"reasoning_details": [told("a"), told("b")]}, "ab"),
        ({"reasoning_details": [{"type": "reasoning.summary", "summary": "s"}]}, "s"),
        ({"reasoning": None, "reasoning_details": [SECRET]}, ""),
        ({"reasoning": "a"}, "a"),
        ({"reasoning_content": "a"}, "a"),
        ({"reasoning": None, "reasoning_details": []}, None),
        ({"reasoning_details": "odd"}, None),
        ({"reasoning_details": [5]}, None),
    ],
)
def test_text(values: dict[str, object], text: str | None) -> None:
    """The text is told once; what is hidden is told as hidden."""
    assert text == DetailsThinking().take(_fields(**values))


def delta(**fields: object) -> dict[str, object]:
    return {"model": "m-1", "choices": [{"delta": {"role": "assistant", **fields}}]}


CALL = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
REPLY = (
    delta(content="", reasoning="Grü", reasoning_details=[told("Grü")]),
    delta(content="", reasoning="n", reasoning_details=[told("n")]),
    delta(content="", reasoning=None, reasoning_details=[SIGNED]),
    delta(content="a"),
    delta(content=None, tool_calls=[CALL], reasoning_details=[SECRET]),
    {"choices": [{"delta": {}, "finish_reason": "tool_calls", "native_finish_reason": "x"}]},
    b"[DONE]",
)
FIRST = [told("Grün", signature="Et8=")]
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
    """Cut in two at every byte, and into bytes, a stream gives the same events, comments or not."""
    data = b": OPENROUTER PROCESSING\n\n" + sse(*REPLY)
    for pieces in cut_in_two(data):
        decoder = OpenAIStream(thinking=DetailsThinking())
        assert run_decoder(decoder, pieces) == (EVENTS, None)


def test_whole_reply() -> None:
    """A reply in one piece tells its details in the same way."""
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
    """Encrypted thinking makes no event yet, but the reply goes on."""
    decoder = OpenAIStream(thinking=DetailsThinking())
    assert decoder.feed(sse(delta(reasoning_details=[SECRET]))) == []
    assert decoder.progress_count == 1
    assert decoder.feed(sse(delta(content="", reasoning=None, reasoning_details=[]))) == []
    assert decoder.progress_count == 1


def test_thoughts_of_several_runs_go_back_as_one_list() -> None:
    """Details told behind text belong to those before it, whichever part holds them."""
    runs = [[told("a")], [SIGNED], [SECRET]]
    parts = [ReasoningPart("", msgspec.json.encode(run).decode()) for run in runs]
    message = _plain(with_details({"role": "assistant"}, parts))
    assert [told("a", signature="Et8="), SECRET] == message["reasoning_details"]


@pytest.mark.parametrize("signature", [None, "reasoning", '{"type":"message"}', "[[", "[1]"])
def test_thinking_without_details(signature: str | None) -> None:
    """Where no details came, or what came is not ours, the text goes back alone."""
    message = {"role": "assistant", "content": "t"}
    parts = [ReasoningPart("a", signature), ReasoningPart("b", signature)]
    assert message | {"reasoning": "ab"} == with_details(message, parts)
    assert message == with_details(message, [ReasoningPart("", signature)])


def test_details_have_an_end() -> None:
    """A server that sends details for ever fails, before they fill the memory."""
    thinking = DetailsThinking()
    fields = _fields(reasoning_details=[{"type": "reasoning.encrypted", "data": "x" * 100_000}])
    for _ in range(39):
        thinking.take(fields)
    failure = failure_of(lambda: thinking.take(fields))
    assert FailureClass.PROTOCOL is failure.kind
    assert str(MAX_DETAILS) in failure.message
