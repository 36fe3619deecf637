"""Blocks without a word of ours come whole."""

import msgspec
import pytest

from aircherd.providers.anthropic.reply.stream import AnthropicStream
from aircherd.vocabulary.reply import OtherDelta
from helpers.providers.anthropic_replies import (
    STOP,
    Data,
    block,
    block_stop,
    decode,
    delta,
    framed,
    json_piece,
    message_delta,
    start,
    text,
)


@pytest.mark.parametrize(
    ("odd", "kind", "data"),
    [
        (block(0, "text", text=5), "text", '{"type":"text","text":5}'),
        (block(0, "shape_of_tomorrow", x=[1.50]), "shape_of_tomorrow", None),
        (block(0, "compaction", content=None), "compaction", None),
        ({"type": "content_block_start", "content_block": ["x"]}, "block", '["x"]'),
        ({"type": "content_block_start", "content_block": {"x": 1}}, "block", '{"x":1}'),
        (text(5), "text_delta", '{"type":"text_delta","text":5}'),
        (delta(0, "thinking_delta", thinking=5), "thinking_delta", None),
        (delta(0, "tomorrow_delta", x="a"), "tomorrow_delta", '{"type":"tomorrow_delta","x":"a"}'),
        (delta(0, "citations_delta"), None, None),
        (delta(0, "tomorrow_delta", x=""), None, None),
    ],
)
def test_what_has_no_word_of_ours_is_kept(odd: Data, kind: str | None, data: str | None) -> None:
    """Blocks and deltas of unknown types and shapes become other parts; empty ones nothing."""
    events, failure = decode(odd, message_delta(output_tokens=1), STOP)
    others = [event for event in events if isinstance(event, OtherDelta)]
    assert failure is None
    assert [kind] * (kind is not None) == [event.kind for event in others]
    if data:
        assert data == others[0].data


CODE = {"type": "code_execution_tool_result", "tool_use_id": "s", "content": {"stdout": "1.50"}}


@pytest.mark.parametrize(
    ("content", "pieces", "data"),
    [
        (
            {"type": "server_tool_use", "id": "s", "name": "x", "input": {}, "caller": None},
            [delta(0, "input_json_delta", partial_json=each) for each in ("", '{"q"', ": 1.50}")],
            '{"type":"server_tool_use","id":"s","name":"x","input":{"q": 1.50},"caller":null}',
        ),
        (CODE, [], msgspec.json.encode(CODE).decode()),
        (
            {"type": "compaction", "content": ""},
            [delta(0, "compaction_delta", content="Sum.", encrypted_content=None)],
            '{"type":"compaction","content":"Sum."}',
        ),
        (
            {"type": "connector_text", "text": "a"},
            [text("b"), text("c"), delta(0, "signature_delta", signature="s")],
            '{"type":"connector_text","text":"abc","signature":"s"}',
        ),
    ],
)
def test_other_blocks_are_assembled(content: Data, pieces: list[Data], data: str) -> None:
    """A block without a word of ours is given out whole when it stops, with what its deltas say."""
    begun = {"type": "content_block_start", "index": 0, "content_block": content}
    decoder = AnthropicStream()
    assert decoder.feed(framed(start(), begun, *pieces))[1:] == []
    counted = decoder.progress_count
    assert counted == 2 + len(pieces)
    assert [OtherDelta(str(content["type"]), data)] == decoder.feed(framed(block_stop(0)))


def test_a_cut_input_is_not_lost() -> None:
    """Half an input of a server tool is a part of its own; the block goes back without it."""
    begun = block(0, "server_tool_use", id="s", input={})
    events, _ = decode(begun, json_piece(0, '{"q'), message_delta("max_tokens"), STOP)
    others = [event for event in events if isinstance(event, OtherDelta)]
    assert [event.kind for event in others] == ["server_tool_use", "input_json_delta"]
    assert msgspec.json.decode(others[1].data)["partial_json"] == '{"q'


@pytest.mark.parametrize("half", [b"\\ud83d", b"\xff"])
def test_half_a_character(half: bytes) -> None:
    """One in a block or a delta that is held back is replaced, and costs nothing else."""
    begun = b'{"type":"content_block_start","index":0,"content_block":{"type":"x","a":"' + half
    more = b'{"type":"content_block_delta","index":0,"delta":{"type":"y","a":"' + half
    cut = b'{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta",'
    events, failure = decode(
        begun + b'"}}', more + b'"}}', cut + b'"partial_json":"' + half + b'"}}', STOP
    )
    assert failure is None
    assert {event.kind for event in events if isinstance(event, OtherDelta)} <= {
        "x",
        "input_json_delta",
    }
    assert all("a" in msgspec.json.decode(e.data) for e in events[:1])
