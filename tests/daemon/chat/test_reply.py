"""Deltas add up to the message of the final result."""

import pytest

from aircherd.chat.reply import MAX_CHARACTERS, MAX_ITEMS, Reply
from aircherd.errors import ProviderFailed
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import seal
from aircherd.vocabulary.reply import (
    AudioDelta,
    CitationDelta,
    Ending,
    ImageDelta,
    InItem,
    OtherDelta,
    PartEnd,
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


# ------------------------------------------------------------------ what most replies do not have


def content(*events):
    reply = Reply()
    reply.add(events)
    return reply.message("up/m")["content"]


def test_a_refusal_is_marked():
    """Its text is text, for clients that know no better."""
    assert content(TextDelta("No", refusal=True), TextDelta(".", refusal=True)) == [
        {"type": "text", "text": "No.", "refusal": True}
    ]


def test_citations_belong_to_the_text_before_them():
    """Also after something else came between; they go back to their model only."""
    one, two = Citation(url="https://a", start=0, end=2), Citation(data="{}")
    made = content(
        TextDelta("so"),
        CitationDelta(one),
        ReasoningDelta("hm"),
        CitationDelta(two),
        Ending("stop"),
    )
    assert made[0] == {
        "type": "text",
        "text": "so",
        "citations": [{"url": "https://a", "start": 0, "end": 2}, {"data": "{}"}],
        "origin": "up/m",
    }
    assert content(CitationDelta(two))[0]["citations"] == [{"data": "{}"}]


def test_a_part_can_end_without_a_signature():
    """What follows is a part of its own, as the provider had it."""
    assert content(TextDelta("a"), PartEnd(), TextDelta("b"), PartEnd(), PartEnd()) == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
    ]


def test_pictures_sound_and_others_are_in_their_places():
    """With the origin that may get them back."""
    made = content(
        TextDelta("see"),
        ImageDelta("AAAA", "image/png", signature="s"),
        AudioDelta("BBBB", "audio/wav", "hi"),
        OtherDelta("search", '{"q":1}'),
        TextDelta("there"),
    )
    assert made == [
        {"type": "text", "text": "see"},
        {"type": "image", "data": "AAAA", "media_type": "image/png", "signature": "s",
         "origin": "up/m"},
        {"type": "audio", "data": "BBBB", "media_type": "audio/wav", "transcript": "hi",
         "origin": "up/m"},
        {"type": "other", "kind": "search", "origin": "up/m", "data": '{"q":1}',
         "signature": seal("search", "up/m", '{"q":1}')},
        {"type": "text", "text": "there"},
    ]  # fmt: skip


def test_a_custom_call_is_any_text():
    """It is not checked, and an empty one stays empty."""
    call = ToolCallDelta(0, "a", "sh", "ls {", custom=True)
    assert content(call, Ending("tool_calls")) == [
        {"type": "tool_call", "id": "a", "name": "sh", "arguments": "ls {", "custom": True}
    ]
    assert content(ToolCallDelta(0, "a", "sh", custom=True))[0]["arguments"] == ""


@pytest.mark.parametrize("arguments", ['{"a":', "[]", "null", '"x"', '{}{"a":1}', "{'a':1}"])
@pytest.mark.parametrize("finish", ["stop", "tool_calls"])
def test_half_a_call_is_never_a_success(arguments, finish):
    """The message names the function; the counts are kept for the account."""
    reply = Reply()
    with pytest.raises(ProviderFailed, match="not a JSON object: run") as caught:
        reply.add([ToolCallDelta(0, "a", "run", arguments), Ending(finish, Usage(3, 4))])
    assert caught.value.failure.kind is FailureClass.SERVER
    assert (reply.ending, reply.usage) == (None, Usage(3, 4))


@pytest.mark.parametrize("finish", ["length", "content_filter", "pause", "refusal"])
def test_a_reply_that_was_stopped_may_have_half_a_call(finish):
    """The finish says that it is not whole."""
    assert content(ToolCallDelta(0, "a", "run", '{"a":'), Ending(finish))


@pytest.mark.parametrize(
    ("events", "is_empty"),
    [
        ([], True),
        ([TextDelta("")], True),
        ([ReasoningDelta("hm")], True),
        ([TextDelta("a")], False),
        ([ToolCallDelta(0, "a", "f")], False),
        ([OtherDelta("k", "{}")], False),
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


def test_items_keep_the_order_in_which_they_began():
    """What belongs to an earlier item joins it, though later ones have begun."""
    reply = Reply()
    reply.add([InItem(0), ReasoningDelta("Hm"), InItem(1), TextDelta("Hel"), InItem(0)])
    reply.add([ReasoningDelta("", "signed"), InItem(1), TextDelta("lo"), Ending("stop")])
    assert reply.text() == "Hello"
    assert reply.message("up/m")["content"] == [
        {"type": "reasoning", "text": "Hm", "signature": "signed", "origin": "up/m"},
        {"type": "text", "text": "Hello"},
    ]


def test_an_item_can_begin_before_others():
    """A place that is not known puts it at the end."""
    reply = Reply()
    reply.add([InItem(5), TextDelta("b"), InItem(2, before=5), ReasoningDelta("a")])
    reply.add([InItem(7, before=9), TextDelta("c")])
    texts = [part["text"] for part in reply.message("up/m")["content"]]
    assert texts == ["a", "b", "c"]


def test_an_item_without_a_part_is_nothing():
    """It is not shown, and nothing has begun."""
    reply = Reply()
    reply.add([InItem(0), Ending("stop")])
    assert (reply.has_begun, reply.is_empty, reply.message("up/m")["content"]) == (False, True, [])


def test_endless_items_are_stopped():
    """Each takes memory, even without a part."""
    reply = Reply()
    with pytest.raises(ProviderFailed, match="items"):
        reply.add([InItem(number) for number in range(MAX_ITEMS + 1)])


def test_an_end_with_calls_that_has_none_is_empty() -> None:
    """A server says `tool_calls` and sends no call: nothing was answered."""
    reply = Reply()
    reply.add([Ending("tool_calls")])
    assert reply.is_empty
