"""What a response repeats of its request, as OpenAI's does."""

from typing import Final

import msgspec

from aircherd.http_api.dialects.common.reading import FIELDS, is_set
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.openai_responses.request.body import Body

_SECRET: Final = ("authorization", "headers")
"""Fields of an MCP server that no response repeats."""

_NULL: Final = msgspec.Raw(b"null")
_FUNCTION: Final = {"description": _NULL, "parameters": _NULL, "strict": msgspec.Raw(b"false")}
"""What a function has where the request left it out."""


def echo_of(body: Body) -> bytes:
    """Return the fields as JSON, without the braces around them."""
    text = body.text
    reasoning = body.reasoning
    fields = {
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "metadata": _raw(body.metadata, {}),
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "previous_response_id": None,
        "presence_penalty": 0,
        "frequency_penalty": 0,
        "prompt_cache_key": body.prompt_cache_key,
        "reasoning": {
            "effort": reasoning.effort if reasoning else None,
            "summary": reasoning.summary if reasoning else None,
        },
        "safety_identifier": body.safety_identifier,
        "service_tier": "default",
        "store": False,
        "temperature": 1.0 if body.temperature is None else body.temperature,
        "text": {
            "format": _format(body),
            "verbosity": (text.verbosity if text else None) or "medium",
        },
        "tool_choice": _raw(body.tool_choice, "auto"),
        "tools": [_tool(raw) for raw in body.tools or ()],
        "top_logprobs": 0,
        "top_p": 1.0 if body.top_p is None else body.top_p,
        "truncation": body.truncation or "disabled",
        "user": body.user,
    }
    return json_bytes(fields)[1:-1]


def _raw(raw: msgspec.Raw, otherwise: object) -> object:
    return _on_one_line(raw) if is_set(raw) else otherwise


def _on_one_line(raw: msgspec.Raw) -> msgspec.Raw:
    data = bytes(raw)
    # A line break would end the event that it stands in.
    if b"\n" in data or b"\r" in data:
        data = msgspec.json.format(data, indent=-1)
    return msgspec.Raw(data)


def _format(body: Body) -> object:
    given = body.text.format if body.text is not None else None
    if given is None or given.type != "json_schema":
        return {"type": given.type if given else "text"}
    return {
        "type": given.type,
        "name": given.name,
        "description": given.description,
        "schema": _raw(given.schema, {}),
        "strict": given.strict is True,
    }


def _tool(raw: msgspec.Raw) -> object:
    fields = FIELDS.decode(_on_one_line(raw))
    kind = bytes(fields.get("type", _NULL))
    if kind == b'"function"':
        return _FUNCTION | fields
    if kind == b'"mcp"':
        return {name: value for name, value in fields.items() if name not in _SECRET}
    return fields
