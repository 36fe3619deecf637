"""The body of a request to the Anthropic Messages API.

What differs from other APIs: `max_tokens` is required, and the system prompt is a field of its own.
There is no JSON mode without a schema, so that is refused.
"""

from aircherd.errors import fail
from aircherd.providers.anthropic.messages import TAKES, system_text, write_messages
from aircherd.providers.anthropic.thinking import Block, check_last_message, thinking_options
from aircherd.providers.codec.json_out import parse_object, tool_parameters
from aircherd.providers.codec.turns import turns
from aircherd.providers.request_fields import check_modalities, check_tools, sampling_fields
from aircherd.vocabulary.chat import ChatRequest, JsonFormat, NamedTool, ResponseFormat
from aircherd.vocabulary.content.tools import Tool
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
    check_tools(request.tools, "Anthropic", ("function",), form="anthropic")
    ordered = turns(request.messages, TAKES)
    max_tokens = request.max_tokens or model.max_output or DEFAULT_MAX_TOKENS
    messages = write_messages(ordered)
    check_last_message(messages, model)
    thinking = thinking_options(request, model, max_tokens, messages)
    body: dict[str, object] = {
        "model": model.id,
        "max_tokens": max_tokens,
        "messages": messages,
    }
    options: dict[str, object] = {
        "system": system_text(request.system, ordered),
        "stream": request.stream,
        "tools": [_tool(tool) for tool in request.tools],
        "tool_choice": _tool_choice(request),
        "thinking": thinking.thinking,
        "output_config": _output_config(thinking.effort, request.response_format),
        "stop_sequences": request.stop,
    }
    body |= {name: value for name, value in options.items() if value}
    return body | sampling_fields(request, model)


def _tool(tool: Tool) -> Block:
    schema = tool_parameters(tool)
    block: Block = {"name": tool.name, "input_schema": schema or {"type": "object"}}
    if tool.description is not None:
        block["description"] = tool.description
    return block


def _tool_choice(request: ChatRequest) -> Block | None:
    """Return the choice of tools, None for the API's default or where there are no tools."""
    choice, is_sequential = request.tool_choice, request.parallel_tool_calls is False
    if not request.tools or (choice is None and not is_sequential):
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
        config["format"] = {"type": "json_schema", "schema": _close_objects(schema)}
    return config


def _close_objects(schema: Block) -> Block:
    """Return the schema with `additionalProperties: false` in every object, as this API requires.

    What matches the result matches the client's schema too. Where the client sets the field itself,
    it is kept, even if the API will refuse it.
    """
    try:
        return _close_schema(schema)
    except RecursionError:
        fail(FailureClass.BAD_REQUEST, "response_format.schema nests too deeply")


def _close_schema(schema: Block) -> Block:
    closed = {name: _close_value(name, value) for name, value in schema.items()}
    if _is_object(schema):
        closed.setdefault("additionalProperties", False)
    return closed


def _close_value(name: str, value: object) -> object:
    # Only where JSON Schema has a schema: inside `enum` or `const` the same names are data.
    if isinstance(value, dict):
        if name in ("properties", "$defs", "definitions"):
            return {key: _close_value("items", each) for key, each in value.items()}
        return _close_schema(value) if name == "items" else value
    if isinstance(value, list) and name in ("anyOf", "allOf", "oneOf"):
        return [_close_value("items", each) for each in value]
    return value


def _is_object(schema: Block) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind)
