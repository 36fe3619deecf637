"""Which features of a request need the header `anthropic-beta`, and its value.

Most hosted tools need none. The names are those of the SDK's types, November 2026.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.parts import OtherPart

MCP: Final = "mcp-client-2025-11-20"
_COMPACT: Final = "compact-2026-01-12"
_ADVISOR: Final = "advisor-tool-2026-03-01"
_FALLBACK: Final = "server-side-fallback-2026-07-01"

_TOOLS: Final = {
    "mcp_toolset": MCP,
    "computer_20241022": "computer-use-2024-10-22",
    "bash_20241022": "computer-use-2024-10-22",
    "text_editor_20241022": "computer-use-2024-10-22",
    "computer_20250124": "computer-use-2025-01-24",
    "computer_20251124": "computer-use-2025-11-24",
    "advisor_20260301": _ADVISOR,
}
"""Type of a tool in the vendor's form -> what it needs."""

_BLOCKS: Final = {
    "mcp_tool_use": MCP,
    "mcp_tool_result": MCP,
    # Replaces the other version, and is needed as long as this block goes back.
    "mcp_tool_listing": "mcp-client-2026-09-15",
    "compaction": _COMPACT,
    "fallback": _FALLBACK,
    "advisor_tool_result": _ADVISOR,
}
"""Type of an other block that goes back -> what it needs."""

_EDITS: Final = {
    "compact_20260112": _COMPACT,
    "clear_tool_uses_20250919": "context-management-2025-06-27",
    "clear_thinking_20251015": "context-management-2025-06-27",
}
"""Type of an edit in `extra.context_management` -> what it needs."""


class _Typed(msgspec.Struct):
    type: object = None


_TYPED = msgspec.json.Decoder(_Typed)


def betas_of(request: ChatRequest) -> tuple[str, ...]:
    """Return what a request needs, sorted; mostly nothing."""
    found: set[str | None] = set()
    for tool in request.tools:
        found.add(_beta_of_tool(tool))
    for message in request.messages:
        if type(message.content) is not str:
            found |= {_BLOCKS.get(p.kind) for p in message.content if isinstance(p, OtherPart)}
    if request.extra:
        found |= set(_betas_of_extra(request.extra))
    if not found:
        return ()
    # Of each feature the latest version, which includes the earlier ones.
    latest = {_family(name): name for name in sorted(name for name in found if name is not None)}
    return tuple(latest.values())


def _beta_of_tool(tool: Tool) -> str | None:
    if tool.type == "mcp":
        return MCP
    if tool.type != "vendor":
        return None
    try:
        kind = _TYPED.decode((tool.data or "").encode("utf-8", "replace")).type
    except (ValueError, RecursionError):
        return None
    return _TOOLS.get(as_text(kind))


def _betas_of_extra(extra: Mapping[str, object]) -> Iterable[str | None]:
    tools = extra.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        yield _TOOLS.get(as_text(as_map(tool).get("type")))
    edits = as_map(extra.get("context_management")).get("edits")
    for edit in edits if isinstance(edits, list) else ():
        yield _EDITS.get(as_text(as_map(edit).get("type")))
    if extra.get("mcp_servers"):
        yield MCP
    if extra.get("fallbacks"):
        yield _FALLBACK
    if as_map(extra.get("container")).get("skills"):
        yield "skills-2025-10-02"


def join_betas(users: str, needed: tuple[str, ...]) -> str:
    """Return the header's value: the user's, and what is needed besides.

    Of a feature that the user has in another version, the user's counts.
    """
    listed = [name.strip() for name in users.split(",") if name.strip()]
    families = {_family(name) for name in listed}
    return ",".join([*listed, *(name for name in needed if _family(name) not in families)])


def _family(name: str) -> str:
    """Return the name of a feature without its date."""
    return name[: -len("-2026-01-01")]
