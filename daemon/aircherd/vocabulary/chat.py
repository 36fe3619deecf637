"""A chat request as a client sends it, and the events a reply is made of.

Requests are checked once, when `msgspec.convert` builds them; every room after that trusts them.
Events are what adapters produce, one struct per thing that happened, in order.
"""

from typing import Annotated, Literal

import msgspec

Finish = Literal["stop", "length", "tool_calls", "content_filter"]
"""Why a provider stopped. An unfinished reply has `truncated` or `error` in its error instead."""


class TextPart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="text"
):
    """Plain text."""

    text: str


class ToolCallPart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="tool_call"
):
    """A call the model asked for; `arguments` is a JSON string, kept as the model wrote it."""

    id: str
    name: str
    arguments: str


class ToolResultPart(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="tool_result"
):
    """What a tool answered to the call with the same `id`."""

    id: str
    content: str | list[TextPart]
    is_error: bool = False


Part = TextPart | ToolCallPart | ToolResultPart


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One turn. Tool results travel in `user` messages, tool calls in `assistant` ones."""

    role: Literal["system", "user", "assistant"]
    content: str | list[Part]


class Tool(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A function the model may call; `parameters` is a JSON Schema as a JSON string."""

    name: str
    description: str | None = None
    parameters: str = '{"type":"object","properties":{}}'


class NamedTool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tool choice that forces one tool."""

    name: str


ToolChoice = Literal["auto", "none", "required"] | NamedTool


class RouteOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client may say about the route: only these providers; only the first candidate."""

    providers: list[str] | None = None
    no_fallback: bool = False


class ChatRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A chat request. `timeout` is in seconds, for the whole request, fallbacks included."""

    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    model: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    system: str | None = None
    tools: list[Tool] = []
    tool_choice: ToolChoice | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: list[str] = []
    stream: bool = True
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None
    route: RouteOptions = RouteOptions()
    extra: dict[str, object] = {}


# ------------------------------------------------------------------ what streams back


class Usage(msgspec.Struct, frozen=True):
    """Normalised token counts: input includes cached and cache-write, output includes reasoning."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0


class TextDelta(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    """More text."""

    text: str


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


ReplyEvent = TextDelta | ToolCallDelta | UsageDelta | Ending
