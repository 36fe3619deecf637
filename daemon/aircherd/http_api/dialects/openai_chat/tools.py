"""The tools in a request, the choice between them, and the form of the answer."""

import re
from collections.abc import Sequence

from aircherd.http_api.dialects.common.attached import cache_mark
from aircherd.http_api.dialects.common.reading import is_set, text_of
from aircherd.http_api.dialects.openai_chat.body import (
    AnswerFormat,
    CustomTool,
    FunctionTool,
    NamedChoice,
    ToolDefinition,
    raw_tools,
)
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import JsonFormat, NamedTool, ResponseFormat, SchemaFormat, ToolChoice
from aircherd.vocabulary.content.cache import CacheMark
from aircherd.vocabulary.content.tools import NO_PARAMETERS, Tool

_CHOICES: dict[str, ToolChoice] = {
    "auto": "auto",
    "none": "none",
    "required": "required",
    "any": "required",  # Mistral's word for it
}

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read_tools(given: Sequence[ToolDefinition], body: bytes) -> list[Tool]:
    """Return the tools; those of types that are not ours stay in the form that they came in.

    Raises:
        RequestProblem: one is incomplete.
    """
    tools: list[Tool] = []
    raws: list[str] = []
    for number, each in enumerate(given):
        mark = cache_mark(each.cache_control)
        if each.function is not None and each.type == "function":
            tools.append(_function(each.function, mark, number))
        elif each.custom is not None and each.type == "custom":
            tools.append(_custom(each.custom, mark, number))
        elif each.type in ("function", "custom"):
            where = f"tools[{number}].{each.type}"
            raise invalid(f"{where}: is missing", where)
        else:
            raws = raws or raw_tools(body)
            tools.append(Tool(type="vendor", api="chat", data=raws[number], cache=mark))
    return tools


def _function(given: FunctionTool, mark: CacheMark, number: int) -> Tool:
    _check_name(given.name, f"tools[{number}].function.name")
    parameters = given.parameters
    return Tool(
        given.name,
        given.description,
        text_of(parameters) if is_set(parameters) else NO_PARAMETERS,
        strict=given.strict,
        cache=mark or cache_mark(given.cache_control),
    )


def _custom(given: CustomTool, mark: CacheMark, number: int) -> Tool:
    _check_name(given.name, f"tools[{number}].custom.name")
    return Tool(
        given.name,
        given.description,
        type="custom",
        format=text_of(given.format) if is_set(given.format) else None,
        cache=mark,
    )


def _check_name(name: str, where: str) -> None:
    if not name:
        raise invalid(f"{where}: is empty", where)


def read_choice(
    given: str | NamedChoice | None, tools: Sequence[Tool], unsaid: list[str]
) -> ToolChoice | None:
    """Return the choice between tools; a list of allowed ones has no word of ours.

    Raises:
        RequestProblem: it is none.
    """
    if given is None or (not tools and given in ("auto", "none")):
        return None
    if isinstance(given, str):
        if given in _CHOICES:
            return _CHOICES[given]
        raise invalid(
            "tool_choice: has to be none, auto, required, or an object that names a tool",
            "tool_choice",
        )
    named = given.function or given.custom
    name = given.name if named is None else named.name
    if name:
        return NamedTool(name)
    unsaid.append(f"tool_choice.type {given.type[:60]!r}")
    return None


def read_format(given: AnswerFormat | None, unsaid: list[str]) -> ResponseFormat | None:
    """Return the form of the answer, None for text."""
    if given is None or given.type == "text":
        return None
    described = given.json_schema
    if given.type == "json_schema" and described is not None:
        if not is_set(described.schema):
            raise invalid("response_format.json_schema.schema: is missing", "response_format")
        name = described.name or "answer"
        return SchemaFormat(
            text_of(described.schema),
            name if _NAME.fullmatch(name) else "answer",
            strict=bool(described.strict),
        )
    if given.type == "json_object":
        if is_set(given.schema):
            return SchemaFormat(text_of(given.schema), strict=False)
        return JsonFormat()
    if given.type == "json_schema":
        raise invalid("response_format.json_schema: is missing", "response_format")
    unsaid.append(f"response_format.type {given.type[:60]!r}")
    return None
