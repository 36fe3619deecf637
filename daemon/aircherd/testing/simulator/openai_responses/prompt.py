"""Reads the parameters of a Responses request, with the checks that OpenAI makes.

Unlike Chat Completions, the API refuses unknown parameters, and names the new name of renamed ones.
Sources: OpenAI's reference and SDK, and refusals reported in issues, November 2026.
"""

from typing import Any

from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import Refusal, refuse
from aircherd.testing.simulator.openai_chat import content as openai_content
from aircherd.testing.simulator.openai_responses.hosted import OTHER_TOOLS, TOOLS
from aircherd.testing.simulator.openai_responses.input import (
    count_rounds,
    images_of,
    last_results,
    last_user_item,
    read_items,
    text_of,
)
from aircherd.testing.simulator.script import Prompt, count_tokens

Json = dict[str, Any]

PARAMETERS = frozenset(
    (
        *("access_programs", "background", "background_options", "client_metadata"),
        "context_management",
        *("conversation", "image", "include", "input", "instructions", "max_output_tokens"),
        *("max_tool_calls", "metadata", "model", "moderation", "parallel_tool_calls"),
        *("previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options"),
        *("prompt_cache_retention", "reasoning", "safety_identifier", "service_tier", "store"),
        *("stream", "stream_options", "temperature", "text", "tool_choice", "tools"),
        *("top_logprobs", "top_p", "truncation", "user"),
    )
)
MOVED = {
    "messages": "input",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
}
DOCUMENTATION = "https://platform.openai.com/docs/api-reference/responses/create"
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
WITHOUT_THINKING = ("gpt-3.5", "gpt-4")
LEAST_TOKENS = 16


def read_prompt(context: Context) -> Prompt:
    """Validate the request and return its prompt.

    Raises:
        Refusal: the API would refuse it.
    """
    body = context.body
    if not isinstance(body, dict):
        raise refuse("openai", "We could not parse the JSON body of your request.")
    _check_parameters(body)
    _check_model(context, body["model"])
    thinks = _wants_thinking(body)
    _check_numbers(body, thinks=thinks)
    tools = _read_tools(body)
    choice, forced = _read_choice(body, tools)
    items = read_items(body)
    asked = last_user_item(items)
    return Prompt(
        text=text_of(asked),
        images=images_of(asked),
        schema=_read_schema(body, items),
        thinks=thinks,
        results=last_results(items),
        input_tokens=count_tokens(body.get("instructions") or "", *map(text_of, items)),
        tools=tools,
        custom=_names(body, "custom"),
        hosted=[TOOLS[tool["type"]] for tool in body.get("tools") or () if tool["type"] in TOOLS],
        modalities=_modalities(body),
        choice=choice,
        forced=forced,
        parallel=body.get("parallel_tool_calls", True) is not False,
        max_tokens=body.get("max_output_tokens"),
        rounds=count_rounds(items),
    )


def _bad(message: str, param: str, code: str | None = None) -> Refusal:
    fields = {"param": param} if code is None else {"param": param, "code": code}
    return refuse("openai", message, **fields)


