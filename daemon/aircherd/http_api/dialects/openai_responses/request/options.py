"""The fields of a request besides its conversation and its tools."""

import hashlib
from collections.abc import Mapping
from typing import Final, get_args

import msgspec

from aircherd.http_api.dialects.common.reading import is_set, text_of
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.openai_responses.request.body import (
    Body,
    Format,
    Reasoning,
    value_of,
)
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import (
    MAX_OUTPUT_TOKENS,
    Effort,
    JsonFormat,
    ResponseFormat,
    SchemaFormat,
)
from aircherd.vocabulary.content.tools import Tool

_EFFORTS: Final[Mapping[str, Effort]] = {effort: effort for effort in get_args(Effort)}

_USUAL_TIERS: Final = frozenset({"auto", "default", "standard", "flex", "batch"})
"""Tiers that cost no more than usual."""

_VENDORS_OWN: Final = (*("conversation", "prompt", "moderation", "access_programs", "image"),)
"""Undecoded fields that only OpenAI understands."""

_OTHER_MODELS: Final = ("models", "fallbacks", "fallback_models")
"""Routers behind a provider would ask these, whatever the client may use."""

_LOGPROBS: Final = "message.output_text.logprobs"

_MAX_CONVERSATION: Final = 200


def note_unsayable(body: Body, notes: Unsaid) -> None:
    """Note what of these fields a chat request cannot say.

    Raises:
        RequestProblem: a field would let the request past limits, or past what a token may use.
    """
    for name in _OTHER_MODELS:
        if is_set(getattr(body, name)):
            raise invalid(f"{name}: use an alias of several models", name)
    if body.background and not body.stream:
        raise invalid("background: answers are read as they arrive: leave it out", "background")
    if body.previous_response_id is not None:
        notes.add("previous_response_id")
    if body.background:
        notes.add("background")
    for name in _VENDORS_OWN:
        if is_set(getattr(body, name)):
            notes.add(name)
    if body.top_logprobs or _LOGPROBS in (body.include or ()):
        notes.add("top_logprobs" if body.top_logprobs else f'include "{_LOGPROBS}"')
    for name in ("presence_penalty", "frequency_penalty"):
        if getattr(body, name):
            notes.add(name)
    if _is_dearer(body.service_tier):
        notes.add(f'service_tier "{body.service_tier}"')


def sampling_of(value: float | None) -> float | None:
    """Return `temperature` or `top_p`; 1 is OpenAI's default, and many models take none."""
    return None if value == 1 else value


def priced_options(body: Body) -> dict[str, object]:
    """Return what changes the price of a request, so that a limit in USD sees it."""
    options: dict[str, object] = {}
    if _is_dearer(body.service_tier):
        options["service_tier"] = body.service_tier
    prompt = value_of(body.prompt)
    if isinstance(prompt, dict):
        options["prompt"] = prompt
    return options


def _is_dearer(tier: str | None) -> bool:
    return tier is not None and tier not in _USUAL_TIERS


def effort_of(reasoning: Reasoning | None, override: str | None, notes: Unsaid) -> Effort | None:
    """Return how much the model should think; `override` came with the conversation."""
    effort = override or (reasoning.effort if reasoning is not None else None)
    if effort is None:
        return None
    known = _EFFORTS.get(effort)
    if known is None:
        notes.add(f'reasoning.effort "{effort}"')
    return known


def format_of(given: Format | None, notes: Unsaid) -> ResponseFormat | None:
    """Return the form of the answer.

    Raises:
        RequestProblem: its schema is missing.
    """
    if given is None or given.type == "text":
        return None
    if given.type == "json_object":
        return JsonFormat()
    if given.type != "json_schema":
        notes.add(f'text.format.type "{given.type}"')
        return None
    if not is_set(given.schema):
        raise invalid("text.format: schema is missing", "text.format.schema")
    name = given.name or ""
    is_name = name.isascii() and name.replace("-", "_").isidentifier() and len(name) <= 64
    return SchemaFormat(
        schema=text_of(given.schema),
        name=name if is_name else "answer",
        strict=given.strict is True,
    )


def max_tokens_of(body: Body) -> int | None:
    """Return the output limit.

    Raises:
        RequestProblem: it is no number of tokens.
    """
    limit = body.max_output_tokens
    if limit is not None and not 1 <= limit <= MAX_OUTPUT_TOKENS:
        message = f"max_output_tokens: has to be from 1 to {MAX_OUTPUT_TOKENS}"
        raise invalid(message, "max_output_tokens")
    return limit


def with_call_limit(tools: list[Tool], limit: int | None, notes: Unsaid) -> list[Tool]:
    """Return the tools with the limit for calls of all hosted tools, which is sayable for one."""
    hosted = [tool for tool in tools if tool.is_hosted]
    if limit is None or not hosted:
        return tools
    if len(hosted) == 1 and hosted[0].type == "web_search" and 1 <= limit <= 1000:
        limited = msgspec.structs.replace(hosted[0], max_uses=limit)
        return [limited if tool is hosted[0] else tool for tool in tools]
    notes.add("max_tool_calls")
    return tools


def conversation_of(key: str | None) -> str | None:
    """Return the name of the conversation, by which a client keeps its cache in one place."""
    if not key:
        return None
    if len(key) <= _MAX_CONVERSATION and key.isprintable():
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
