"""Replies in one piece."""

import json

import pytest

from aircherd.errors import ProviderFailed
from aircherd.providers.anthropic.adapter import AnthropicMessages
from aircherd.providers.gemini.adapter import GeminiContent
from aircherd.providers.ollama.adapter import OllamaChat
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.replies import whole_reply
from aircherd.providers.replies.whole_reply import OneReply, read_json_reply
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, TextDelta
from helpers.providers.provider_calls import failure_of

PIECES = [
    {"message": {"content": "a"}, "done": False},
    {"message": {"content": "b"}, "done": False},
    {"message": {"content": ""}, "done": True, "done_reason": "stop"},
]


def lines(separator: str) -> bytes:
    return separator.join(json.dumps(piece) for piece in PIECES).encode()


@pytest.mark.parametrize("separator", ["\n", "", ",", "\r\n\r\n"])
def test_pieces_of_a_stream_are_read_together(separator: str) -> None:
    """One object per line, and anything like it, is read to its end."""
    events = read_json_reply(OllamaChat(), lines(separator))
    assert events == [TextDelta("a"), TextDelta("b"), Ending("stop")]


def test_a_stream_that_breaks_off_is_not_a_whole_reply() -> None:
    """The first object of several is never taken for the reply."""
    failure = failure_of(lambda: read_json_reply(OllamaChat(), lines("\n")[:-10]))
    assert failure.kind is FailureClass.TRUNCATED


@pytest.mark.parametrize(
    "adapter", [OpenAIChat(), AnthropicMessages(), GeminiContent(), OllamaChat()]
)
@pytest.mark.parametrize(
    "body",
    [
        b'{"status":"439","msg":"the token has expired"}',
        b'{"detail":"the token has expired"}',
        b'{"error_message":"the token has expired"}',
        b'{"base_resp":{"status_code":1,"status_msg":"the token has expired"}}',
        b'{"error":{"message":"the token has expired"}}',
        b'{"error":"the token has expired"}',
        b'{"message":"the token has expired","code":1}',
    ],
)
def test_errors_keep_their_message(adapter, body):
    """Whatever the shape in which they come with status 200."""
    with pytest.raises(ProviderFailed) as caught:
        read_json_reply(adapter, body)
    assert "the token has expired" in caught.value.failure.message


def test_a_large_body_is_not_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take too long at once."""
    monkeypatch.setattr(whole_reply, "MAX_SPLIT", 10)
    failure = failure_of(lambda: read_json_reply(OllamaChat(), lines("\n")))
    assert failure.kind is FailureClass.PROTOCOL


def test_one_reply_is_read_when_whole() -> None:
    """It is collected and read at its end."""
    reply = OneReply(lambda body: [TextDelta(body.decode()), Ending("stop")])
    assert reply.feed(b"on") == reply.feed(b"ce") == []
    assert reply.close() == [TextDelta("once"), Ending("stop")]
    assert reply.progress_count == 2


def test_one_reply_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless reply does not fill the memory."""
    monkeypatch.setattr(whole_reply, "MAX_REPLY", 10)
    reply = OneReply(lambda _: [])
    reply.feed(b"x" * 10)
    assert repr(reply) == "<OneReply 10 bytes>"
    with pytest.raises(ProviderFailed, match="more than 10 bytes"):
        reply.feed(b"x")


@pytest.mark.parametrize(
    ("adapter", "reply"),
    [
        (OpenAIChat(), {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}),
        (
            AnthropicMessages(),
            {"content": [{"type": "text", "text": "a"}], "stop_reason": "end_turn"},
        ),
        (
            GeminiContent(),
            {"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]},
        ),
        (OllamaChat(), {"message": {"content": "a"}, "done": True}),
    ],
)
@pytest.mark.parametrize("error", [{}, "", None, False, [], {"message": ""}, {"code": 0}])
def test_an_error_that_says_nothing_is_none(adapter, reply, error) -> None:
    """Some servers send the field with every reply."""
    body = json.dumps(reply | {"error": error}).encode()
    assert read_json_reply(adapter, body) == [TextDelta("a"), Ending("stop")]