def _missing(name: str) -> Refusal:
    return _bad(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")


def _check_parameters(body: Json) -> None:
    for name in body:
        if name in MOVED:
            message = (
                f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved "
                f"to '{MOVED[name]}'. Try again with the new parameter. See the API documentation "
                f"for more information: {DOCUMENTATION}."
            )
            raise _bad(message, name, "unsupported_parameter")
        if name not in PARAMETERS:
            raise _bad(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise _missing("model")
    options = body.get("stream_options")
    if options is not None and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise _bad(message, "stream_options")
    for name in options or {}:
        if name != "include_obfuscation":
            path = f"stream_options.{name}"
            raise _bad(f"Unknown parameter: '{path}'.", path, "unknown_parameter")


def _check_model(context: Context, model: str) -> None:
    if not context.behaviour.serves("openai", model):
        message = f"The requested model '{model}' does not exist."
        raise refuse("openai", message, name="model_not_found")


def _wants_thinking(body: Json) -> bool:
    """Return whether the request turns thinking on. It is off by default."""
    reasoning = body.get("reasoning") or {}
    effort = reasoning.get("effort")
    if body["model"].startswith(WITHOUT_THINKING):
        if effort is not None:
            message = "Unsupported parameter: 'reasoning.effort' is not supported with this model."
            raise _bad(message, "reasoning.effort", "unsupported_parameter")
        if "reasoning.encrypted_content" in (body.get("include") or ()):
            raise _bad("Encrypted content is not supported with this model.", "include")
    if effort is not None and effort not in EFFORTS:
        message = f"Invalid value: '{effort}'. Supported values are: {EFFORTS}."
        raise _bad(message, "reasoning.effort", "invalid_value")
    return effort not in (None, "none")


def _check_numbers(body: Json, *, thinks: bool) -> None:
    for name, most in (("temperature", 2), ("top_p", 1)):
        value = body.get(name)
        if value is None:
            continue
        if thinks:
            raise _bad(f"Unsupported parameter: '{name}' is not supported with this model.", name)
        if not 0 <= value <= most:
            message = f"Invalid '{name}': decimal out of range. Expected a value between 0 and"
            raise _bad(f"{message} {most}.", name)
    limit = body.get("max_output_tokens")
    if limit is not None and limit < LEAST_TOKENS:
        raise _bad(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= "
            f"{LEAST_TOKENS}, but got {limit} instead.",
            "max_output_tokens",
            "integer_below_min_value",
        )


def _read_tools(body: Json) -> list[str]:
    tools: list[Json] = body.get("tools") or []
    known = ("function", "custom", *TOOLS, *OTHER_TOOLS)
    for at, tool in enumerate(tools):
        if tool.get("type") not in known:
            message = f"Invalid value: '{tool.get('type')}'. Supported values are: {known}."
            raise _bad(message, f"tools[{at}].type", "invalid_value")
        # In Chat Completions the name is one level deeper.
        if tool["type"] in ("function", "custom") and not isinstance(tool.get("name"), str):
            raise _missing(f"tools[{at}].name")
    return _names(body, "function")


def _names(body: Json, kind: str) -> list[str]:
    return [tool["name"] for tool in body.get("tools") or () if tool["type"] == kind]


def _modalities(body: Json) -> list[str]:
    kinds = [tool["type"] for tool in body.get("tools") or ()]
    return ["text", "image"] if "image_generation" in kinds else ["text"]


def _read_choice(body: Json, tools: list[str]) -> tuple[str, str | None]:
    choice = body.get("tool_choice") or "auto"
    if choice not in ("auto", "none") and not body.get("tools"):
        message = "Tool choice 'required' must be specified with 'tools' parameter."
        raise _bad(message, "tool_choice")
    if not isinstance(choice, dict):
        return choice, None
    if choice.get("type") in (*TOOLS, *OTHER_TOOLS):
        return "auto", None
    tools = [*tools, *_names(body, "custom")]
    if not isinstance(choice.get("name"), str):
        raise _missing("tool_choice.name")
    if choice["name"] not in tools:
        message = f"Tool choice '{choice['name']}' not found in 'tools' parameter."
        raise _bad(message, "tool_choice")
    return "required", choice["name"]


def _read_schema(body: Json, items: list[Json]) -> Json | None:
    """Return the schema that the answer must match, {} for any object, None for plain text."""
    wanted = (body.get("text") or {}).get("format") or {"type": "text"}
    if wanted["type"] == "json_object":
        if not any("json" in text_of(item).lower() for item in items):
            raise _bad(
                "Response input messages must contain the word 'json' in some form to use "
                "'text.format' of type 'json_object'.",
                "input",
            )
        return {}
    if wanted["type"] != "json_schema":
        return None
    for name in ("name", "schema"):
        if name not in wanted:
            raise _missing(f"text.format.{name}")
    # Both of OpenAI's APIs have the same rules for schemas.
    form = {"type": "json_schema", "json_schema": wanted}
    return openai_content.read_schema("openai", {"response_format": form})
