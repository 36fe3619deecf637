"""Tools in a `generateContent` request: functions of the client, and what runs at Google.

Functions are declared in one entry of `tools`; each hosted tool is an entry of its own. From Gemini
3 on, what a hosted tool does can be part of the reply, and then goes back. That has to be switched
on; without it, functions beside hosted tools are refused.
"""

from typing import Final

from aircherd.errors import fail
from aircherd.providers.codec.json_in import as_map
from aircherd.providers.codec.json_out import parse_object, tool_parameters
from aircherd.providers.gemini.models import bare_name, is_old
from aircherd.providers.request_fields import check_tools
from aircherd.vocabulary.chat import ChatRequest, NamedTool, ToolChoice
from aircherd.vocabulary.content.tools import Tool, ToolType
from aircherd.vocabulary.failure import FailureClass

Json = dict[str, object]

TYPES: Final[tuple[ToolType, ...]] = (
    *("function", "web_search", "code_execution", "file_search", "vendor"),
)
"""The types of tools that Gemini has."""

SHOW_TOOLS: Final = "includeServerSideToolInvocations"
"""The field of `toolConfig` that makes hosted tools part of the conversation."""

_MODES: Final = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_SHOWN: Final = frozenset({"googleSearch", "urlContext", "googleMaps", "fileSearch"})
_SERVER_PARTS: Final = ("toolCall", "toolResponse")


def tool_fields(request: ChatRequest, model: str) -> Json:
    """Return `tools` and `toolConfig`, as far as the request needs them.

    Raises:
        ProviderFailed: UNSUPPORTED: Gemini or the model does not have something of it;
            BAD_REQUEST: no API has it.
    """
    check_tools(request.tools, "Gemini", TYPES, form="gemini")
    functions = [tool for tool in request.tools if tool.type == "function"]
    hosted = [tool for tool in request.tools if tool.is_hosted]
    _check_choice(request, functions)
    if request.tool_choice == "none":
        hosted = []
    if functions and hosted and is_old(model):
        fail(
            FailureClass.UNSUPPORTED,
            f"tools: {bare_name(model)} cannot use functions together with hosted tools",
        )
    declared = [_declaration(tool) for tool in functions]
    entries: list[Json] = [{"functionDeclarations": declared}] if declared else []
    fields: Json = {"tools": entries + [_hosted(tool) for tool in hosted]}
    is_validated = any(tool.strict for tool in functions) or bool(hosted)
    if functions and (mode := _mode(request.tool_choice, is_validated=is_validated)):
        fields["toolConfig"] = {"functionCallingConfig": mode}
    return fields if fields["tools"] else {}


def join_tools(own: object, further: object) -> object:
    """Return the entries of `extra.tools` together with the request's own.

    All functions are declared in one entry, because the API takes only one such entry.
    """
    if not isinstance(own, list) or not isinstance(further, list):
        return further
    entries: list[object] = [*own, *further]
    declaring = [each for each in entries if "functionDeclarations" in as_map(each)]
    lists = [as_map(each)["functionDeclarations"] for each in declaring]
    if len(declaring) < 2 or not all(isinstance(each, list) for each in lists):
        return entries
    joined: Json = {}
    for each in declaring:
        joined |= as_map(each)
    declarations = [declared for each in lists if isinstance(each, list) for declared in each]
    rest = [each for each in entries if "functionDeclarations" not in as_map(each)]
    return [joined | {"functionDeclarations": declarations}, *rest]


def show_hosted_tools(body: Json, model: str) -> None:
    """Make what hosted tools do a part of the conversation, where the model can.

    Without it, Gemini refuses functions beside hosted tools, and earlier searches in the
    conversation.
    """
    if is_old(model) or not (_has_hosted(body) or _has_server_parts(body)):
        return
    config = body.get("toolConfig", {})
    if isinstance(config, dict):
        body["toolConfig"] = {SHOW_TOOLS: True, **config}


def _has_hosted(body: Json) -> bool:
    tools = body.get("tools")
    names = {name for each in (tools if isinstance(tools, list) else ()) for name in as_map(each)}
    return bool(names & _SHOWN) or ("functionDeclarations" in names and len(names) > 1)


def _has_server_parts(body: Json) -> bool:
    contents = body["contents"]
    assert isinstance(contents, list)
    return any(
        name in part for each in contents for part in each["parts"] for name in _SERVER_PARTS
    )


# ------------------------------------------------------------------ functions


def _check_choice(request: ChatRequest, functions: list[Tool]) -> None:
    if request.parallel_tool_calls is False and functions:
        fail(
            FailureClass.UNSUPPORTED,
            "parallel_tool_calls: Gemini cannot be limited to one call at a time: leave it out",
        )
    if request.tool_choice not in (None, "auto", "none") and not functions:
        fail(
            FailureClass.UNSUPPORTED,
            'tool_choice: Gemini cannot force a hosted tool: use "auto" or "none"',
        )


def _declaration(tool: Tool) -> Json:
    schema = tool_parameters(tool)
    declared: Json = {"name": tool.name}
    if tool.description is not None:
        declared["description"] = tool.description
    # The other field, `parameters`, takes only a subset of JSON Schema.
    return {**declared, "parametersJsonSchema": schema or {"type": "object"}}


def _mode(choice: ToolChoice | None, *, is_validated: bool) -> Json | None:
    """Return the `functionCallingConfig`; calls that are forced always match their schemas."""
    if isinstance(choice, NamedTool):
        return {"mode": "ANY", "allowedFunctionNames": [choice.name]}
    if is_validated and choice in (None, "auto"):
        return {"mode": "VALIDATED"}
    return None if choice is None else {"mode": _MODES[choice]}


# ------------------------------------------------------------------ hosted tools


def _hosted(tool: Tool) -> Json:
    if tool.type == "web_search":
        _check_search(tool)
        return {"googleSearch": {}}
    if tool.type == "code_execution":
        return {"codeExecution": {}}
    if tool.type == "file_search":
        search: Json = {"fileSearchStoreNames": tool.stores}
        if tool.max_results is not None:
            search["topK"] = tool.max_results
        return {"fileSearch": search}
    return parse_object(tool.data or "", "tools: data of a vendor's tool")


def _check_search(tool: Tool) -> None:
    # The SDK says that only Vertex AI can exclude domains.
    if tool.allowed_domains or tool.blocked_domains:
        fail(FailureClass.UNSUPPORTED, "tools: Gemini's web search cannot be limited to domains")
    if tool.max_uses is not None:
        fail(FailureClass.UNSUPPORTED, "tools: Gemini's web search has no max_uses: leave it out")
