"""The conversation in a request to the Anthropic Messages API.

Roles alternate, tool results come first in the user's message, and no text is empty. Everything
else, thinking above all, keeps the client's order. The blocks are made in `content`.
"""

from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.anthropic.content import (
    OtherBlocks,
    block_of,
    other_blocks,
    result_block,
    text_block,
    toolsets,
)
from aircherd.providers.anthropic.thinking import Block, RequestMessage
from aircherd.providers.codec.cache_marks import cache_control
from aircherd.providers.codec.turns import Takes, Turn
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import TextPart

TAKES: Final = Takes(
    name="Anthropic", documents=True, result_documents=True, text_documents=True, others=True
)


class _Message(msgspec.Struct):
    role: str
    results: list[Block]
    blocks: list[Block]


def system_prompt(system: str | None, ordered: list[Turn]) -> str | list[Block]:
    """Return the system prompt, "" if there is none; blocks if a cache mark is in it.

    System messages inside the conversation are moved up to it: older models accept no others.
    """
    parts = [
        part
        for turn in ordered
        if turn.role == "system"
        for part in turn.parts
        if isinstance(part, TextPart)
    ]
    texts = [text for text in (system or "", *(part.text for part in parts)) if text.strip()]
    if not any(part.cache for part in parts):
        return "\n\n".join(texts)
    blocks = [text_block(part) for part in (TextPart(system or ""), *parts)]
    return [block for block in blocks if block is not None]


def write_messages(ordered: list[Turn]) -> list[RequestMessage]:
    """Return the messages. Neighbours of one role are merged, and empty messages left out.

    Raises:
        ProviderFailed: BAD_REQUEST: all messages are empty.
    """
    others, sets = other_blocks(ordered), toolsets(ordered)
    merged: list[_Message] = []
    for turn in ordered:
        message = _message(turn, others, sets)
        if turn.role == "system" or not (message.results or message.blocks):
            continue
        if merged and merged[-1].role == turn.role:
            merged[-1].results += message.results
            merged[-1].blocks += message.blocks
        else:
            merged.append(message)
    if not merged:
        fail(FailureClass.BAD_REQUEST, "messages: all of them are empty: send some text")
    return [{"role": each.role, "content": each.results + each.blocks} for each in merged]


def _message(turn: Turn, others: OtherBlocks, sets: dict[str, str]) -> _Message:
    if turn.said is not None:  # nothing but text, as most are
        is_empty = not turn.said.strip()
        return _Message(turn.role, [], [] if is_empty else [{"type": "text", "text": turn.said}])
    blocks: list[Block] = []
    for part in turn.parts:
        block = block_of(part, others)
        if block is not None:
            blocks.append(block)
        elif isinstance(part, TextPart) and part.cache and blocks:
            _move_mark(part, blocks[-1])
    results = [result_block(result, sets.get(result.id)) for result in turn.results]
    return _Message(turn.role, results, blocks)


def _move_mark(empty: TextPart, before: Block) -> None:
    """Mark the block before an empty text, which is not sent; thinking takes no mark."""
    if before["type"] not in ("thinking", "redacted_thinking"):
        before.setdefault("cache_control", cache_control(empty.cache))
