"""Finds which kind of block the server starts."""

from typing import Final, Literal

import msgspec

from aircherd.providers.anthropic.blocks.block import BLOCK_COST, Block
from aircherd.providers.anthropic.blocks.call import CallBlock
from aircherd.providers.anthropic.blocks.other import OtherBlock
from aircherd.providers.anthropic.blocks.text import TextBlock, read_text_block
from aircherd.providers.anthropic.blocks.thinking import ThinkingBlock
from aircherd.providers.anthropic.blocks.values import (
    are_texts,
    decoded,
    fields_of,
    is_blank,
    text_in,
    value_of,
)
from aircherd.providers.chat_completions.calls.arguments import PieceMode
from aircherd.providers.codec.held import Held
from aircherd.vocabulary.reply import OtherDelta

_THOUGHTS: Final = ("thinking", "redacted_thinking")


class _PlainText(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    type: Literal["text"]
    text: str
    citations: None = None


_PLAIN_TEXT = msgspec.json.Decoder(_PlainText)


def open_block(raw: msgspec.Raw, calls: int, held: Held, mode: PieceMode) -> Block | None:
    """Return the block that `raw` starts, None if that says nothing; `calls` came before it."""
    held.add(BLOCK_COST)
    try:
        return TextBlock(_PLAIN_TEXT.decode(raw).text, held)  # the usual case
    except (ValueError, RecursionError):
        pass
    fields = fields_of(raw)
    if fields is None:
        return None if is_blank(raw) else _shapeless(raw, held)
    kind = value_of(fields, "type")
    is_text = kind == "text" or (kind is None and "text" in fields)
    if is_text and are_texts(fields, "text"):
        return read_text_block(fields, held)
    if kind == "tool_use" and are_texts(fields, "id", "name"):
        return CallBlock(fields, calls, mode)
    if kind in _THOUGHTS and are_texts(fields, "thinking", "signature", "data"):
        return ThinkingBlock(fields)
    return None if is_blank(raw) else OtherBlock(raw, fields, held)


def _shapeless(raw: msgspec.Raw, held: Held) -> Block:
    if isinstance(text := decoded(raw), str):
        return TextBlock(text, held)  # of a server that sends the text itself
    block = Block()
    held.add(memoryview(raw).nbytes)
    block.late.append(OtherDelta("block", text_in(raw)))
    return block
