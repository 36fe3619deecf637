"""Replies in one piece, parsed by the official SDK."""

from anthropic.types import TextBlock, ThinkingBlock, ToolUseBlock

from aircherd.http_api.dialects.anthropic import DIALECT
from aircherd.vocabulary.reply import Usage
from helpers.http_api.anthropic_sdk import (
    ORIGIN,
    THINKING,
    parse_whole,
    read,
    result_of,
)

CALL = {"type": "tool_call", "id": "call_1", "name": "read", "arguments": '{"path":"a","n":1.50}'}
REASONING = {"type": "reasoning", "text": "Hmm.", "origin": ORIGIN}


def test_a_reply_with_all_that_the_api_has() -> None:
    """Thinking, text, a call, and every count."""
    parts = [REASONING, {"type": "text", "text": "I look."}, CALL]
    usage = Usage(100, 20, cached_tokens=50)

    body = DIALECT.whole_reply(read(thinking=THINKING), result_of(parts, "tool_calls", usage))

    message = parse_whole(body)
    thinking, text, call = message.content
    assert isinstance(thinking, ThinkingBlock)
    assert isinstance(text, TextBlock)
    assert isinstance(call, ToolUseBlock)
    assert (thinking.thinking, text.text) == ("Hmm.", "I look.")
    assert thinking.signature.startswith("air1.")
    assert (call.id, call.name, call.input) == ("call_1", "read", {"path": "a", "n": 1.5})
    assert (message.stop_reason, message.model) == ("tool_use", "gpt-5.5")
    assert (message.usage.input_tokens, message.usage.cache_read_input_tokens) == (50, 50)
    assert b'{"path":"a","n":1.50}' in body


def test_a_client_that_asked_for_no_thinking_gets_none() -> None:
    """Its first block is the answer."""
    parts = [REASONING, {"type": "other", "kind": "k", "data": "{}"}, {"type": "text", "text": "Y"}]

    message = parse_whole(DIALECT.whole_reply(read(), result_of(parts)))

    assert [block.type for block in message.content] == ["text"]


def test_half_a_call_is_left_out() -> None:
    """It must never be run; the reason says that a limit was reached."""
    parts = [{"type": "text", "text": "I look."}, {**CALL, "arguments": '{"path":'}]

    message = parse_whole(DIALECT.whole_reply(read(), result_of(parts, "length")))

    assert [block.type for block in message.content] == ["text"]
    assert message.stop_reason == "max_tokens"


def test_a_reply_with_nothing_in_it() -> None:
    """Is an empty list of blocks."""
    parts = [{"type": "text", "text": ""}]

    assert parse_whole(DIALECT.whole_reply(read(), result_of(parts))).content == []


def test_citations_pictures_and_sound() -> None:
    """Sources stay with their text; what this API has not becomes a text."""
    parts: list[dict[str, object]] = [
        {"type": "text", "text": "It rains.", "citations": [{"url": "https://a.test"}, {}]},
        {"type": "image", "url": "https://a.test/b.png", "origin": ORIGIN},
        {"type": "audio", "data": "AAAA", "transcript": "Good morning.", "origin": ORIGIN},
    ]

    message = parse_whole(DIALECT.whole_reply(read(), result_of(parts)))

    first = message.content[0]
    assert isinstance(first, TextBlock)
    assert [each.url for each in first.citations or ()] == ["https://a.test"]  # type: ignore[union-attr]
    assert [getattr(block, "text", "") for block in message.content[1:]] == [
        "![picture](https://a.test/b.png)",
        "Good morning.",
    ]


def test_signatures_come_before_calls_and_never_after_the_last_text() -> None:
    """In the order in which a stream has them."""
    signed = {"type": "text", "text": "I look.", "signature": "t", "origin": ORIGIN}
    call = {**CALL, "signature": "c", "origin": ORIGIN}
    chat = read(thinking=THINKING)

    tools = parse_whole(DIALECT.whole_reply(chat, result_of([signed, call], "tool_calls")))
    answer = parse_whole(DIALECT.whole_reply(chat, result_of([signed])))

    assert [block.type for block in tools.content] == [
        "text",
        "redacted_thinking",
        "redacted_thinking",
        "tool_use",
    ]
    assert [block.type for block in answer.content] == ["text"]
