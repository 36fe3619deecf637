"""The events of a streamed reply, in order.

Adapters produce them, `chat` collects them into a message, `ipc` sends them to clients.
"""

from typing import Literal

import msgspec

Finish = Literal["stop", "length", "tool_calls", "pause", "refusal", "content_filter"]
"""Why the provider stopped. An incomplete reply ends in an error instead."""


class Usage(msgspec.Struct, frozen=True):
    """Token counts. Input includes cached and cache-write tokens, output includes reasoning."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0


class TextDelta(msgspec.Struct, frozen=True, tag_field="type", tag="text", omit_defaults=True):
    """More text. A `signature` ends the part; later text starts a new one."""

    text: str
    signature: str | None = None


class ReasoningDelta(
    msgspec.Struct, frozen=True, tag_field="type", tag="reasoning", omit_defaults=True
):
    """More thinking. A `signature` ends the part; the text is empty if the vendor hides it."""

    text: str = ""
    signature: str | None = None


class ToolCallDelta(
    msgspec.Struct, frozen=True, tag_field="type", tag="tool_call", omit_defaults=True
):
    """A piece of a tool call.

    `index` counts tool calls from 0. The first piece of each call has `call_id` and `name`, later
    ones only a fragment of `arguments`.
    """

    index: int
    call_id: str | None = None
    name: str | None = None
    arguments: str = ""
    signature: str | None = None


class UsageDelta(msgspec.Struct, frozen=True, tag_field="type", tag="usage"):
    """The token counts so far; each one replaces the previous one."""

    usage: Usage


class Ending(msgspec.Struct, frozen=True, tag_field="type", tag="ending"):
    """The provider's end of the reply; a reply without it is incomplete.

    `usage`, `model` (the one that served the request) and `cost` (a decimal string in USD) are
    None if the provider did not report them.
    """

    finish: Finish
    usage: Usage | None = None
    model: str | None = None
    cost: str | None = None


ReplyEvent = TextDelta | ReasoningDelta | ToolCallDelta | UsageDelta | Ending
