"""What is kept of a reply while its chunks are read."""

import msgspec
import pytest

from aircherd.providers.chat_completions.reply import OpenAIStream, read_whole
from aircherd.providers.chat_completions.thinking import FieldThinking, ThinkingFields
from aircherd.vocabulary.reply import Ending, ReasoningDelta, ReplyEvent, TextDelta, ToolCallDelta
from helpers.providers.chat_chunks import COUNTED, DONE, USAGE, chunk, decode, piece, whole
from helpers.providers.provider_calls import sse


@pytest.mark.parametrize(
    ("reason", "native", "finish"),
    [
        ("tool_calls", "length", "length"),
        ("stop", "MAX_TOKENS", "length"),
        ("tool_calls", "tool_use", "tool_calls"),
        ("stop", "unknown", "stop"),
        ("content_filter", "length", "content_filter"),
    ],
)
def test_the_native_reason_tells_half_a_call(reason: str, native: str, finish: str) -> None:
    """OpenRouter says `tool_calls` where the model was cut off in one."""
    choice = {"delta": {}, "finish_reason": reason, "native_finish_reason": native}
    *_, ending = decode(chunk("a"), {"choices": [choice]}, DONE)[0]
    assert isinstance(ending, Ending)
    assert ending.finish == finish


def test_the_model_is_the_last_that_was_named() -> None:
    """A chunk without the model's name does not remove it."""
    *_, ending = decode(chunk("a", finish="stop"), {"choices": [], "usage": USAGE}, DONE)[0]
    assert Ending("stop", COUNTED, "m-1") == ending


class Hidden(FieldThinking):
    """Thinking without text."""

    def take(self, fields: ThinkingFields) -> str | None:
        return "" if fields.reasoning else None

    def end(self) -> str | None:
        return "signed"


@pytest.mark.parametrize(
    ("delta", "counts"),
    [({"content": "", "reasoning": "hm"}, True), ({"content": ""}, False), ({}, False)],
)
def test_hidden_thinking_is_progress_and_empty_chunks_are_none(
    delta: dict[str, object], counts: bool
) -> None:
    """Hidden thinking makes no event, but counts as progress."""
    decoder = OpenAIStream(thinking=Hidden())
    assert decoder.feed(sse({"choices": [{"delta": delta}]})) == []
    assert counts == bool(decoder.progress_count)


@pytest.mark.parametrize(
    ("end", "events"),
    [
        (chunk("a"), [TextDelta("a")]),
        ({"choices": [{"delta": {"refusal": "No."}}]}, [TextDelta("No.", refusal=True)]),
        (chunk(calls=[piece("{", id="a", name="f")]), [ToolCallDelta(0, "a", "f", "{")]),
        (chunk(finish="stop"), []),
        (DONE, [Ending("stop")]),
    ],
)
def test_anything_else_ends_a_run_of_thinking(end: object, events: list[ReplyEvent]) -> None:
    """Its signature comes once, when something else begins or the reply ends."""
    thought = {"choices": [{"delta": {"reasoning": "hm"}}]}
    decoder = OpenAIStream(thinking=Hidden())
    assert decoder.feed(sse(thought)) == []
    found = decoder.feed(sse(end))
    assert [ReasoningDelta(signature="signed"), *events] == found
    assert not any(isinstance(event, ReasoningDelta) for event in decoder.feed(sse(DONE)))


def message(content: object, **more: object) -> dict[str, object]:
    return {"role": "assistant", "content": content, **more}


CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"p":1}'}}


@pytest.mark.parametrize(
    ("delta", "full", "events"),
    [
        (message(""), message("Hi"), [TextDelta("Hi")]),
        (message("Hi"), message("Hi"), [TextDelta("Hi")]),
        (message("Hi"), message(""), [TextDelta("Hi")]),
        (None, message("Hi"), [TextDelta("Hi")]),
        (
            {"reasoning_content": "hm"},
            message("Hi", reasoning_content="hm"),
            [ReasoningDelta("hm"), TextDelta("Hi")],
        ),
        (
            {"tool_calls": [{"index": 0, **CALL}]},
            message("", tool_calls=[CALL]),
            [ToolCallDelta(0, "a", "f", '{"p":1}')],
        ),
        ({}, message(None, tool_calls=[CALL]), [ToolCallDelta(0, "a", "f", '{"p":1}')]),
    ],
)
def test_a_delta_and_a_message_beside_each_other(
    delta: object, full: object, events: list[ReplyEvent]
) -> None:
    """Whichever has content is read, and what both have is read once; streamed or whole."""
    choice = {"index": 0, "delta": delta, "message": full, "finish_reason": "stop"}
    data = {"choices": [choice]}
    assert read_whole(msgspec.json.encode(data))[:-1] == events
    assert decode(data, DONE)[0][:-1] == events


def test_a_growing_message_beside_deltas_is_not_doubled() -> None:
    """Perplexity repeats all of the text so far in every chunk, and once more at the end."""
    chunks, so_far = [], ""
    for text in ("", "Hel", "lo", ""):
        so_far += text
        choice = {"delta": message(text), "message": message(so_far), "finish_reason": None}
        chunks.append({"choices": [choice]})
    events, failure = decode(*chunks, chunk(finish="stop"), DONE)
    assert failure is None
    assert [TextDelta("Hel"), TextDelta("lo")] == events[:-1]


def test_a_stream_of_growing_messages() -> None:
    """Without deltas only what is new in each message is text."""
    chunks = [{"choices": [{"message": message(text)}]} for text in ("Hel", "Hello", "Hello!")]
    events, _ = decode(*chunks, DONE)
    assert [TextDelta("Hel"), TextDelta("lo"), TextDelta("!")] == events[:-1]


@pytest.mark.parametrize("arguments", [['{"p":1}'], ['{"p"', ":1}"]])
def test_the_first_form_of_a_tool_call(arguments: list[str]) -> None:
    """`function_call` is a call like any other, streamed or whole."""
    pieces = [{"arguments": each} for each in arguments]
    pieces[0]["name"] = "f"
    chunks = [{"choices": [{"delta": {"function_call": each}}]} for each in pieces]
    *found, ending = decode(*chunks, chunk(finish="function_call"), DONE)[0]
    assert [each.arguments for each in found if isinstance(each, ToolCallDelta)] == arguments
    assert isinstance(ending, Ending)
    assert ending.finish == "tool_calls"
    *_, call, _, ending = read_whole(whole(function_call={"name": "f", "arguments": '{"p":1}'}))
    assert isinstance(call, ToolCallDelta)
    assert (call.name, call.arguments) == ("f", '{"p":1}')


def test_calls_that_are_held_back_come_before_what_follows() -> None:
    """Text or thinking after a call does not overtake it."""
    call = ToolCallDelta(0, "a", "f", '{"p":1}')
    events, _ = decode(chunk(calls=[CALL]), chunk("a"), chunk("b"), DONE)
    assert [call, TextDelta("a"), TextDelta("b")] == events[:-1]
    thought = {"choices": [{"delta": {"reasoning_content": "hm"}}]}
    events, _ = decode(chunk(calls=[CALL]), thought, DONE)
    assert [call, ReasoningDelta("hm")] == events[:-1]


def test_a_call_that_is_held_back_is_progress() -> None:
    """It makes no event yet."""
    decoder = OpenAIStream()
    assert decoder.feed(sse(chunk(calls=[CALL]))) == []
    assert decoder.progress_count == 1


def test_a_call_that_is_no_list() -> None:
    """One call may come without the list around it."""
    assert ToolCallDelta(0, "a", "f", '{"p":1}') in read_whole(whole(tool_calls=CALL))
