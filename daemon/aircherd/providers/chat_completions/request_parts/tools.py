"""The tools of a chat completions request, and the choice between them.

Hosted tools are not part of the format; OpenRouter has its own. Marks for the cache go with
OpenRouter's tools only.
"""

import msgspec

from aircherd.errors import fail
from aircherd.providers.chat_completions.quirks import Quirks
from aircherd.providers.chat_completions.request_parts.attachments import marked
from aircherd.providers.codec.json_out import parse_object
from aircherd.providers.request_fields import check_tools, function_tool
from aircherd.vocabulary.chat import ChatRequest, NamedTool
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.failure import FailureClass

ToolJson = dict[str, object]


def tool_fields(request: ChatRequest, quirks: Quirks) -> dict[str, object]:
    """Return the fields of a request that has tools.

    Raises:
        ProviderFailed: UNSUPPORTED: the server does not have such a tool; BAD_REQUEST: it is
            malformed.
    """
    others = [tool for tool in request.tools if tool.api not in quirks.forms]
    check_tools(others, quirks.api, quirks.tools, form=quirks.forms[0], hint=quirks.tools_hint)
    fields: dict[str, object] = {"tools": [_tool(tool, quirks) for tool in request.tools]}
    if request.tool_choice is not None:
        fields["tool_choice"] = _choice(request)
    if request.parallel_tool_calls is not None:
        fields["parallel_tool_calls"] = request.parallel_tool_calls
    return fields


def _tool(tool: Tool, quirks: Quirks) -> object:
    if tool.type == "vendor":
        parse_object(tool.data or "", "tools: data")
        return msgspec.Raw((tool.data or "").encode("utf-8", "replace"))
    writers = {"custom": _custom, "web_search": _web_search}
    written = writers.get(tool.type, _function)(tool)
    return marked(written, tool.cache, takes_marks=quirks.takes_marks)


def _function(tool: Tool) -> ToolJson:
    written = function_tool(tool)
    function = written["function"]
    if tool.strict and isinstance(function, dict):
        function["strict"] = True
    return written


def _custom(tool: Tool) -> ToolJson:
    custom: ToolJson = {"name": tool.name}
    if tool.description is not None:
        custom["description"] = tool.description
    if tool.format is not None:
        custom["format"] = _format(parse_object(tool.format, f"format of tool {tool.name!r}"))
    return {"type": "custom", "custom": custom}


def _format(given: ToolJson) -> ToolJson:
    """Return a grammar one level deeper than the Responses API has it."""
    if given.get("type") != "grammar" or "grammar" in given:
        return given
    grammar = {name: value for name, value in given.items() if name != "type"}
    return {"type": "grammar", "grammar": grammar}


def _web_search(tool: Tool) -> ToolJson:
    """Return OpenRouter's search."""
    if tool.max_uses is not None:
        fail(
            FailureClass.UNSUPPORTED,
            "tools: OpenRouter's web search has no max_uses: leave it out",
        )
    domains = {"allowed_domains": tool.allowed_domains, "excluded_domains": tool.blocked_domains}
    parameters = {name: each for name, each in domains.items() if each}
    search: ToolJson = {"type": "openrouter:web_search"}
    return search | {"parameters": parameters} if parameters else search


def _choice(request: ChatRequest) -> object:
    choice = request.tool_choice
    if not isinstance(choice, NamedTool):
        return choice
    is_custom = any(tool.type == "custom" and tool.name == choice.name for tool in request.tools)
    kind = "custom" if is_custom else "function"
    return {"type": kind, kind: {"name": choice.name}}
