"""A reply that was not streamed."""

import msgspec

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.anthropic.blocks.block import Block, new_held
from aircherd.providers.anthropic.blocks.call import CallBlock
from aircherd.providers.anthropic.blocks.opening import open_block
from aircherd.providers.anthropic.reply.about import Facts
from aircherd.providers.anthropic.reply.ending import read_ending
from aircherd.providers.anthropic.reply.schema import MESSAGE
from aircherd.providers.chat_completions.calls.arguments import PieceMode
from aircherd.providers.codec.held import Held
from aircherd.providers.codec.json_in import decode_with
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.error_mapping.parse import error_in
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import PartEnd, ReplyEvent

MAX_BLOCKS = 8000
"""Blocks of a whole reply: more do not fit into a message of ours."""


def read_whole(body: bytes) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    reply = decode_with(MESSAGE, body, "a reply")
    if reply.error and error_in({"error": reply.error}):
        raise ProviderFailed(classify_error(reply.error))
    if reply.content is None:
        fail(FailureClass.PROTOCOL, "sent a reply without content: check base_url and kind")
    if len(reply.content) > MAX_BLOCKS:
        fail(FailureClass.PROTOCOL, f"sent a reply of more than {MAX_BLOCKS} blocks")
    held = new_held()
    events, has_calls = _content_events(reply.content, held)
    ending = read_ending(reply.stop_reason, reply.usage, reply.model, has_calls=has_calls)
    facts = Facts(held)
    facts.note(reply)
    facts.add_to(events, ending)
    events.append(ending)
    return events


def _content_events(content: list[msgspec.Raw], held: Held) -> tuple[list[ReplyEvent], bool]:
    """Return the events of the blocks, and whether the model itself called a tool."""
    events: list[ReplyEvent] = []
    calls, has_calls, mode = 0, False, PieceMode()
    last: Block | None = None
    for raw in content:
        block = open_block(raw, calls, held, mode)
        if block is not None:
            if block.is_apart_from(last):
                events.append(PartEnd())
            block.begin(events)
            block.stop(events)
            if isinstance(block, CallBlock):
                calls += 1
                has_calls = has_calls or not block.is_by_code
            last = block
    return events, has_calls
