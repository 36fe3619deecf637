"""Deltas add up to the message of the final result."""

import pytest

from aircherd.chat.replies.reply import MAX_CHARACTERS, Reply
from aircherd.errors import ProviderFailed
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    AboutDelta,
    AudioDelta,
    Ending,
    ImageDelta,
    OtherDelta,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)


def test_text_pieces_join_into_one_part():
    """It does not matter how the text was split."""
    reply = Reply()
    reply.add([TextDelta("Hel"), TextDelta("lo")])
    reply.add([TextDelta(" you")])
    assert reply.message("up/m") == {
        "role": "assistant",
        "content": [{"type": "text", "text": "Hello you"}],
    }
    assert reply.text() == "Hello you"


def test_interleaved_tool_calls_are_separated_by_index():
    """Fragments of parallel calls may alternate."""
    reply = Reply()
    reply.add([TextDelta("Look:"), ToolCallDelta(0, "a", "f", '{"x"'), ToolCallDelta(1, "b", "g")])
    reply.add([ToolCallDelta(0, arguments=":1}"), TextDelta("done")])
    assert reply.message("up/m")["content"] == [
        {"type": "text", "text": "Look:"},
        {"type": "tool_call", "id": "a", "name": "f", "arguments": '{"x":1}'},
        {"type": "tool_call", "id": "b", "name": "g", "arguments": "{}"},
        {"type": "text", "text": "done"},
    ]


def test_counts_are_not_output():
    """After an input count, a fallback is still possible."""
    reply = Reply()
    reply.add([UsageDelta(Usage(input_tokens=3))])
    assert (reply.has_output, reply.usage) == (False, Usage(input_tokens=3))


def test_usage_of_the_ending_wins():
    """Without it, the latest delta counts."""
    reply = Reply()
    reply.add([UsageDelta(Usage(input_tokens=3)), TextDelta("x"), Ending("stop")])
    assert reply.usage == Usage(input_tokens=3)
    reply.add([Ending("stop", Usage(input_tokens=4, output_tokens=1))])
    assert reply.usage == Usage(input_tokens=4, output_tokens=1)


def test_empty_reply_is_an_empty_message():
    """Nothing is added."""
    assert Reply().message("up/m") == {"role": "assistant", "content": []}


@pytest.mark.parametrize(
    "event", [TextDelta("x" * 100_000), ToolCallDelta(0, "a", "f", "1" * 100_000)]
)
def test_endless_reply_is_stopped(event):
    """The whole reply must fit into one frame to the client."""
    reply = Reply()
    for _ in range(MAX_CHARACTERS // 100_000 - 1):
        reply.add([event])
    reply.add([TextDelta("x" * 50_000)])
    with pytest.raises(ProviderFailed) as caught:
        reply.add([event])
    assert caught.value.failure.kind is FailureClass.PROTOCOL


@pytest.mark.parametrize(
    "event",
    [
        lambda n: ToolCallDelta(n, call_id="i" * 100_000, name="f"),
        lambda n: ToolCallDelta(n, call_id="i", name="f" * 100_000),
        ToolCallDelta,
    ],
)
def test_tool_calls_are_bounded(event):
    """Ids, names and empty calls use memory too."""
    events = [event(number) for number in range(10_000)]
    with pytest.raises(ProviderFailed, match="sent more than"):
        Reply().add(events)


@pytest.mark.parametrize(
    ("events", "is_empty"),
    [
        ([], True),
        ([TextDelta("")], True),
        ([ReasoningDelta("hm")], True),
        ([TextDelta("a")], False),
        ([ToolCallDelta(0, "a", "f")], False),
        ([OtherDelta("k", "{}")], False),
        ([AboutDelta("k", "{}")], True),
        ([AboutDelta("k", "{}"), OtherDelta("k", "{}")], False),
        ([ImageDelta("AAAA")], False),
        ([AudioDelta("AAAA")], False),
    ],
)
def test_a_reply_that_answers_nothing_is_empty(events, is_empty):
    """Only if nothing stopped it, and it is over."""
    reply = Reply()
    reply.add(events)
    assert not reply.is_empty
    reply.add([Ending("stop")])
    assert reply.is_empty == is_empty
    cut = Reply()
    cut.add([*events, Ending("length")])
    assert not cut.is_empty


def test_an_end_with_calls_that_has_none_is_empty() -> None:
    """A server says `tool_calls` and sends no call: nothing was answered."""
    reply = Reply()
    reply.add([Ending("tool_calls")])
    assert reply.is_empty
