"""The JSON of replies is read leniently."""

import pytest

from aircherd.providers.anthropic.reply.stream import AnthropicStream
from aircherd.vocabulary.reply import Ending, TextDelta, Usage, UsageDelta
from helpers.memory import allocated
from helpers.providers.anthropic_replies import (
    STOP,
    Data,
    block,
    decode,
    delta,
    json_piece,
    message_delta,
    text,
)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"type": None},
        {"type": []},
        {"type": "message_start", "message": None},
        {"type": "message_start", "message": {"usage": None, "model": None}},
        {"type": "content_block_start", "index": None, "content_block": None},
        {"type": "content_block_start", "index": {}, "content_block": {"type": "text"}},
        {"type": "content_block_delta", "index": 9, "delta": None},
        {"type": "content_block_delta", "index": "0", "delta": {"type": "text_delta"}},
        json_piece(7, ""),
        {"type": "content_block_stop", "index": []},
        {"type": "message_delta", "delta": None, "usage": None},
        delta(3, "thinking_delta", thinking=""),
        delta(3, "signature_delta", signature=None),
        block(3, "thinking", thinking=None, signature=[]),
        block(3, "redacted_thinking", data={}),
    ],
)
def test_malformed_events_are_ignored(odd: Data) -> None:
    """Nulls, missing fields and unexpected types neither crash nor disturb the rest."""
    events, failure = decode(odd, text("a"), message_delta(output_tokens=1), STOP)
    counted = Usage(0, 1)
    expected = [TextDelta("a"), UsageDelta(counted), Ending("stop", counted)]
    assert (expected, None) == (events, failure)


def test_unknown_usage_is_not_decoded() -> None:
    """Unknown usage fields take no memory, however large they are."""
    bomb = b'{"type":"message_start","message":{"usage":{"input_tokens":%s,"x":%s}}}'
    many = b"[" + b"{}," * 100_000 + b"{}]"
    decoder = AnthropicStream()
    assert decoder.feed(b"data: " + bomb % (many, many) + b"\n\n") == []
    assert allocated(lambda: decoder.feed(b"data: " + bomb % (many, many) + b"\n\n")) < 5_000_000
