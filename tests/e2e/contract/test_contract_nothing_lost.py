"""The contract of all decoders: every block of a reply is a part, a count or an error.

Blocks of known and invented types hold marked texts, wherever a vendor or a careless server may put
them. Each mark has to be in an event, or the reply fails: nothing disappears in silence.
"""

import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.errors import ProviderFailed
from aircherd.providers.adapter import Adapter
from aircherd.providers.registry import ADAPTERS, RESPONSES

Json = dict[str, object]

TYPES = (
    "text", "thinking", "reasoning", "tool_use", "function_call", "custom_tool_call", "message",
    "output_text", "refusal", "image", "image_url", "audio", "web_search_call", "server_tool_use",
    "web_search_tool_result", "compaction", "mcp_approval_request", "executableCode", "invented",
)  # fmt: skip
FIELDS = (
    "text", "thinking", "content", "input", "arguments", "name", "data", "result", "output",
    "summary", "refusal", "executableCode", "codeExecutionResult", "inlineData", "functionCall",
    "toolCall", "image_url", "invented", "payload",
)  # fmt: skip

_marks = st.integers(0, 999).map(lambda number: f"mark-{number}.")
_values = st.recursive(
    _marks,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner),
    max_leaves=4,
)
_blocks = st.lists(
    st.builds(
        lambda kind, fields: {"type": kind, **fields},
        st.sampled_from(TYPES),
        st.dictionaries(st.sampled_from(FIELDS), _values, min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=3,
)


def _untyped(blocks: list[Json]) -> list[Json]:
    return [{name: value for name, value in block.items() if name != "type"} for block in blocks]


def _anthropic(blocks: list[Json]) -> Json:
    return {"type": "message", "content": blocks, "stop_reason": "end_turn"}


def _gemini(blocks: list[Json]) -> Json:
    content = {"role": "model", "parts": _untyped(blocks)}
    return {"candidates": [{"content": content, "finishReason": "STOP"}]}


def _responses(blocks: list[Json]) -> Json:
    return {"status": "completed", "output": blocks}


def _chat(blocks: list[Json]) -> Json:
    message = {"role": "assistant", "content": blocks, "invented": blocks}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def _ollama(blocks: list[Json]) -> Json:
    message = {"role": "assistant", "content": "", "invented": blocks}
    return {"message": message, "done": True, "done_reason": "stop"}


APIS: dict[str, tuple[Adapter, Callable[[list[Json]], Json]]] = {
    "anthropic": (ADAPTERS["anthropic"], _anthropic),
    "gemini": (ADAPTERS["gemini"], _gemini),
    "responses": (ADAPTERS[RESPONSES], _responses),
    "openai": (ADAPTERS["openai"], _chat),
    "openrouter": (ADAPTERS["openrouter"], _chat),
    "ollama": (ADAPTERS["ollama"], _ollama),
}


def marks_in(value: object) -> set[str]:
    """Return the marked texts of a JSON value."""
    if isinstance(value, str):
        return {value} if value.startswith("mark-") else set()
    if isinstance(value, dict):
        return {mark for each in value.values() for mark in marks_in(each)}
    if isinstance(value, list):
        return {mark for each in value for mark in marks_in(each)}
    return set()


@pytest.mark.parametrize("api", APIS)
@given(blocks=_blocks)
def test_nothing_is_lost(api: str, blocks: list[Json]) -> None:
    """Whatever a block is called, and wherever it has its content."""
    adapter, reply = APIS[api]
    body = reply(blocks)
    try:
        events = adapter.read_reply(json.dumps(body).encode())
    except ProviderFailed:
        return
    given = msgspec.json.encode(events).decode()
    assert {mark for mark in marks_in(body) if mark not in given} == set()
