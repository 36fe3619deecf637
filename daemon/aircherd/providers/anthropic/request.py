"""The body of a request to the Anthropic Messages API.

What differs from other APIs: `max_tokens` is required, and the system prompt is a field of its own.
There is no JSON mode without a schema, so that is refused.
"""

from aircherd.errors import fail
from aircherd.providers.anthropic.content import container_id
from aircherd.providers.anthropic.messages import TAKES, system_prompt, write_messages
from aircherd.providers.anthropic.schemas import close_objects
from aircherd.providers.anthropic.thinking import (
    Block,
    RequestMessage,
    check_last_message,
    thinking_options,
)
from aircherd.providers.anthropic.tools import mcp_servers, write_tools
from aircherd.providers.codec.cache_marks import limit_marks
from aircherd.providers.codec.json_out import parse_object
from aircherd.providers.codec.turns import turns
from aircherd.providers.request_fields import check_modalities, sampling_fields
from aircherd.vocabulary.chat import ChatRequest, JsonFormat, NamedTool, ResponseFormat
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

DEFAULT_MAX_TOKENS = 8192
"""The limit for requests without one, for a model whose own limit is unknown.

Enough for long answers, and few models allow less.
"""


def chat_body(request: ChatRequest, model: Model) -> dict[str, object]:
    """Return the body.

    Raises:
        ProviderFailed: UNSUPPORTED: Anthropic or the model cannot express something in the request;
            BAD_REQUEST: no API could.
    """
    check_modalities(request, "Anthropic")
    tools = write_tools(request.tools, model)
    ordered = turns(request.messages, TAKES)
    max_tokens = request.max_tokens or model.max_output or DEFAULT_MAX_TOKENS
    messages = write_messages(ordered)
    check_last_message(messages, model)
    thinking = thinking_options(request, model, max_tokens, messages)
    system = system_prompt(request.system, ordered)
    if tools or any(turn.said is None for turn in ordered):
        limit_marks([*tools, *_blocks(system), *_all_blocks(messages)], request.extra)
    body: dict[str, object] = {
        "model": model.id,
        "max_tokens": max_tokens,
        "messages": messages,
    }
    options: dict[str, object] = {
        "system": system,
        "stream": request.stream,
        "tools": tools,
        "tool_choice": _tool_choice(request),
        "thinking": thinking.thinking,
        "output_config": _output_config(thinking.effort, request.response_format),
        "stop_sequences": request.stop,
    }
    if tools or request.extra:
        options["mcp_servers"] = _mcp_servers(request)
        options["container"] = container_id(ordered)
    body |= {name: value for name, value in options.items() if value}
    return body | sampling_fields(request, model)


def _blocks(system: str | list[Block]) -> list[Block]:
    return system if isinstance(system, list) else []


def _all_blocks(messages: list[RequestMessage]) -> list[Block]:
    return [block for message in messages for block in message["content"]]


def _mcp_servers(request: ChatRequest) -> list[object]:
    """Return the MCP servers of the tools; those of `extra` would replace them, so they follow."""
    others = request.extra.get("mcp_servers")
    servers: list[object] = [*mcp_servers(request.tools)]
    return servers + others if isinstance(others, list) else servers


def _tool_choice(request: ChatRequest) -> Block | None:
    """Return the choice of tools, None for the API's default or where there are no tools."""
    choice, is_sequential = request.tool_choice, request.parallel_tool_calls is False
    has_tools = request.tools or request.extra.get("tools")
    if not has_tools or (choice is None and not is_sequential):
        return None
    if choice == "none":
        return {"type": "none"}
    limit: Block = {"disable_parallel_tool_use": True} if is_sequential else {}
    if isinstance(choice, NamedTool):
        return {"type": "tool", "name": choice.name, **limit}
    return {"type": "any" if choice == "required" else "auto", **limit}


def _output_config(effort: str | None, response_format: ResponseFormat | None) -> Block:
    config: Block = {} if effort is None else {"effort": effort}
    if isinstance(response_format, JsonFormat):
        fail(
            FailureClass.UNSUPPORTED,
            "response_format: Anthropic has no json_object: give a json_schema",
        )
    if response_format is not None:
        schema = parse_object(response_format.schema, "response_format.schema")
        config["format"] = {
            "type": "json_schema",
            "schema": close_objects(schema, "response_format.schema"),
        }
    return config
