"""The tools of a request: the client's functions, and what runs at Google."""

from collections.abc import Iterator
from typing import Final

from aircherd.http_api.dialects.common.reading import MAX_TOOLS, check_number
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.gemini.schemas import json_schema
from aircherd.http_api.dialects.gemini.shapes import FunctionDeclaration, ToolConfig, ToolEntry
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import NamedTool, ToolChoice
from aircherd.vocabulary.content.tools import NO_PARAMETERS, Tool

Fields = dict[str, object]

_HOSTED: Final = tuple(
    name
    for name in ToolEntry.__struct_fields__
    if name not in ("function_declarations", "google_search", "code_execution")
)
_EMPTY: Final = (b"", b"null")


def read_tools(
    entries: list[ToolEntry], config: ToolConfig | None, fields: Fields, unsaid: Unsaid
) -> None:
    """Put the tools and the choice among them into the fields of a chat request.

    Raises:
        RequestProblem: a declaration is wrong.
    """
    tools: list[Tool] = []
    declared = sum(len(each.function_declarations or ()) for each in entries)
    check_number(len(entries) + declared, MAX_TOOLS, "tools")
    for number, entry in enumerate(entries):
        where = f"tools[{number}]"
        tools += [_function(each, where) for each in entry.function_declarations or ()]
        tools += _hosted(entry, where, unsaid)
    allowed, choice = _choice(config, unsaid)
    if allowed:
        tools = [tool for tool in tools if tool.name in allowed or tool.is_hosted]
    if tools:
        fields["tools"] = tools
    if choice is not None and (tools or choice == "none"):
        fields["tool_choice"] = choice


def _function(declared: FunctionDeclaration, where: str) -> Tool:
    if declared.behavior not in (None, "BLOCKING", "UNSPECIFIED"):
        # Google has it for its Live API only, and refuses it here.
        raise invalid(f"{where}: behavior {declared.behavior[:100]!r} is not known")
    raw = bytes(declared.parameters_json_schema or declared.parameters)
    try:
        schema = NO_PARAMETERS if raw in _EMPTY else json_schema(raw)
        return Tool(name=declared.name, description=declared.description, parameters=schema)
    except (ValueError, RecursionError) as error:
        raise invalid(f"{where}: {declared.name[:100]!r}: {error}", where) from None


def _hosted(entry: ToolEntry, where: str, unsaid: Unsaid) -> Iterator[Tool]:
    """Yield what runs at the provider; what only Google has is noted."""
    if entry.google_search is not None:
        if entry.google_search:
            unsaid.add(f"{where}.googleSearch.{next(iter(entry.google_search))}")
        yield Tool(type="web_search")
    if entry.code_execution is not None:
        yield Tool(type="code_execution")
    for name in _HOSTED:
        raw = bytes(getattr(entry, name))
        if raw not in _EMPTY:
            field = _camel(name)
            unsaid.add(f"{where}.{field}")
            data = b'{"%b":%b}' % (field.encode(), raw)
            yield Tool(type="vendor", api="gemini", data=data.decode("utf-8", "replace"))


def _choice(config: ToolConfig | None, unsaid: Unsaid) -> tuple[frozenset[str], ToolChoice | None]:
    """Return the names of the functions that may be called, none for all, and the choice."""
    if config is None:
        return frozenset(), None
    if config.retrieval_config:
        unsaid.add("toolConfig.retrievalConfig")
    calling = config.function_calling_config
    if calling is None:
        return frozenset(), None
    allowed = frozenset(calling.allowed_function_names or ())
    mode = (calling.mode or "").upper()
    if mode == "NONE":
        return frozenset(), "none"
    if mode == "ANY":
        return allowed, NamedTool(next(iter(allowed))) if len(allowed) == 1 else "required"
    if mode not in ("", "AUTO", "VALIDATED", "MODE_UNSPECIFIED"):
        field = "toolConfig.functionCallingConfig.mode"
        raise invalid(f"{field}: {mode[:40]!r} is none of AUTO, ANY, NONE, VALIDATED", field)
    return (allowed, None) if mode == "VALIDATED" else (frozenset(), None)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
