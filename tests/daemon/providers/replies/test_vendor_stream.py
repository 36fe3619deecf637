"""Every vendor's stream keeps the message of an error, whatever its shape."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.errors import ProviderFailed
from aircherd.providers.anthropic.reply.stream import AnthropicStream
from aircherd.providers.chat_completions.reply import OpenAIStream
from aircherd.providers.codec.sse import SseDecoder
from aircherd.providers.gemini.reply import GeminiStream
from aircherd.providers.ollama.reply import OllamaStream
from aircherd.providers.openai_responses.reply import ResponsesStream
from aircherd.providers.replies.vendor_stream import VendorStream
from aircherd.vocabulary.reply import TextDelta
from helpers.providers.provider_calls import run_decoder, sse

STREAMS = [OpenAIStream, AnthropicStream, GeminiStream, OllamaStream, ResponsesStream]
A, B = (b'{"choices":[{"delta":{"content":"%b"}}]}' % text for text in (b"a", b"b"))
WORDS = "the quota of workers is spent"
ERRORS = [
    b'error: {"code":400,"message":"@","type":"x"}\n\n',
    b"error: @\n\n",
    b"event: error\ndata: @\n\n",
    b'event: error\ndata: "@"\n\n',
    b'event: error\ndata: {"message":"@"}\n\n',
    b'event: error\ndata: {"type":"error","error":{"type":"x","message":"@"}}\n\n',
    b'event: error\ndata: {"detail":"@"}\n\n',
    b'data: {"error":{"message":"@"}}\nevent: error\n\n',
    b'data: {"error":"@"}\n\n',
    b'data: {"detail":"@"}\n\n',
    b'data: {"status":"439","msg":"@"}\n\n',
    b'data: {"error_type":"x","error_message":"@","choices":null}\n\n',
    b'data: {"base_resp":{"status_code":1002,"status_msg":"@"}}\n\n',
    b'data: {"error":{"message":"@\t\xff"}}\n\n',
]


def a_stream(make: type[VendorStream]) -> VendorStream:
    stream = make()
    stream.use_framing(SseDecoder())
    return stream


@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n", b": bye\n\n"])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("make", STREAMS)
def test_errors_keep_their_message(make: type[VendorStream], error: bytes, end: bytes) -> None:
    """By the event's name, its field, or its data; before an end mark or without one."""
    body = error.replace(b"@", WORDS.encode()) + end
    for pieces in ([body], [body[:20], body[20:]], [error.replace(b"@", WORDS.encode()), end]):
        events, failure = run_decoder(a_stream(make), pieces)
        assert events == []
        assert failure is not None
        assert WORDS in failure.message


@pytest.mark.parametrize("error", ERRORS)
def test_errors_in_mid_stream_keep_their_message(error: bytes) -> None:
    """What came before is returned first."""
    text = sse({"choices": [{"delta": {"content": "half"}}]})
    for pieces in (
        [text + error.replace(b"@", WORDS.encode())],
        [text, error.replace(b"@", WORDS.encode())],
    ):
        events, failure = run_decoder(OpenAIStream(), pieces)
        assert events == [TextDelta("half")]
        assert failure is not None
        assert WORDS in failure.message


@pytest.mark.parametrize(
    "body",
    [
        b"data: " + A + B + b"\n\ndata: [DONE]\n\n",
        b"data: " + A + b"\ndata: " + B + b"\ndata: [DONE]\n",
        b"data:" + A + b"\r\rdata:" + B + b"\0\r\rid: 7\rretry: 3\r\rdata:[DONE]\r\r",
    ],
)
def test_several_objects_in_an_event(body: bytes) -> None:
    """They are read one after the other; so are events without an empty line between them."""
    events, failure = run_decoder(OpenAIStream(), [body])
    assert failure is None
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "ab"


_BITS = st.sampled_from(
    [
        b"data: ",
        b"error: ",
        b"event: error\n",
        b"\n\n",
        b"\n",
        b"\r",
        b"[DONE]",
        b'{"choices":[{"delta":{"content":"a"}}]}',
        b'{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}',
        b'{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}',
        b'{"message":{"content":"a"},"done":true}\n',
        b'{"type":"response.output_text.delta","delta":"a"}',
        b'{"error":[[',
        json.dumps({"detail": [{"msg": "x"}]}).encode(),
        b"\xff\xfe\x00",
        b'"\\ud800',
        b"]}",
        b"NaN",
    ]
)


@given(st.sampled_from(STREAMS), st.lists(st.one_of(_BITS, st.binary(max_size=8)), max_size=12))
def test_whatever_the_bytes_it_ends(make, pieces):
    """In events, a failure, or the wish for more: never in another exception."""
    for decoder in (make(), a_stream(make)):
        try:
            for piece in pieces:
                decoder.feed(piece)
        except ProviderFailed:
            continue
        for _ in range(3):
            try:
                decoder.close()
            except ProviderFailed:
                break
