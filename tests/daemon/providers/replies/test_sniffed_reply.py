"""A reply is read by its bytes, whatever its label says."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.errors import ProviderFailed
from aircherd.providers.anthropic.adapter import AnthropicMessages
from aircherd.providers.gemini.adapter import GeminiContent
from aircherd.providers.ollama.adapter import OllamaChat
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.openai_responses.adapter import OpenAIResponses
from aircherd.providers.replies.sniffed_reply import SniffedReply, read_body
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, ReplyEvent, TextDelta
from helpers.providers.provider_calls import cut_in_two, run_decoder, sse

CHAT = OpenAIChat()
CHAT_PIECES = [
    {"choices": [{"delta": {"content": "a"}}]},
    {"choices": [{"delta": {"content": "b"}}]},
    {"choices": [{"delta": {}, "finish_reason": "stop"}]},
]
CHAT_WHOLE = {"choices": [{"message": {"content": "ab"}, "finish_reason": "stop"}]}
GEMINI_PIECES = [
    {"candidates": [{"content": {"parts": [{"text": "a"}]}}]},
    {"candidates": [{"content": {"parts": [{"text": "b"}]}, "finishReason": "STOP"}]},
]
OLLAMA_PIECES = [
    {"message": {"content": "a"}, "done": False},
    {"message": {"content": "b"}, "done": True, "done_reason": "stop"},
]
OLLAMA_WHOLE = {"message": {"content": "ab"}, "done": True, "done_reason": "stop"}
ANTHROPIC_WHOLE = {
    "type": "message",
    "content": [{"type": "text", "text": "ab"}],
    "stop_reason": "end_turn",
}
RESPONSES_WHOLE = {
    "status": "completed",
    "output": [{"type": "message", "content": [{"type": "output_text", "text": "ab"}]}],
}


def lines(values: list[dict[str, object]], between: str = "\n") -> bytes:
    return between.join(map(json.dumps, values)).encode()


def pretty(value: object) -> bytes:
    return json.dumps(value, indent=2).encode()


def text_of(events: list[ReplyEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


BODIES = [
    (CHAT, sse(*CHAT_PIECES, b"[DONE]")),
    (CHAT, b"\xef\xbb\xbf\n: hi\n\n" + sse(*CHAT_PIECES)),
    (CHAT, b"id: 1\nevent: x\n" + sse(*CHAT_PIECES)),
    (CHAT, lines(CHAT_PIECES)),
    (CHAT, lines(CHAT_PIECES) + b"\n[DONE]"),
    (CHAT, pretty(CHAT_PIECES)),
    (CHAT, json.dumps(CHAT_WHOLE).encode()),
    (CHAT, b"\xef\xbb\xbf \n" + pretty(CHAT_WHOLE) + b"\0"),
    (AnthropicMessages(), pretty(ANTHROPIC_WHOLE)),
    (OpenAIResponses(), pretty(RESPONSES_WHOLE)),
    (GeminiContent(), pretty(GEMINI_PIECES)),
    (GeminiContent(), lines(GEMINI_PIECES)),
    (GeminiContent(), sse(*GEMINI_PIECES)),
    (OllamaChat(), lines(OLLAMA_PIECES)),
    (OllamaChat(), lines(OLLAMA_PIECES, "")),
    (OllamaChat(), pretty(OLLAMA_WHOLE)),
    (OllamaChat(), json.dumps(OLLAMA_WHOLE).encode()),
    (OllamaChat(), sse(*OLLAMA_PIECES)),
]


@pytest.mark.parametrize("is_labelled_stream", [True, False])
@pytest.mark.parametrize("may_stream", [True, False])
@pytest.mark.parametrize(("adapter", "body"), BODIES)
def test_reads_what_the_bytes_are(adapter, body, is_labelled_stream, may_stream):
    """Streams and whole replies under each other's label, cut anywhere."""
    for pieces in ([body], *cut_in_two(body)[::7]):
        sniffed = SniffedReply(
            adapter, is_labelled_stream=is_labelled_stream, may_stream=may_stream
        )
        events, failure = run_decoder(sniffed, pieces)
        assert failure is None
        assert (text_of(events), type(events[-1])) == ("ab", Ending)


