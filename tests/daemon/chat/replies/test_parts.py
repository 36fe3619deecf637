"""What few replies have: refusals, sources, pictures, sound, custom calls, and other parts."""

import pytest

from aircherd.chat.replies.reply import Reply
from aircherd.errors import ProviderFailed
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import seal
from aircherd.vocabulary.reply import (
    AudioDelta,
    CitationDelta,
    Ending,
    ImageDelta,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
)


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
