"""Which kind of block is started."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.chat.replies.reply import Reply
from aircherd.errors import ProviderFailed
from aircherd.providers.anthropic.blocks.call import CallBlock
from aircherd.providers.anthropic.blocks.other import OtherBlock
from aircherd.providers.anthropic.blocks.text import TextBlock
from aircherd.providers.anthropic.blocks.thinking import ThinkingBlock
from aircherd.providers.anthropic.reply.whole import read_whole
from helpers.providers.anthropic_replies import (
    STOP,
    VALUES,
    decode,
    lost_in,
    message_delta,
    opened,
    start,
)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"type":"text","text":"a"}', TextBlock),
        (b'{"text":"a"}', TextBlock),
        (b'{"type":"thinking","thinking":""}', ThinkingBlock),
        (b'{"type":"redacted_thinking","data":"x"}', ThinkingBlock),
        (b'{"type":"tool_use","id":"a","name":"f"}', CallBlock),
        (b'{"type":"tool_use","id":7,"name":"f"}', OtherBlock),
        (b'{"type":"server_tool_use"}', OtherBlock),
        (b"null", type(None)),
        (b"{}", type(None)),
    ],
)
def test_kinds(data: bytes, kind: type) -> None:
    """Known kinds of the usual shape have words of ours; what says nothing is no block."""
    assert type(opened(data)) is kind


KINDS = st.one_of(
    st.none(),
    st.sampled_from(
        ["text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "compaction"]
    ),
    st.text(max_size=12),
)

NAMES = st.sampled_from(
    ["text", "thinking", "signature", "data", "id", "name", "input", "citations", "content", "x"]
)

BLOCKS = st.lists(
    st.builds(
        lambda kind, fields: ({} if kind is None else {"type": kind}) | fields,
        KINDS,
        st.dictionaries(NAMES, VALUES, max_size=4),
    )
    | VALUES,
    max_size=4,
)


@given(BLOCKS, st.booleans())
def test_nothing_is_lost(content: list[object], is_streamed: bool) -> None:
    """Every value of every block is in a part, or the decoding fails."""
    if is_streamed:
        events, failure = decode(
            start(),
            *(
                {"type": "content_block_start", "index": at, "content_block": each}
                for at, each in enumerate(content)
            ),
            message_delta(),
            STOP,
        )
        if failure:
            return
    else:
        try:
            events = read_whole(msgspec.json.encode({"content": content}))
        except ProviderFailed:
            return
    reply = Reply()
    try:
        reply.add(events)
    except ProviderFailed:
        return
    assert not lost_in(reply, content)