@pytest.mark.parametrize(("adapter", "body"), BODIES)
def test_reads_a_whole_body(adapter, body):
    """A body that is there as a whole is read in the same way."""
    events = read_body(adapter, body)
    assert (text_of(events), type(events[-1])) == ("ab", Ending)


@pytest.mark.parametrize(
    ("adapter", "body"),
    [
        (CHAT, sse(*CHAT_PIECES)),
        (CHAT, lines(CHAT_PIECES)),
        (GeminiContent(), b"[" + lines(GEMINI_PIECES, ",")),
        (OllamaChat(), lines(OLLAMA_PIECES)),
    ],
)
@pytest.mark.parametrize("is_labelled_stream", [True, False])
def test_a_stream_stays_one(adapter, body, is_labelled_stream):
    """Text comes out before the body is over."""
    sniffed = SniffedReply(adapter, is_labelled_stream=is_labelled_stream, may_stream=True)
    assert text_of(sniffed.feed(body)).startswith("a")


@pytest.mark.parametrize("is_labelled_stream", [True, False])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<!DOCTYPE html><p>Sign in", "web page"),
        (b"\n <html>", "web page"),
        (b"upstream is gone", "upstream is gone"),
        (b"data is not here", "data is not here"),
        (b'"a text"', "a text"),
        (b'{"error":{"message":"the quota is spent"}}', "the quota is spent"),
        (b'[{"error":{"message":"the quota is spent"}}]', "the quota is spent"),
        (b'error: {"message":"the quota is spent"}', "the quota is spent"),
        (b'{"detail":"the quota is spent"}', "the quota is spent"),
        (b"{", ""),
        (b"[]", ""),
        (b"dat", ""),
        (b"\xef\xbb", ""),
        (b" " * 100_000, ""),
        (b"{" * 100_000, ""),
    ],
)
def test_what_is_no_reply_is_a_failure(body: bytes, message: str, is_labelled_stream: bool) -> None:
    """Its words are quoted."""
    for may_stream, pieces in itertools.product([True, False], ([body], [body[:3], body[3:]])):
        sniffed = SniffedReply(CHAT, is_labelled_stream=is_labelled_stream, may_stream=may_stream)
        events, failure = run_decoder(sniffed, pieces)
        assert events == []
        assert failure is not None
        assert message in failure.message


def test_a_list_that_breaks_off_is_truncated() -> None:
    """The first of its objects is not the whole reply."""
    body = b"[" + lines(GEMINI_PIECES, ",")
    sniffed = SniffedReply(GeminiContent(), is_labelled_stream=False, may_stream=True)
    events, failure = run_decoder(sniffed, [body[:-30]])
    assert text_of(events) == "a"
    assert failure is not None
    assert failure.kind is FailureClass.TRUNCATED


def test_blank_lines_before_a_whole_reply_are_progress() -> None:
    """Some servers send them while the model works; before a stream they are keep-alives."""
    for is_labelled_stream, count in ((False, 2), (True, 0)):
        sniffed = SniffedReply(CHAT, is_labelled_stream=is_labelled_stream, may_stream=False)
        assert sniffed.feed(b"\n") == sniffed.feed(b"\n") == []
        assert sniffed.progress_count == count
        assert sniffed.feed(sse(*CHAT_PIECES))[0] == TextDelta("a")


_BITS = st.sampled_from(
    [b"{", b"[", b"]", b"}", b"\n", b"data: ", b"error: ", b'{"a":1}', b"\xef\xbb\xbf", b" ", b"d"]
)
ADAPTERS = [CHAT, AnthropicMessages(), GeminiContent(), OllamaChat(), OpenAIResponses()]


@given(
    st.sampled_from(ADAPTERS),
    st.booleans(),
    st.booleans(),
    st.lists(st.one_of(_BITS, st.binary(min_size=1, max_size=8)), max_size=10),
)
def test_whatever_the_bytes_it_ends(adapter, is_labelled_stream, may_stream, pieces):
    """In a reply or a failure: never in another exception."""
    sniffed = SniffedReply(adapter, is_labelled_stream=is_labelled_stream, may_stream=may_stream)
    events, failure = run_decoder(sniffed, pieces)
    assert failure is not None or type(events[-1]) is Ending
    try:
        events = read_body(adapter, b"".join(pieces))
    except ProviderFailed:
        return
    assert type(events[-1]) is Ending
