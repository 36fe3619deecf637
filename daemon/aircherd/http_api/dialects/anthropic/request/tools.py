"""The tools of a request, and the choice among them."""

from collections.abc import Sequence
from typing import Final

import msgspec

from aircherd.http_api.dialects.anthropic.request.blocks import ABSENT, CacheControl
from aircherd.http_api.dialects.anthropic.request.unknown import Unsaid, read_strictly
from aircherd.http_api.dialects.common.attached import cache_mark
from aircherd.http_api.dialects.common.reading import text_of
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import NamedTool
from aircherd.vocabulary.chat import ToolChoice as OurChoice
from aircherd.vocabulary.content.tools import NO_PARAMETERS, Tool, ToolType


class _Function(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A tool of the client. The last four fields stay behind when it is translated."""

    name: str
    description: str | None = None
    input_schema: msgspec.Raw = ABSENT
    type: str | None = None
    strict: bool | None = None
    cache_control: CacheControl | None = None
    eager_input_streaming: msgspec.Raw = ABSENT
    input_examples: msgspec.Raw = ABSENT
    defer_loading: msgspec.Raw = ABSENT
    allowed_callers: msgspec.Raw = ABSENT


class _Hosted(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A search of the web, or a place to run code. The last four fields stay behind."""

    name: str
    type: str
    max_uses: int | None = None
    allowed_domains: list[str] | None = None
    blocked_domains: list[str] | None = None
    cache_control: CacheControl | None = None
    user_location: msgspec.Raw = ABSENT
    response_inclusion: msgspec.Raw = ABSENT
    defer_loading: msgspec.Raw = ABSENT
    allowed_callers: msgspec.Raw = ABSENT


class Choice(msgspec.Struct, gc=False):
    """The choice of a tool."""

    type: str
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class _Typed(msgspec.Struct, gc=False):
    type: object = None


_FUNCTION: Final = msgspec.json.Decoder(_Function)
_HOSTED: Final = msgspec.json.Decoder(_Hosted)
_TYPED: Final = msgspec.json.Decoder(_Typed)

_OWN: Final = (None, "custom")
_OURS: Final[tuple[tuple[str, ToolType], ...]] = (
    ("web_search_", "web_search"),
    ("code_execution_", "code_execution"),
)
"""How the dated types of hosted tools begin that other vendors have, too."""

_LOADERS: Final = "tool_search_tool_"
"""Tools that find tools: needless elsewhere, because all tools of the request are sent at once."""


def read_tools(raws: Sequence[msgspec.Raw], unsaid: Unsaid) -> list[Tool]:
    """Return the tools.

    Raises:
        RequestProblem: one of them does not have the form of a tool.
    """
    tools: list[Tool] = []
    for number, raw in enumerate(raws):
        try:
            tool = _FUNCTION.decode(raw)
        except (ValueError, RecursionError):
            tool = None
        path = f"tools[{number}]"
        if tool is not None and tool.type in _OWN:
            tools.append(_function(tool, path))
        elif (other := _read_other(raw, path, unsaid)) is not None:
            tools.append(other)
    return tools


def _function(tool: _Function, path: str) -> Tool:
    schema = text_of(tool.input_schema)
    try:
        return Tool(
            tool.name,
            tool.description,
            NO_PARAMETERS if schema in ("", "null") else schema,
            strict=tool.strict,
            cache=cache_mark(tool.cache_control),
        )
    except ValueError as error:
        raise invalid(f"{path}: {error}", path) from None


def _read_other(raw: msgspec.Raw, path: str, unsaid: Unsaid) -> Tool | None:
    """Return a tool that is no plain function; None if it is needless elsewhere."""
    try:
        kind = _TYPED.decode(raw).type
    except (ValueError, RecursionError):
        raise invalid(f"{path}: has to be a map", path) from None
    if kind in _OWN:
        return _function(read_strictly(_FUNCTION, raw, path, unsaid), path)
    name = str(kind)[:60]
    if name.startswith(_LOADERS):
        return None
    for begin, ours in _OURS:
        if name.startswith(begin):
            return _hosted(ours, read_strictly(_HOSTED, raw, path, unsaid), path)
    unsaid.add(f'{path}.type "{name}"')
    return Tool(type="vendor", api="anthropic", data=text_of(raw))


def _hosted(kind: ToolType, tool: _Hosted, path: str) -> Tool:
    cache = cache_mark(tool.cache_control)
    if kind != "web_search":
        return Tool(type=kind, cache=cache)
    if tool.max_uses is not None and not 1 <= tool.max_uses <= 1000:
        raise invalid(f"{path}.max_uses: has to be from 1 to 1000", f"{path}.max_uses")
    try:
        return Tool(
            type=kind,
            cache=cache,
            max_uses=tool.max_uses,
            allowed_domains=tool.allowed_domains or [],
            blocked_domains=tool.blocked_domains or [],
        )
    except ValueError as error:
        raise invalid(f"{path}: {error}", path) from None


def choice_of(choice: Choice | None, tools: Sequence[Tool], unsaid: Unsaid) -> OurChoice | None:
    """Return which tools the model may call, None for the usual choice.

    Raises:
        RequestProblem: there is no such choice.
    """
    if choice is None or choice.type == "auto":
        return None
    if choice.type == "none":
        return "none"
    if choice.type == "any":
        return "required"
    if choice.type != "tool" or not choice.name:
        raise invalid("tool_choice: has to be auto, any, none, or tool with a name", "tool_choice")
    hosted = [tool for tool in tools if tool.is_hosted]
    if not hosted or any(tool.name == choice.name for tool in tools):
        return NamedTool(choice.name)
    if len(tools) == 1:
        return "required"  # of one tool
    unsaid.add(f"tool_choice {choice.name[:60]!r}")
    return None
