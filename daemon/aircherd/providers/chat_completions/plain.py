"""The fast path for the usual chat completions reply: one choice, text, plain counts.

It is decoded in one typed pass. Anything else, such as reasoning, tool calls, an error, a cost, an
invalid count, or any field that is not known here, is left to `reply`, which reads every reply and
reads these in the same way.

The fields are in the order in which OpenAI sends them: the decoder finds them faster then.
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


_Name = str | None
_Empty = tuple[()] | None


class _Message(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    role: _Name = None
    content: str | None = None
    refusal: None = None
    reasoning: None = None
    reasoning_content: None = None
    tool_calls: _Empty = None
    function_call: None = None
    annotations: _Empty = None
    audio: None = None
    reasoning_details: _Empty = None


class _Choice(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    message: _Message
    index: _Index = 0
    logprobs: None = None
    finish_reason: str = ""
    delta: None = None
    usage: None = None
    native_finish_reason: str | None = None
    matched_stop: int | str | None = None
    stop_reason: int | str | None = None
    token_ids: None = None
    error: None = None


class _Groq(msgspec.Struct, gc=False):
    usage: None = None


class _Reply(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    choices: tuple[_Choice]
    id: _Name = None
    kind: _Name = msgspec.field(name="object", default=None)
    created: int | float | None = None
    model: str | None = None
    usage: _Usage | None = None
    service_tier: _Name = None
    system_fingerprint: _Name = None
    provider: _Name = None
    x_groq: _Groq | None = None
    timings: None = None
    error: None = None


class _TextChoice(msgspec.Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    index: _Index = 0
    delta: _Message
    logprobs: None = None
    finish_reason: None = None
    native_finish_reason: None = None
    matched_stop: None = None
    stop_reason: None = None
    token_ids: None = None


class _Chunk(msgspec.Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    id: _Name = None
    kind: _Name = msgspec.field(name="object", default=None)
    created: int | None = None
    model: str | None = None
    service_tier: _Name = None
    system_fingerprint: _Name = None
    choices: tuple[_TextChoice]
    usage: None = None
    obfuscation: _Name = None
    provider: _Name = None


_REPLY = msgspec.json.Decoder(_Reply)

decode_plain_chunk = msgspec.json.Decoder(_Chunk).decode
"""Decodes a chunk of text; it raises a ValueError or RecursionError if it is not of that kind."""


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
