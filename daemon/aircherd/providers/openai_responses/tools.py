"""The tools of a Responses request: the client's, and those that run at OpenAI.

What OpenAI has no field for is refused, or stands in:

- `max_uses` of a search is `max_tool_calls`, which counts the calls of all hosted tools; so it is
  taken only for the one hosted tool of a request.
- More than 50 results of a file search become 50, the maximum.
"""

from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.codec.json_in import as_map
from aircherd.providers.codec.json_out import parse_object, tool_parameters
from aircherd.providers.request_fields import check_tools
from aircherd.vocabulary.chat import ChatRequest, NamedTool
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.failure import FailureClass

API: Final = "OpenAI's Responses API"
TYPES: Final = (
    *("function", "custom", "web_search", "code_execution", "file_search", "mcp", "vendor"),
)
MAX_RESULTS: Final = 50

_INCLUDES: Final = {
    "web_search": "web_search_call.action.sources",
    "code_execution": "code_interpreter_call.outputs",
    "file_search": "file_search_call.results",
}
"""Hosted tool -> what must be asked for, or its results stay at OpenAI."""

Fields = dict[str, object]


def tool_fields(request: ChatRequest) -> Fields:
    """Return the fields of a request about its tools, {} without any.

    Raises:
        ProviderFailed: UNSUPPORTED: the API has no such tool, or not with such a field;
            BAD_REQUEST: a tool is malformed.
    """
    makes_images = "image" in (request.modalities or ())
    if not request.tools and not makes_images:
        return {}  # without tools, the API refuses the other fields
    check_tools(request.tools, API, TYPES, form="responses")
    tools: list[object] = [_tool(tool) for tool in request.tools]
    if makes_images and not any(map(_makes_images, tools)):
        tools.append({"type": "image_generation"})
    fields: Fields = {"tools": tools} | _max_calls(request.tools)
    if request.modalities == ["image"]:
        fields["tool_choice"] = {"type": "image_generation"}
    if request.tool_choice is not None:
        fields["tool_choice"] = _choice(request)
    if request.parallel_tool_calls is not None:
        fields["parallel_tool_calls"] = request.parallel_tool_calls
    return fields


def includes_of(tools: list[Tool]) -> list[str]:
    """Return what must be asked for, so that the results of hosted tools come back."""
    return list(dict.fromkeys(_INCLUDES[tool.type] for tool in tools if tool.type in _INCLUDES))


def _tool(tool: Tool) -> object:
    write = _WRITERS.get(tool.type)
    return _function(tool) if write is None else write(tool)


def _function(tool: Tool) -> Fields:
    # Without `strict: false` the API would tighten the schema.
    fields: Fields = {
        "type": "function",
        "name": tool.name,
        "parameters": tool_parameters(tool),
        "strict": tool.strict is True,
    }
    return fields | _description(tool)


def _custom(tool: Tool) -> Fields:
    fields: Fields = {"type": "custom", "name": tool.name} | _description(tool)
    if tool.format is not None:
        fields["format"] = parse_object(tool.format, f"format of tool {tool.name!r}")
    return fields


def _description(tool: Tool) -> Fields:
    return {} if tool.description is None else {"description": tool.description}


def _web_search(tool: Tool) -> Fields:
    if tool.blocked_domains:
        fail(
            FailureClass.UNSUPPORTED,
            "tools: OpenAI's web search has no blocked_domains: give allowed_domains",
        )
    fields: Fields = {"type": "web_search"}
    if tool.allowed_domains:
        fields["filters"] = {"allowed_domains": tool.allowed_domains}
    return fields


def _code(tool: Tool) -> Fields:
    del tool
    return {"type": "code_interpreter", "container": {"type": "auto"}}


def _file_search(tool: Tool) -> Fields:
    fields: Fields = {"type": "file_search", "vector_store_ids": tool.stores}
    if tool.max_results is not None:
        fields["max_num_results"] = min(tool.max_results, MAX_RESULTS)
    return fields


def _mcp(tool: Tool) -> Fields:
    fields: Fields = {"type": "mcp", "server_label": tool.name, "server_url": tool.url}
    further = {
        "server_description": tool.description,
        "authorization": tool.token,
        "allowed_tools": tool.allowed_tools or None,
        "require_approval": tool.approval,
    }
    return fields | {name: value for name, value in further.items() if value is not None}


def _vendor(tool: Tool) -> object:
    parse_object(tool.data or "", "tools: data")
    return msgspec.Raw((tool.data or "").encode("utf-8", "replace"))


_WRITERS = {
    "custom": _custom,
    "web_search": _web_search,
    "code_execution": _code,
    "file_search": _file_search,
    "mcp": _mcp,
    "vendor": _vendor,
}


def _max_calls(tools: list[Tool]) -> Fields:
    limits = [tool.max_uses for tool in tools if tool.max_uses is not None]
    if not limits:
        return {}
    if sum(tool.is_hosted for tool in tools) > 1:
        fail(
            FailureClass.UNSUPPORTED,
            "tools: OpenAI's Responses API limits the uses of all hosted tools together: leave "
            "max_uses out, or give only one hosted tool",
        )
    return {"max_tool_calls": limits[0]}


def _choice(request: ChatRequest) -> object:
    choice = request.tool_choice
    if not isinstance(choice, NamedTool):
        return choice
    kind = next((tool.type for tool in request.tools if tool.name == choice.name), "function")
    name = "server_label" if kind == "mcp" else "name"
    return {"type": kind, name: choice.name}


def _makes_images(tool: object) -> bool:
    value = msgspec.json.decode(tool) if isinstance(tool, msgspec.Raw) else tool
    return as_map(value).get("type") == "image_generation"
