"""What goes back to its maker and what does not."""

from aircherd.chat.request.origins import for_origin
from aircherd.vocabulary.parts import ReasoningPart, TextPart, ToolCallPart
from helpers.providers.provider_calls import a_request

MINE, OTHER = "anthropic/claude-x", "openai/gpt-x"


def parts_for(origin, *parts):
    request = a_request({"role": "user", "content": "q"}, {"role": "assistant", "content": parts})
    return [message.content for message in for_origin(request, origin).messages[1:]]


def test_a_request_without_signed_parts_is_left_alone():
    """The usual case costs a look and no copy."""
    request = a_request({"role": "user", "content": [{"type": "text", "text": "q"}]})
    assert for_origin(request, MINE) is request


def test_its_maker_gets_everything_back():
    """Signatures verbatim, thinking included."""
    parts = [
        {"type": "reasoning", "text": "hm", "signature": "s1", "origin": MINE},
        {"type": "text", "text": "a", "signature": "s2", "origin": MINE},
    ]
    assert parts_for(MINE, *parts) == [
        [ReasoningPart("hm", "s1", MINE), TextPart("a", "s2", MINE)],
    ]


def test_others_get_neither_signatures_nor_thinking():
    """Text and calls go on without them."""
    parts = [
        {"type": "reasoning", "text": "hm", "signature": "s1", "origin": MINE},
        {"type": "text", "text": "a", "signature": "s2", "origin": MINE},
        {
            "type": "tool_call",
            "id": "c",
            "name": "f",
            "arguments": "{}",
            "signature": "s3",
            "origin": MINE,
        },
    ]
    assert parts_for(OTHER, *parts) == [[TextPart("a"), ToolCallPart("c", "f", "{}")]]


def test_a_signature_without_an_origin_is_nobodys():
    """A client that lost the origin cannot prove where the part belongs."""
    part = {"type": "reasoning", "text": "hm", "signature": "s1"}
    assert parts_for(MINE, {"type": "text", "text": "a"}, part) == [[TextPart("a")]]


def test_a_turn_that_was_only_thought_goes_to_its_maker_alone():
    """For others there is nothing left of it."""
    part = {"type": "reasoning", "text": "", "signature": "s1", "origin": MINE}
    assert parts_for(OTHER, part) == []
    assert parts_for(MINE, part) == [[ReasoningPart("", "s1", MINE)]]
