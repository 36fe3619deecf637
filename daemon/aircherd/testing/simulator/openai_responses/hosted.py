"""What hosted tools do in the Responses API: searches and pictures.

Their items go back whole: an item is recognised by its id, which depends on what is in it. Sources:
OpenAI's SDK and reference, November 2026.
"""

import json
from typing import Any

from aircherd.testing.simulator import script
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import refuse

Json = dict[str, Any]

STEPS = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
}
"""Type of item -> the events between its start and its end."""

TOOLS = {
    "web_search": "web_search",
    "code_interpreter": "code_execution",
    "file_search": "file_search",
    "mcp": "mcp",
}
"""Type of tool -> its name in the script."""

OTHER_TOOLS = ("image_generation", "shell", "local_shell", "apply_patch", "computer", "tool_search")

CALL_OUTPUTS = ("function_call_output", "custom_tool_call_output")
OUTPUTS = (*CALL_OUTPUTS, "mcp_approval_response")
"""Items that answer something, after which the model goes on."""


def search(query: str) -> Json:
    """Return the item of a search."""
    source = {"type": "url", "url": script.FOUND_URL}
    action = {"type": "search", "query": query, "queries": [query], "sources": [source]}
    item = {"type": "web_search_call", "status": "completed", "action": action}
    return {"id": _id_of("ws_", item), **item}


def picture(context: Context) -> Json:
    """Return the item of a picture."""
    item = {
        "type": "image_generation_call",
        "status": "completed",
        "background": "opaque",
        "output_format": "png",
        "result": script.PICTURE,
        "revised_prompt": context.body["model"],
        "size": "1024x1024",
    }
    return {"id": _id_of("ig_", item), **item}


def approval_request(text: str, body: Json) -> Json | None:
    """Return the request for approval that `approve NAME` leads to, if there is an MCP server."""
    word, _, name = text.partition(" ")
    servers = [tool for tool in body.get("tools") or () if tool["type"] == "mcp"]
    if word != "approve" or not servers or servers[0].get("require_approval") == "never":
        return None
    label = servers[0]["server_label"]
    item = {
        "type": "mcp_approval_request",
        "arguments": "{}",
        "name": name,
        "server_label": label,
    }
    return {"id": _id_of("mcpr_", item), **item}


def citation(text: str) -> Json:
    """Return the annotation of a text that a search led to."""
    return {
        "type": "url_citation",
        "start_index": 0,
        "end_index": len(text),
        "title": script.FOUND_TITLE,
        "url": script.FOUND_URL,
    }


def check_hosted(item: Json, where: str) -> None:
    """Check the item of a hosted tool that is sent back.

    Raises:
        Refusal: it was changed.
    """
    rest = {key: value for key, value in item.items() if key != "id"}
    sent = str(item.get("id"))
    if sent != _id_of(sent[: sent.find("_") + 1], rest):
        message = f"Invalid '{where}': item '{sent}' does not match its content."
        raise refuse("openai", message, code="invalid_value", param=where)


def _id_of(prefix: str, item: Json) -> str:
    content = json.dumps(item, sort_keys=True, ensure_ascii=False)
    return prefix + script.signature(content)[4:52]
