"""Tools that run at the provider: which ones a request has, and a search with its result.

What a search found comes back encrypted, and a text that cites it too: both must be sent back as
they came. A call of a server's tool and its result belong together, except at the end of a turn
that paused. Sources: Anthropic's documentation and SDK, November 2026.
"""

from typing import Any

from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import Refusal, refuse
from aircherd.testing.simulator.script import FOUND_TITLE, FOUND_URL, signature

Json = dict[str, Any]

HOSTED = {
    "web_search_20250305": "web_search",
    "web_search_20260209": "web_search",
    "web_search_20260318": "web_search",
    "code_execution_20250825": "code_execution",
    "code_execution_20260521": "code_execution",
    "mcp_toolset": "mcp",
}
"""Type of a tool -> our word for it."""

MCP_BETA = "mcp-client-2025-11-20"
CITATION = frozenset(("type", "cited_text", "url", "title", "encrypted_index"))


def hosted_tools(context: Context) -> list[str]:
    """Return our words for the hosted tools of a request.

    Raises:
        Refusal: one of them lacks something.
    """
    tools = context.body.get("tools") or []
    servers = {each["name"] for each in context.body.get("mcp_servers") or []}
    betas = (context.request.header("anthropic-beta") or "").split(",")
    if servers and MCP_BETA not in betas:
        raise _bad("mcp_servers: Extra inputs are not permitted")
    for at, tool in enumerate(tools):
        if tool.get("type") == "mcp_toolset" and tool.get("mcp_server_name") not in servers:
            raise _bad(f"tools.{at}: MCP server '{tool.get('mcp_server_name')}' not found")
    return [HOSTED[tool["type"]] for tool in tools if tool.get("type") in HOSTED]


def is_paused(message: Json) -> bool:
    """Return whether a message of the assistant ends with a call that is under way."""
    content = message.get("content")
    if message.get("role") != "assistant" or not isinstance(content, list):
        return False
    return bool(content) and content[-1].get("type") == "server_tool_use"


# ------------------------------------------------------------------ a search


def search_call(context: Context, query: str) -> Json:
    """Return the call of a search."""
    return {
        "type": "server_tool_use",
        "id": context.make_id("srvtoolu_01", 22),
        "name": "web_search",
        "input": {"query": query},
        "caller": {"type": "direct"},
    }


def search_result(call: Json) -> Json:
    """Return what the call of a search found."""
    found = {
        "type": "web_search_result",
        "url": FOUND_URL,
        "title": FOUND_TITLE,
        "encrypted_content": signature(str(call["input"]["query"])),
        "page_age": None,
    }
    return {
        "type": "web_search_tool_result",
        "tool_use_id": call["id"],
        "content": [found],
        "caller": {"type": "direct"},
    }


def citation(text: str) -> Json:
    """Return the source of a text."""
    return {
        "type": "web_search_result_location",
        "cited_text": text,
        "url": FOUND_URL,
        "title": FOUND_TITLE,
        "encrypted_index": signature(text),
    }


# ------------------------------------------------------------------ what is sent back


def check_hosted(at: int, blocks: list[Json], *, is_last: bool) -> None:
    """Check the blocks of hosted tools in the assistant's message at index `at`.

    Raises:
        Refusal: one of them was changed, or lacks its counterpart.
    """
    calls = {each["id"]: each for each in blocks if each.get("type") == "server_tool_use"}
    results = {
        each["tool_use_id"]: each for each in blocks if each.get("type") == "web_search_tool_result"
    }
    for name, call in calls.items():
        is_under_way = is_last and call is blocks[-1]
        if name not in results and not is_under_way:
            raise _bad(
                f"messages.{at}: `web_search` tool use with id `{name}` was found without a "
                "corresponding `web_search_tool_result` block"
            )
    for name, result in results.items():
        if name not in calls:
            raise _bad(f"messages.{at}: unexpected `tool_use_id` found: {name}")
        if result != search_result(calls[name]):
            raise _bad(f"messages.{at}: Invalid `encrypted_content` in `search_result` block")
    for number, block in enumerate(blocks):
        for source in block.get("citations") or () if block.get("type") == "text" else ():
            _check_citation(f"messages.{at}.content.{number}.text.citations", source)


def _check_citation(where: str, source: Json) -> None:
    extra = set(source) - CITATION
    if extra:
        raise _bad(f"{where}: {min(extra)}: Extra inputs are not permitted")
    if source != citation(str(source.get("cited_text"))):
        raise _bad(f"{where}: Invalid `encrypted_index`")


def _bad(message: str) -> Refusal:
    return refuse("anthropic", message)
