"""The events a reply is made of: one struct per thing that happened, in order.

Adapters produce them, `chat` gathers them, `ipc` writes them out.
"""

from typing import Literal

import msgspec

Finish = Literal["stop", "length", "tool_calls", "content_filter"]
"""Why a provider stopped. An unfinished reply has `truncated` or `error` in its error instead."""


class Usage(msgspec.Struct, frozen=True):
    """Normalised token counts: input includes cached and cache-write, output includes reasoning."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0


class TextDelta(msgspec.Struct, frozen=True, tag_field="type", tag="text", omit_defaults=True):
    """More text. A `signature` ends the part: the next text begins another."""

    text: str
    signature: str | None = None


class ReasoningDelta(
    msgspec.Struct, frozen=True, tag_field="type", tag="reasoning", omit_defaults=True
):
    """More of the model's thinking. A `signature` ends the part, with no text if it is hidden."""

    text: str = ""
    signature: str | None = None


class ToolCallDelta(
    msgspec.Struct, frozen=True, tag_field="type", tag="tool_call", omit_defaults=True
):
    """A piece of a tool call. `index` counts tool calls from 0; the first piece of each call has
    `call_id` and `name`, later ones only a fragment of `arguments`.
    """  # noqa: D205 - one sentence, two lines

    index: int
    call_id: str | None = None
    name: str | None = None
    arguments: str = ""
    signature: str | None = None


class UsageDelta(msgspec.Struct, frozen=True, tag_field="type", tag="usage"):
    """The counts so far; a later one replaces an earlier one."""

    usage: Usage


class Ending(msgspec.Struct, frozen=True, tag_field="type", tag="ending"):
    """The provider said it is done: the only proof that a reply is whole.

    `usage` is None where the provider sent none. `model` is what the provider says served the
    request. `cost` is in USD as a decimal string where the provider itself reports it.
    """

    finish: Finish
    usage: Usage | None = None
    model: str | None = None
    cost: str | None = None


ReplyEvent = TextDelta | ReasoningDelta | ToolCallDelta | UsageDelta | Ending
