"""Options of a request that have a price of their own, which the catalog does not tell: pure.

The catalog has prices of tokens. A priority tier multiplies them, and a search or a container that
runs at the provider has a fee beside them. So the cost of a request with such an option is unknown,
and under a limit in USD it is not sent. What only makes it cheaper is let through.
"""

import json
from collections.abc import Mapping

from aircherd.chat.request.extra_fields import normalize
from aircherd.vocabulary.chat import ChatRequest

_TIERS = frozenset({"servicetier", "speed"})
_USUAL_TIERS = frozenset(
    {"auto", "default", "standard", "standard_only", "on_demand", "flex", "batch", "none", ""}
)
"""Not dearer than the catalog's price."""

_PRICED = frozenset(
    {
        *("plugins", "websearch", "websearchoptions", "searchparameters", "enablesearch"),
        *("searchoptions", "connectors", "container", "inferencegeo"),
        "prompt",  # a template that is stored at the provider: it may contain tools
    }
)
"""Normalized names (see `normalize`) of options that cost extra, whatever their value."""

_MAPS = frozenset({"generationconfig", "options"})
"""Option maps of Gemini and Ollama, which may have the same options inside."""

_FREE_TOOLS = (
    *("function", "custom", "mcp", "bash_", "computer", "text_editor_", "memory_"),
    *("tool_search", "web_fetch_", "apply_patch", "local_shell"),
)
"""How the types of tools begin that cost nothing but tokens: most are run by the client."""

_FREE_KEYS = frozenset({"functiondeclarations", "codeexecution", "urlcontext"})
"""Keys of Gemini's tools that cost nothing but tokens."""

_PRICED_TOOLS = frozenset({"web_search", "code_execution", "file_search"})


def unpriced_option(request: ChatRequest) -> str | None:
    """Return the first option that has a price of its own, as its user knows it; None if none."""
    for tool in request.tools:
        if tool.type in _PRICED_TOOLS:
            return f"the tool {tool.type}"
        if tool.type == "vendor" and not _is_free(_parsed(tool.data)):
            return f"{_name_of(_parsed(tool.data))} in tools"
    if request.modalities and "audio" in request.modalities:
        return "audio in modalities"
    return _find_in(request.extra, "extra") if request.extra else None


def unpriced_in(fields: Mapping[str, object]) -> str | None:
    """Return the first option with a price of its own among the fields of a vendor's body."""
    return _find_in(fields, "the body")


def _find_in(options: Mapping[str, object], path: str) -> str | None:
    for name, value in options.items():
        if found := _find(normalize(name), value, f"{path}.{name}"):
            return found
    return None


def _find(name: str, value: object, path: str) -> str | None:
    """Return the option of that normalized name if it has a price of its own."""
    if name in _TIERS:
        return None if str(value or "").lower() in _USUAL_TIERS else f"{path} ({value})"
    if name in _PRICED:
        is_off = value is None or value is False or value == []
        return None if is_off else path
    if name == "tools" and isinstance(value, list):
        tool = next((each for each in value if not _is_free(each)), None)
        return None if tool is None else f"{_name_of(tool)} in {path}"
    if name in ("modalities", "responsemodalities"):
        return f"audio in {path}" if "audio" in str(value).lower() else None
    return _find_in(value, path) if name in _MAPS and isinstance(value, dict) else None


def _is_free(tool: object) -> bool:
    """Return whether a tool in a vendor's own form costs nothing but tokens."""
    if not isinstance(tool, dict):
        return False
    if "type" in tool:
        return str(tool["type"]).startswith(_FREE_TOOLS)
    if "input_schema" in tool:  # a function, as Anthropic has it
        return True
    return bool(tool) and _FREE_KEYS.issuperset(normalize(str(name)) for name in tool)


def _name_of(tool: object) -> str:
    """Return what a tool in a vendor's own form is called: its type, or its first key."""
    if not isinstance(tool, dict) or not tool:
        return "a tool"
    name = tool.get("type") or next(iter(tool))
    return f"the tool {str(name)[:60]}"


def _parsed(data: str | None) -> object:
    try:
        return json.loads(data or "null")
    except (ValueError, RecursionError):
        return None
