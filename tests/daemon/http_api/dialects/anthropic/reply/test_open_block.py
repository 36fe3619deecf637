"""The bytes of a block."""

from aircherd.http_api.dialects.anthropic.reply.open_block import OpenBlock


def test_indexes_count_up() -> None:
    """Blocks that grow, and those that come whole."""
    block = OpenBlock()

    data = block.start("text", {"type": "text", "text": ""}) + block.add('a"\n') + block.stop()
    data += block.whole({"type": "redacted_thinking", "data": "x"})
    data += block.start("call", {"type": "tool_use"}) + block.add("{}")

    assert data.decode() == (
        "event: content_block_start\n"
        'data: {"type":"content_block_start","index":0,'
        '"content_block":{"type":"text","text":""}}\n\n'
        "event: content_block_delta\n"
        'data: {"type":"content_block_delta","index":0,'
        '"delta":{"type":"text_delta","text":"a\\"\\n"}}\n\n'
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
        "event: content_block_start\n"
        'data: {"type":"content_block_start","index":1,'
        '"content_block":{"type":"redacted_thinking","data":"x"}}\n\n'
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":1}\n\n'
        "event: content_block_start\n"
        'data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use"}}\n\n'
        "event: content_block_delta\n"
        'data: {"type":"content_block_delta","index":2,'
        '"delta":{"type":"input_json_delta","partial_json":"{}"}}\n\n'
    )


def test_what_is_open_is_known() -> None:
    """So the next event goes into it, or begins another."""
    block = OpenBlock()

    assert block.kind is None
    block.start("thinking", {})
    assert block.kind == "thinking"
    assert b'"signature_delta","signature":"s"' in block.add_other(
        b"signature_delta", b"signature", "s"
    )
    block.stop()
    assert block.kind is None
