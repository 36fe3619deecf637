"""Reads a Messages request, with the checks that Anthropic makes.

The API is strict: unknown fields are refused. Each check reproduces a refusal of the real API.
"""

import re
from typing import Any

from aircherd.testing.simulator.anthropic.blocks import (
    blocks_of,
    check_blocks,
    images_of,
    is_kind,
    result_of,
    texts_of,
)
from aircherd.testing.simulator.anthropic.caching import check_marks
from aircherd.testing.simulator.anthropic.hosted import (
    HOSTED,
    check_hosted,
    hosted_tools,
    is_paused,
)
from aircherd.testing.simulator.anthropic.thinking import check_thinking, schema_of, thinks
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import Refusal, refuse
from aircherd.testing.simulator.script import Prompt, count_tokens

Json = dict[str, Any]

VERSIONS = ("2023-01-01", "2023-06-01", "2026-10-21")
WITHOUT_SAMPLING = "2026-10-21"
SAMPLING = ("temperature", "top_p", "top_k")
FIELDS = frozenset(
    (
        *SAMPLING,
        *("cache_control", "container", "context_management", "inference_geo", "max_tokens"),
        *("mcp_servers", "messages", "metadata", "model", "output_config", "service_tier"),
        *("stop_sequences", "stream", "system", "thinking", "tool_choice", "tools"),
    )
)
GO_ON = ("claude-2", "claude-3", "claude-haiku-4-5", "claude-opus-4-5", "claude-sonnet-4-5")
"""Prefixes of the names of models that accept a prefilled answer."""
SYSTEM_IN_MESSAGES = ("claude-opus-4-8", "claude-opus-5")
CHOICES = {"auto": "auto", "any": "required", "tool": "required", "none": "none"}
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
MAX_BYTES = 32 * 1024 * 1024


def read_prompt(context: Context) -> Prompt:
    """Validate the request and return its prompt.

    Raises:
        Refusal: the API would refuse it.
    """
    check_version(context)
    body = context.body
    if len(context.request.body) > MAX_BYTES:
        raise refuse("anthropic", "Request exceeds the maximum size", name="too_large")
    if not isinstance(body, dict):
        raise _bad("The request body is not valid JSON: could not be parsed")
    _check_fields(body, context.request.header("anthropic-version") or "")
    if not context.behaviour.serves("anthropic", body["model"]):
        raise refuse("anthropic", f"model: {body['model']}", name="model_not_found")
    messages = body["messages"]
    _check_messages(messages, body["model"])
    check_thinking(body)
    check_marks(body)
    choice = body.get("tool_choice") or {}
    last = blocks_of(messages[-1])
    return Prompt(
        text=_last_user_text(messages),
        results=[result_of(block) for block in last if is_kind(block, "tool_result")],
        input_tokens=_count(body),
        tools=_check_tools(body),
        choice=CHOICES[choice.get("type", "auto")],
        forced=choice.get("name"),
        parallel=not choice.get("disable_parallel_tool_use", False),
        max_tokens=body["max_tokens"],
        stop=body.get("stop_sequences") or [],
        thinks=thinks(body),
        images=images_of(last),
        schema=schema_of(body),
        hosted=hosted_tools(context),
        continued=is_paused(messages[-1]),
        rounds=_count_rounds(messages),
    )


def count_input(context: Context) -> int:
    """Return the tokens of a request to count them: its messages, its system prompt, its tools.

    Raises:
        Refusal: the API would refuse it.
    """
    check_version(context)
    body = context.body
    if not isinstance(body, dict):
        raise _bad("The request body is not valid JSON: could not be parsed")
    for name in ("model", "messages"):
        if not body.get(name):
            raise _bad(f"{name}: Field required")
    if "max_tokens" in body:
        raise _bad("max_tokens: Extra inputs are not permitted")
    _check_messages(body["messages"], body["model"])
    tools = [str(tool.get("description", "")) for tool in body.get("tools") or ()]
    return _count(body) + count_tokens(*tools)


def check_version(context: Context) -> None:
    """Check the header `anthropic-version`.

    Raises:
        Refusal: it is missing or unknown.
    """
    version = context.request.header("anthropic-version")
    if version is None:
        raise _bad("anthropic-version: header is required")
    if version not in VERSIONS:
        raise _bad(f'anthropic-version: "{version}" is not a valid version')


def _bad(message: str) -> Refusal:
    return refuse("anthropic", message)


