"""The fast path for the usual chat completions reply: one choice, text, plain counts.

It is decoded in one typed pass. Anything else, such as reasoning, tool calls, an error, a cost, or
an invalid count, is left to `reply`, which reads every reply and reads these in the same way.
"""

from typing import Annotated, Literal

import msgspec

from aircherd.providers.codec.finish import FINISHES
from aircherd.providers.codec.json_in import MAX_COUNT
from aircherd.vocabulary.reply import Ending, ReplyEvent, TextDelta, Usage, UsageDelta

_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]
_Index = Literal[0]


class _InputDetails(msgspec.Struct, gc=False):
    cached_tokens: _Count | None = 0
    cache_write_tokens: _Count | None = 0
    cache_creation_tokens: None = None
    cache_creation_input_tokens: None = None
    cache_creation_token_details: None = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: _Count | None = 0


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: _Count
    completion_tokens: _Count
    total_tokens: _Count | None = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    input_tokens: None = None
    output_tokens: None = None
    input_tokens_details: None = None
    output_tokens_details: None = None
    cache_read_input_tokens: None = None
    cache_creation_input_tokens: None = None
    cache_creation: None = None
    cached_tokens: None = None
    prompt_cache_hit_tokens: None = None
    reasoning_tokens: None = None
    cost: None = None
    estimated_cost: None = None
    cost_in_usd_ticks: None = None


class _Message(msgspec.Struct, gc=False):
    content: str | None = None
    refusal: None = None
    reasoning: None = None
    reasoning_content: None = None
    reasoning_details: None = None
    tool_calls: None = None
    function_call: None = None


class _Choice(msgspec.Struct, gc=False):
    message: _Message
    finish_reason: str
    index: _Index = 0
    delta: None = None
    usage: None = None
    native_finish_reason: str | None = None
    error: None = None


class _Groq(msgspec.Struct, gc=False):
    usage: None = None


class _Reply(msgspec.Struct, gc=False):
    choices: tuple[_Choice]
    usage: _Usage | None = None
    x_groq: _Groq | None = None
    timings: None = None
    model: str | None = None
    error: None = None


class _TextChoice(msgspec.Struct, gc=False):
    delta: _Message
    index: _Index = 0
    message: None = None
    usage: None = None
    finish_reason: None = None
    native_finish_reason: str | None = None
    error: None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: tuple[_TextChoice]
    usage: None = None
    x_groq: _Groq | None = None
    timings: None = None
    model: str | None = None
    error: None = None


_REPLY = msgspec.json.Decoder(_Reply)
_CHUNK = msgspec.json.Decoder(_Chunk)


def read_plain_reply(body: bytes) -> list[ReplyEvent] | None:
    """Return the events of a whole reply, None if it is not of the usual kind."""
    try:
        reply = _REPLY.decode(body)
    except (ValueError, RecursionError):
        return None
    choice = reply.choices[0]
    finish = FINISHES.get(choice.finish_reason)
    if finish is None:
        return None
    text, usage = choice.message.content, None
    events: list[ReplyEvent] = [TextDelta(text)] if text else []
    if reply.usage is not None:
        usage = _usage_of(reply.usage)
        if usage is None:
            return None
        events.append(UsageDelta(usage))
    events.append(Ending(finish, usage, reply.model or None))
    return events


def read_plain_chunk(data: bytes) -> tuple[str, str | None] | None:
    """Return text and model of a stream's chunk, None if it is not of the usual kind."""
    try:
        chunk = _CHUNK.decode(data)
    except (ValueError, RecursionError):
        return None
    text = chunk.choices[0].delta.content
    return (text, chunk.model) if text else None


def _usage_of(counts: _Usage) -> Usage | None:
    """Return the counts, None if there may be thinking beside the completion."""
    total, output = counts.prompt_tokens, counts.completion_tokens
    cached = cache_write = reasoning = 0
    if (details := counts.prompt_tokens_details) is not None:
        cached = min(details.cached_tokens or 0, total)
        cache_write = min(details.cache_write_tokens or 0, total)
    if (spent := counts.completion_tokens_details) is not None:
        reasoning = spent.reasoning_tokens or 0
    if reasoning > output or (counts.total_tokens or 0) > total + output:
        return None
    return Usage(total, output, cached, cache_write, reasoning)
