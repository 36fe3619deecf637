"""The schema of chat completions replies: streamed chunks and whole replies are alike.

Only containers are typed; a value of an unexpected type is handled where it is read and never fails
the decoding. `KNOWN_CHUNK` decodes the same, and refuses every chunk that has more than the usual
fields: then the rest has to be looked for. The fields are in the order in which OpenAI sends them:
the decoder finds them faster then.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from aircherd.providers.chat_completions.calls.pieces import CallPiece, Function
from aircherd.providers.chat_completions.thinking import ThinkingFields
from aircherd.providers.chat_completions.usage import OpenAIUsage

Name = str | None
Nothing = tuple[()] | None
"""What says that there is nothing: null, or an empty list."""


class Delta(ThinkingFields, gc=False):
    """A delta or a message."""

    refusal: object = None
    tool_calls: Sequence[CallPiece] | CallPiece | None = None
    function_call: Function | None = None  # OpenAI's first form of a tool call
    # Of servers that put them here:
    text: object = None
    finish_reason: object = None
    usage: OpenAIUsage | None = None


class Choice(msgspec.Struct, gc=False):
    """A choice."""

    index: object = None
    delta: Delta | None = None
    logprobs: object = None
    finish_reason: object = None
    message: Delta | None = None  # in a whole reply
    usage: OpenAIUsage | None = None  # Moonshot
    native_finish_reason: object = None  # OpenRouter: the model's own reason
    error: object = None
    finishReason: object = None  # noqa: N815 - of a server that spells it so
    stop_reason: object = None  # vLLM: the text that it stopped at; elsewhere the reason
    text: object = None  # servers that answer as the older completions did


class Groq(msgspec.Struct, gc=False):
    """Groq's own fields."""

    usage: OpenAIUsage | None = None


class Chunk(msgspec.Struct, gc=False):
    """A chunk, or a whole reply."""

    id: object = None
    kind: object = msgspec.field(name="object", default=None)
    created: object = None
    model: object = None
    service_tier: object = None
    system_fingerprint: object = None
    choices: Sequence[Choice] | None = None
    usage: OpenAIUsage | None = None
    obfuscation: object = None
    x_groq: Groq | None = None
    timings: msgspec.Raw = msgspec.Raw()  # llama.cpp
    cost: msgspec.Raw = msgspec.Raw()  # Venice
    # Of gateways, some of them to Gemini:
    finish_reason: object = None
    usageMetadata: OpenAIUsage | None = None  # noqa: N815
    token_usage: OpenAIUsage | None = None
    error: object = None


class _KnownFunction(Function, forbid_unknown_fields=True, gc=False):
    pass


class _KnownPiece(CallPiece, forbid_unknown_fields=True, gc=False):
    type: Literal["function", ""] | None = None
    function: _KnownFunction | None = None
    custom: None = None
    extras: None = msgspec.field(name="(extras)", default=None)


class _KnownDelta(Delta, forbid_unknown_fields=True, gc=False):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: Sequence[_KnownPiece] | None = None
    role: Name = None
    annotations: Nothing = None
    audio: None = None
    images: Nothing = None
    name: Name = None
    tool_call_id: Name = None
    token_ids: object = None
    text: None = None


class _KnownChoice(Choice, forbid_unknown_fields=True, gc=False):
    index: Literal[0] | None = None
    delta: _KnownDelta | None = None
    logprobs: None = None
    message: _KnownDelta | None = None
    text: None = None
    matched_stop: object = None
    token_ids: object = None


class _KnownChunk(Chunk, forbid_unknown_fields=True, gc=False):
    id: Name = None
    kind: Name = msgspec.field(name="object", default=None)
    created: int | float | None = None
    model: Name = None
    service_tier: Name = None
    system_fingerprint: Name = None
    choices: Sequence[_KnownChoice] | None = None
    obfuscation: Name = None
    provider: Name = None
    prompt_token_ids: object = None
    time_info: object = None
    kv_transfer_params: object = None


CHUNK = msgspec.json.Decoder(Chunk)
KNOWN_CHUNK = msgspec.json.Decoder(_KnownChunk)