def _check_fields(body: Json, version: str) -> None:
    for name in ("model", "max_tokens", "messages"):
        if body.get(name) is None:
            raise _bad(f"{name}: Field required")
    for name in body:
        if name not in FIELDS:
            raise _bad(f"{name}: Extra inputs are not permitted")
    if not isinstance(body["max_tokens"], int) or body["max_tokens"] < 1:
        raise _bad("max_tokens: Input should be greater than or equal to 1")
    if not body["messages"]:
        raise _bad("messages: at least one message is required")
    given = [name for name in SAMPLING if body.get(name) is not None]
    if given and version >= WITHOUT_SAMPLING:
        raise _bad(f"{given[0]}: this parameter is not supported in API version {version}")
    if not 0 <= (body.get("temperature") or 0) <= 1:
        raise _bad("temperature: range: 0..1")
    if body.get("system") == "" or body.get("system") == []:
        return
    if any(not text.strip() for text in texts_of(body.get("system") or "x")):
        raise _bad("system: text content blocks must be non-empty")


def _check_tools(body: Json) -> list[str]:
    tools = body.get("tools") or []
    if body.get("tool_choice") is not None and not tools:
        raise _bad("tool_choice: may only be specified while providing tools")
    own = [tool for tool in tools if tool.get("type") not in HOSTED]
    for at, tool in enumerate(own):
        if not TOOL_NAME.fullmatch(tool.get("name") or ""):
            raise _bad(f"tools.{at}.custom.name: String should match '{TOOL_NAME.pattern}'")
        if not isinstance(tool.get("input_schema"), dict):
            raise _bad(f"tools.{at}.custom.input_schema: Field required")
        if tool["input_schema"].get("type") != "object":
            raise _bad(f"tools.{at}.custom.input_schema.type: Field required")
        if tool.get("strict") and tool["input_schema"].get("additionalProperties") is not False:
            raise _bad(
                f"tools.{at}.custom: For 'object' type, 'additionalProperties' must be false"
            )
    return [tool["name"] for tool in own]


def _check_messages(messages: list[Json], model: str) -> None:
    if messages[0].get("role") == "assistant":
        raise _bad('messages: first message must use the "user" role')
    merged = _merge(messages)
    for at, message in enumerate(merged):
        if message["role"] == "system" and not model.startswith(SYSTEM_IN_MESSAGES):
            raise _bad(
                'messages: Unexpected role "system". The Messages API accepts a top-level `system` '
                'parameter, not "system" as an input message role.'
            )
        if message["role"] not in ("user", "assistant", "system"):
            raise _bad(f"messages.{at}.role: Input should be 'user' or 'assistant'")
        check_blocks(at, message["role"], message["content"])
        after = merged[at + 1]["content"] if at + 1 < len(merged) else []
        before = merged[at - 1]["content"] if at else []
        _check_calls(at, message["content"], after)
        _check_results(at, message["content"], before)
        check_hosted(at, message["content"], is_last=at == len(merged) - 1)
    is_prefilled = merged[-1]["role"] == "assistant" and not is_paused(merged[-1])
    if is_prefilled and not model.startswith(GO_ON):
        raise _bad(
            "This model does not support assistant message prefill. The conversation must end with "
            "a user message."
        )


def _merge(messages: list[Json]) -> list[Json]:
    """Join consecutive turns of the same role, as the API does."""
    merged: list[Json] = []
    for message in messages:
        if merged and merged[-1]["role"] == message.get("role"):
            merged[-1]["content"].extend(blocks_of(message))
        else:
            merged.append({"role": message.get("role"), "content": list(blocks_of(message))})
    return merged


def _count_rounds(messages: list[Json]) -> int:
    return sum(any(is_kind(each, "tool_use") for each in m["content"]) for m in _merge(messages))


def _check_calls(at: int, blocks: list[Json], after: list[Json]) -> None:
    """Check that the next turn starts with a result for each call."""
    called = [block["id"] for block in blocks if is_kind(block, "tool_use")]
    answered = {block.get("tool_use_id") for block in after[: len(called)]}
    missing = [call for call in called if call not in answered]
    if missing:
        raise _bad(
            f"messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately "
            f"after: {', '.join(missing)}. Each `tool_use` block must have a corresponding "
            "`tool_result` block in the next message."
        )


def _check_results(at: int, blocks: list[Json], before: list[Json]) -> None:
    called = {block["id"] for block in before if is_kind(block, "tool_use")}
    for number, block in enumerate(blocks):
        if is_kind(block, "tool_result") and block.get("tool_use_id") not in called:
            raise _bad(
                f"messages.{at}.content.{number}: unexpected `tool_use_id` found in `tool_result` "
                f"blocks: {block.get('tool_use_id')}. Each `tool_result` block must have a "
                "corresponding `tool_use` block in the previous message."
            )


def _last_user_text(messages: list[Json]) -> str:
    for message in reversed(messages):
        texts = [block["text"] for block in blocks_of(message) if is_kind(block, "text")]
        if message["role"] == "user" and texts:
            return "\n".join(texts)
    return ""


def _count(body: Json) -> int:
    texts = texts_of(body.get("system"))
    for message in body["messages"]:
        texts += texts_of(message.get("content"))
    return count_tokens(*texts)
