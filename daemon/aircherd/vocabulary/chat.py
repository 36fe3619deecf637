"""A chat request as a client sends it.

`msgspec.convert` validates it once; all other code relies on that.
"""

from typing import Annotated, Literal

import msgspec

from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.parts import Part

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How much a model should think; mapped to the nearest level that the vendor has."""

MAX_OUTPUT_TOKENS = 10_000_000
"""More than any model can answer with: a larger `max_tokens` is a mistake."""

Modality = Literal["text", "image", "audio"]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One turn. `user` messages carry tool results, `assistant` messages carry tool calls."""

    role: Literal["system", "user", "assistant"]
    content: str | list[Part]


class NamedTool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tool choice that forces one tool."""

    name: str


ToolChoice = Literal["auto", "none", "required"] | NamedTool


class JsonFormat(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="json_object"
):
    """The answer is any JSON object."""


class SchemaFormat(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="json_schema"
):
    """The answer is JSON that matches `schema`, a JSON Schema as a JSON string."""

    schema: str
    name: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")] = "answer"
    strict: bool = True


ResponseFormat = JsonFormat | SchemaFormat


PassedId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class RouteOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A client's routing options.

    `providers` restricts the candidates to these. `strategy` replaces the configured one.
    `no_fallback` allows the first candidate only. `key` restricts all routes that name no key
    themselves to keys with this label. `fallbacks` restricts the `fallback` of providers to models
    of these names, with `*` for any part of one; what the model's own name stands for is not
    restricted. `passed` has the ids of the daemons that have passed the request on.
    """

    providers: list[str] | None = None
    strategy: Literal["priority", "cheapest", "fastest"] | None = None
    no_fallback: bool = False
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    fallbacks: list[str] | None = None
    passed: Annotated[list[PassedId], msgspec.Meta(max_length=16)] = []


class ChatRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A chat request.

    What the request does not set itself comes from the preset `task` of the configuration.
    `timeout` covers the whole request in seconds, fallbacks included; up to `wait` seconds of it
    may be spent waiting for a cooldown to end if all candidates are cooling. Requests with the same
    `conversation` prefer the candidate that answered last. `parallel_tool_calls` False allows one
    tool call at a time; None is the vendor's default. `modalities` are the forms of the answer,
    None is the model's usual one.
    """

    messages: list[Message]
    model: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    task: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    system: str | None = None
    tools: list[Tool] = []
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning: Effort | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1, le=MAX_OUTPUT_TOKENS)] | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: list[str] = []
    modalities: list[Modality] | None = None
    stream: bool = True
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None
    wait: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    conversation: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    route: RouteOptions = RouteOptions()
    extra: dict[str, object] = {}


class Requirements(msgspec.Struct, frozen=True, kw_only=True):
    """What a request needs of a model.

    `abilities` are names of `Model`'s fields; the token counts are estimates. `unpriced` is an
    option with a price of its own, which makes the cost unknown. `embeds`: it is no chat, but turns
    text into vectors.
    """

    abilities: tuple[str, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    unpriced: str | None = None
    embeds: Literal[True] | None = None
