"""Which parts are sent back to which model."""

from aircherd.chat.request.origins import for_origin
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.parts import OtherPart, ReasoningPart, TextPart, ToolCallPart, seal
from helpers.providers.provider_calls import a_request

MINE, OTHER = "anthropic/claude-x", "openai/gpt-x"


def parts_for(origin, *parts):
    request = a_request({"role": "user", "content": "q"}, {"role": "assistant", "content": parts})
    return [message.content for message in for_origin(request, origin).messages[1:]]


def test_request_without_signed_parts_is_not_copied():
    """This is the usual case."""
    request = a_request({"role": "user", "content": [{"type": "text", "text": "q"}]})
    assert for_origin(request, MINE) is request


def test_own_model_gets_all_parts():
    """Signatures and reasoning are unchanged."""
    parts = [
        {"type": "reasoning", "text": "hm", "signature": "s1", "origin": MINE},
        {"type": "text", "text": "a", "signature": "s2", "origin": MINE},
    ]
    assert parts_for(MINE, *parts) == [
        [ReasoningPart("hm", "s1", MINE), TextPart("a", "s2", MINE)],
    ]


def test_other_models_get_no_signatures_or_reasoning():
    """Text and tool calls are sent without them."""
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


def test_signature_without_an_origin_is_dropped():
    """A client that lost the origin cannot prove which model made the part."""
    part = {"type": "reasoning", "text": "hm", "signature": "s1"}
    assert parts_for(MINE, {"type": "text", "text": "a"}, part) == [[TextPart("a")]]


def test_reasoning_only_turn_is_dropped_for_other_models():
    """Nothing would be left of it."""
    part = {"type": "reasoning", "text": "", "signature": "s1", "origin": MINE}
    assert parts_for(OTHER, part) == []
    assert parts_for(MINE, part) == [[ReasoningPart("", "s1", MINE)]]


def other(origin, data="{}"):
    return {
        "type": "other",
        "kind": "search",
        "origin": origin,
        "data": data,
        "signature": seal("search", origin, "{}"),
    }


def test_what_has_no_word_of_ours_goes_back_unchanged_or_not_at_all():
    """To its own model, in its place."""
    text = {"type": "text", "text": "a"}
    assert parts_for(MINE, text, other(MINE), text) == [
        [TextPart("a"), OtherPart(**{k: v for k, v in other(MINE).items() if k != "type"}),
         TextPart("a")]
    ]  # fmt: skip
    assert parts_for(MINE, text, other(OTHER)) == [[TextPart("a")]]
    assert parts_for(MINE, text, other(MINE, '{"changed":1}')) == [[TextPart("a")]]
    assert parts_for(MINE, text, other(MINE) | {"signature": "x"}) == [[TextPart("a")]]


def test_a_vendors_citations_go_back_to_it_only():
    """Others get the text."""
    cited = {"type": "text", "text": "a", "origin": MINE, "citations": [{"data": "{}"}]}
    assert parts_for(MINE, cited) == [[TextPart("a", None, MINE, citations=[Citation(data="{}")])]]
    assert parts_for(OTHER, cited) == [[TextPart("a")]]


def test_pictures_keep_no_foreign_signature():
    """The picture itself is for everyone."""
    made = {"type": "image", "data": "iVBORw0KGgo=", "signature": "s", "origin": MINE}
    [[kept]] = parts_for(MINE, made)
    assert (kept.signature, kept.origin) == ("s", MINE)
    [[given]] = parts_for(OTHER, made)
    assert (given.data, given.signature, given.origin) == ("iVBORw0KGgo=", None, None)


def test_answers_to_what_is_left_out_are_left_out_too():
    """Another provider knows nothing of the request for approval."""
    data = '{"type":"mcp_approval_request","id":"r1"}'
    asked = {
        "type": "other",
        "kind": "mcp_approval_request",
        "origin": MINE,
        "data": data,
        "signature": seal("mcp_approval_request", MINE, data),
    }
    request = a_request(
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": [{"type": "text", "text": "May I?"}, asked]},
        {"role": "user", "content": [{"type": "tool_result", "id": "r1", "content": "approve"}]},
    )
    assert for_origin(request, MINE) is request
    assert [message.content for message in for_origin(request, OTHER).messages] == [
        "q",
        [TextPart("May I?")],
    ]


def test_parts_in_a_tool_result_lose_their_signatures_too():
    """A client may put a picture of one model into the result of a call by another."""
    picture = {"type": "image", "data": "iVBORw0KGgo=", "signature": "s", "origin": MINE}
    text = {"type": "text", "text": "a", "origin": MINE, "citations": [{"data": "{}"}]}
    results = [
        {"type": "tool_result", "id": "c", "content": [picture, text]},
        {"type": "tool_result", "id": "d", "content": "plain"},
    ]
    [[first, second]] = parts_for(OTHER, *results)
    assert first.content == [ImagePart(data="iVBORw0KGgo="), TextPart("a")]
    assert second.content == "plain"
    [[first, _]] = parts_for(MINE, *results)
    assert first.content[0].signature == "s"
