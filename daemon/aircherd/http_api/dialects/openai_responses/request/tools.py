"""The tools of a request, and the choice among them."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from aircherd.http_api.dialects.common.reading import is_set, text_of
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.openai_responses.request.freeform import (
    FreeformTool,
    describe,
    parameters,
)
from aircherd.http_api.dialects.openai_responses.request.hosted import read_hosted
from aircherd.http_api.dialects.openai_responses.request.names import SEARCH, Called, Names
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import NamedTool, ToolChoice
from aircherd.vocabulary.content.tools import NO_PARAMETERS, Tool
from aircherd.vocabulary.validation_messages import describe_invalid

MAX_TOOLS: Final = 5_000
"""More than any model can choose from; reading them takes 60 ms."""


class _Function(msgspec.Struct, gc=False):
    """A function; what is not read here has no meaning for a model that knows all tools."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw = msgspec.Raw()
    strict: bool | None = None


class _Search(msgspec.Struct, gc=False):
    """A search for more tools, which the client answers with some."""

    description: str | None = None
    parameters: msgspec.Raw = msgspec.Raw()


class _Kind(msgspec.Struct, gc=False):
    type: str = ""
    name: str | None = None
    execution: str | None = None
    tools: list[msgspec.Raw] | None = None


class _Choice(msgspec.Struct, gc=False):
    type: str
    name: str | None = None
    namespace: str | None = None
    server_label: str | None = None
    mode: str | None = None
    tools: list["_Choice"] | None = None


class Chosen(NamedTuple):
    """The tools that the model may use, and whether it has to."""

    tools: list[Tool]
    choice: ToolChoice | None


_FUNCTION: Final = msgspec.json.Decoder(_Function)
_SEARCH: Final = msgspec.json.Decoder(_Search)
_FREEFORM: Final = msgspec.json.Decoder(FreeformTool)
_KIND: Final = msgspec.json.Decoder(_Kind)
_CHOICE: Final = msgspec.json.Decoder(str | _Choice)


def read_tools(raws: Iterable[msgspec.Raw], names: Names, notes: Unsaid) -> list[Tool]:
    """Return the tools. Of two with the same name the later one counts.

    Raises:
        RequestProblem: one lacks its name, or is not of the form of this API.
    """
    found: dict[object, Tool] = {}
    for number, raw in enumerate(raws):
        if max(number, len(found)) >= MAX_TOOLS:
            raise invalid(f"tools: more than {MAX_TOOLS}", "tools")
        path = f"tools[{number}]"
        try:
            for tool in _read(raw, None, path, names, notes):
                found[tool.name or number] = tool
        except ValueError as error:
            raise invalid(f"{path}: {_reason(error)}", path) from None
    return list(found.values())


def _read(
    raw: msgspec.Raw, namespace: str | None, path: str, names: Names, notes: Unsaid
) -> list[Tool]:
    head = _KIND.decode(raw)
    if head.type == "function":
        return [_function(raw, namespace, names)]
    if head.type == "custom":
        return [_freeform(raw, namespace, names)]
    if head.type == SEARCH and head.execution == "client":
        return [_search(raw, names)]
    if head.type == "namespace" and namespace is None:
        if len(head.tools or ()) > MAX_TOOLS:
            raise ValueError(f"more than {MAX_TOOLS} tools")
        inner = enumerate(head.tools or ())
        return [
            tool
            for n, each in inner
            for tool in _read(each, head.name, f"{path}.tools[{n}]", names, notes)
        ]
    hosted = read_hosted(raw, head.type, path, notes)
    return [] if hosted is None else [hosted]


def _function(raw: msgspec.Raw, namespace: str | None, names: Names) -> Tool:
    function = _FUNCTION.decode(raw)
    schema = text_of(function.parameters) if is_set(function.parameters) else NO_PARAMETERS
    return Tool(
        name=names.add(Called(function.name, namespace)),
        description=function.description,
        parameters=schema,
        strict=function.strict,
    )


def _freeform(raw: msgspec.Raw, namespace: str | None, names: Names) -> Tool:
    tool = _FREEFORM.decode(raw)
    return Tool(
        name=names.add(Called(tool.name, namespace, "custom")),
        description=describe(tool),
        parameters=parameters(),
    )


def _search(raw: msgspec.Raw, names: Names) -> Tool:
    """Return a search for more tools that the client runs: to a model, a function like others."""
    search = _SEARCH.decode(raw)
    schema = text_of(search.parameters) if is_set(search.parameters) else NO_PARAMETERS
    name = names.add(Called(SEARCH, form="search"))
    return Tool(name=name, description=search.description, parameters=schema)


# ------------------------------------------------------------------ the choice


def choose(raw: msgspec.Raw, tools: list[Tool], names: Names, notes: Unsaid) -> Chosen:
    """Return the tools that the model may use by `tool_choice`, and whether it has to.

    Raises:
        RequestProblem: it is not of the form of this API.
    """
    choice = _decode_choice(raw) if is_set(raw) else "auto"
    if isinstance(choice, str):
        return Chosen(tools, None if choice == "auto" else _mode(choice))
    if choice.type == "allowed_tools":
        allowed = _allowed(choice.tools or (), tools, names)
        return Chosen(allowed, "required" if choice.mode == "required" else None)
    if choice.type in ("function", "custom") and choice.name:
        return Chosen(tools, NamedTool(names.of(choice.namespace, choice.name)))
    if choice.type == "mcp" and choice.server_label and not choice.name:
        return Chosen(tools, NamedTool(choice.server_label))
    notes.add(f'tool_choice.type "{choice.type}"')
    return Chosen(tools, None)


def _decode_choice(raw: msgspec.Raw) -> str | _Choice:
    try:
        return _CHOICE.decode(raw)
    except msgspec.ValidationError as error:
        raise invalid(f"tool_choice: {_reason(error)}", "tool_choice") from None


def _mode(choice: str) -> ToolChoice:
    if choice == "none":
        return "none"
    if choice == "required":
        return "required"
    raise invalid('tool_choice: has to be "auto", "none", "required", or a tool', "tool_choice")


def _allowed(choices: Sequence[_Choice], tools: list[Tool], names: Names) -> list[Tool]:
    """Return the tools that are allowed: leaving the others out is the same, and works anywhere."""
    wanted = {names.of(each.namespace, each.name) for each in choices if each.name}
    wanted |= {each.server_label for each in choices if each.server_label}
    kinds = {each.type.replace("code_interpreter", "code_execution") for each in choices}
    return [tool for tool in tools if tool.name in wanted or (not tool.name and tool.type in kinds)]


def _reason(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return describe_invalid(error)
    return str(error)
