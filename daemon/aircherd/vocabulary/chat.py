"""A chat request as a client sends it.

It is checked once, when `msgspec.convert` builds it; every room after that trusts it.
"""

from typing import Annotated, Literal

import msgspec

from aircherd.vocabulary.parts import Part

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How hard a model should think; a vendor that knows fewer steps gets the nearest."""


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


class JsonFormat(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="json_object"
):
    """The answer is a JSON object of any form."""


class SchemaFormat(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="json_schema"
):
    """The answer is JSON that fits `schema`, a JSON Schema as a JSON string."""

    schema: str
    name: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")] = "answer"
    strict: bool = True


ResponseFormat = JsonFormat | SchemaFormat


class RouteOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client may say about the route.

    `providers`: only these. `strategy`: instead of the configuration's. `no_fallback`: only the
    first candidate.
    """

    providers: list[str] | None = None
    strategy: Literal["priority", "cheapest", "fastest"] | None = None
    no_fallback: bool = False


class ChatRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A chat request. `timeout` is in seconds, for the whole request, fallbacks included.

    `wait` is how many of these it may spend waiting for somebody to come back, if nobody is free.
    Requests with the same `conversation` stay with whoever answered last, while he can.
    `parallel_tool_calls` False asks for at most one call at a time; None is the vendor's habit.
    """

    messages: list[Message]
    model: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    system: str | None = None
    tools: list[Tool] = []
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning: Effort | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: list[str] = []
    stream: bool = True
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None
    wait: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    conversation: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    route: RouteOptions = RouteOptions()
    extra: dict[str, object] = {}


class Requirements(msgspec.Struct, frozen=True, kw_only=True):
    """Abilities it uses, by the names of `Model`'s fields, and its size in tokens, estimated."""

    abilities: tuple[str, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
