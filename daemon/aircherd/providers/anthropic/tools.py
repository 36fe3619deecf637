"""The tools in a request to the Anthropic Messages API: the client's and those that run there.

Each hosted tool has a dated type. Models from 4.6 on get the newest one, older models and other
servers of this API the first one that is generally available (the SDK's types, November 2026).
"""

from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.anthropic.citations import Fields
from aircherd.providers.anthropic.schemas import close_objects
from aircherd.providers.anthropic.thinking import Block, thinking_profile
from aircherd.providers.codec.cache_marks import cache_control
from aircherd.providers.codec.json_out import tool_parameters
from aircherd.providers.request_fields import check_tools
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

TYPES: Final = ("function", "web_search", "code_execution", "mcp", "vendor")

_NEWEST: Final = {
    "web_search": "web_search_20260318",
    "code_execution": "code_execution_20260521",
}
_OLDEST: Final = {
    "web_search": "web_search_20250305",
    "code_execution": "code_execution_20250825",
}
_FIELDS = msgspec.json.Decoder(Fields)


def write_tools(tools: list[Tool], model: Model) -> list[Block]:
    """Return the tools.

    Raises:
        ProviderFailed: UNSUPPORTED: the API has no such tool; BAD_REQUEST: the JSON of a tool is
            invalid.
    """
    check_tools(tools, "Anthropic", TYPES, form="anthropic")
    return [_marked(_tool(tool, model), tool) for tool in tools]


def _marked(block: Block, tool: Tool) -> Block:
    if tool.cache:
        block["cache_control"] = cache_control(tool.cache)
    return block


def _tool(tool: Tool, model: Model) -> Block:
    if tool.type == "function":
        return _function(tool)
    if tool.type == "vendor":
        return _vendor_tool(tool)
    if tool.type == "mcp":
        return _toolset(tool)
    types = _NEWEST if thinking_profile(model.id).is_adaptive else _OLDEST
    block: Block = {"type": types[tool.type], "name": tool.type}
    options: Block = {
        "max_uses": tool.max_uses,
        "allowed_domains": tool.allowed_domains,
        "blocked_domains": tool.blocked_domains,
    }
    return block | {name: value for name, value in options.items() if value}


def _function(tool: Tool) -> Block:
    schema = tool_parameters(tool) or {"type": "object"}
    if tool.strict:
        schema = close_objects(schema, f"parameters of tool {tool.name!r}")
    block: Block = {"name": tool.name, "input_schema": schema}
    if tool.description is not None:
        block["description"] = tool.description
    if tool.strict:
        block["strict"] = True
    return block


def _vendor_tool(tool: Tool) -> Block:
    try:
        fields = _FIELDS.decode((tool.data or "").encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        fail(
            FailureClass.BAD_REQUEST,
            "tools: the data of a vendor tool must be a JSON object, as a string",
        )
    return dict(fields)


# ------------------------------------------------------------------ MCP


def _toolset(tool: Tool) -> Block:
    if tool.approval == "always":
        fail(
            FailureClass.UNSUPPORTED,
            "tools: Anthropic cannot ask for approval of the calls of an MCP server",
        )
    block: Block = {"type": "mcp_toolset", "mcp_server_name": tool.name}
    if tool.allowed_tools:
        block["default_config"] = {"enabled": False}
        block["configs"] = {name: {"enabled": True} for name in tool.allowed_tools}
    return block


def mcp_servers(tools: list[Tool]) -> list[Block]:
    """Return the MCP servers that the API is to connect to."""
    servers: list[Block] = []
    for tool in tools:
        if tool.type == "mcp":
            server: Block = {"type": "url", "name": tool.name, "url": tool.url}
            if tool.token is not None:
                server["authorization_token"] = tool.token
            servers.append(server)
    return servers
