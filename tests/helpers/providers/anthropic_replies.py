"""Events of replies of the Anthropic Messages API, and what becomes of them."""

import msgspec
from hypothesis import strategies as st

from aircherd.chat.replies.reply import Reply
from aircherd.providers.anthropic.blocks.block import Block, new_held
from aircherd.providers.anthropic.blocks.opening import open_block
from aircherd.providers.anthropic.reply.stream import AnthropicStream
from aircherd.providers.chat_completions.calls.arguments import PieceMode
from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.reply import ReplyEvent, Usage
from helpers.providers.provider_calls import run_decoder

Data = dict[str, object]

START_USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 3,
    "cache_read_input_tokens": 20,
    "output_tokens": 1,
}

FIRST, LAST = Usage(33, 1, 20, 3), Usage(33, 15, 20, 3, 4)


def start() -> Data:
    """Return the start of a message."""
    return {"type": "message_start", "message": {"model": "claude-x", "usage": START_USAGE}}


def block(index: object, kind: str = "text", **fields: object) -> Data:
    """Return the start of a block."""
    content = {"type": kind, **({"text": ""} if kind == "text" else {}), **fields}
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(index: object, kind: str = "text_delta", **fields: object) -> Data:
    """Return a delta of a block."""
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def text(prompt: object, index: int = 0) -> Data:
    """Return a piece of text."""
    return delta(index, text=prompt)


def json_piece(index: int, piece: object) -> Data:
    """Return a piece of a call's arguments."""
    return delta(index, "input_json_delta", partial_json=piece)


def block_stop(index: object) -> Data:
    """Return the end of a block."""
    return {"type": "content_block_stop", "index": index}


def message_delta(reason: object = "end_turn", **usage: object) -> Data:
    """Return the stop reason and the counts at the end."""
    counts = usage or {"output_tokens": 15, "output_tokens_details": {"thinking_tokens": 4}}
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": counts}


STOP: Data = {"type": "message_stop"}


def framed(*data: object) -> bytes:
    """Return the events as a body of server-sent events; bytes are data as it is."""
    return b"".join(
        b"event: x\ndata: " + (d if isinstance(d, bytes) else msgspec.json.encode(d)) + b"\n\n"
        for d in data
    )


def decode(*data: object) -> tuple[list[ReplyEvent], Failure | None]:
    """Return what the stream gives for these events, and how it failed."""
    return run_decoder(AnthropicStream(), [framed(*data)])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


def events_of(block: Block | None) -> list[ReplyEvent]:
    """Return what a block without deltas gives."""
    events: list[ReplyEvent] = []
    assert block is not None
    block.begin(events)
    block.stop(events)
    return events


def opened(data: bytes) -> Block | None:
    """Return the block that this JSON starts."""
    return open_block(msgspec.Raw(data), 0, new_held(), PieceMode())


def _words_of(value: object) -> set[str]:
    """Return the texts and numbers in a value, as JSON writes them."""
    if isinstance(value, dict):
        return set().union(*(_words_of(each) for name, each in value.items() if name != "type"))
    if isinstance(value, list):
        return set().union(*map(_words_of, value))
    return {msgspec.json.encode(value).decode()} if value not in (None, "") else set()


def lost_in(reply: Reply, value: object) -> set[str]:
    """Return the texts and numbers in a value that are nowhere in the message."""
    flat = msgspec.json.encode(reply.message("a/m")).decode().replace("\\", "")
    return {each for each in _words_of(value) if each.replace("\\", "").strip('"') not in flat}
