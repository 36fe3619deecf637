"""Which requests to OpenAI need its Responses API."""

import base64

import pytest

from aircherd.providers.openai_responses.choice import needs_responses
from helpers.providers.provider_calls import a_request

Json = dict[str, object]
PDF: Json = {"type": "document", "data": base64.b64encode(b"%PDF-1.7\n").decode()}
LINK: Json = {"type": "document", "url": "https://a.b/c.pdf"}
CALL: Json = {"type": "tool_call", "id": "a", "name": "f", "arguments": "{}"}
SEARCH: Json = {
    "type": "other",
    "kind": "web_search_call",
    "origin": "openai/m",
    "data": '{"type":"web_search_call"}',
}
RESULT: Json = {"type": "tool_result", "id": "a", "content": [PDF]}
CHAT_TOOL: Json = {"type": "vendor", "api": "chat", "data": "{}"}
OUR_TOOL: Json = {"type": "vendor", "api": "responses", "data": "{}"}


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ({}, False),
        ({"tools": [{"name": "f"}]}, False),
        ({"tools": [{"type": "custom", "name": "f"}]}, False),
        ({"tools": [{"name": "f"}, {"type": "web_search"}]}, True),
        ({"tools": [CHAT_TOOL]}, False),
        ({"tools": [OUR_TOOL]}, True),
        ({"modalities": ["text", "image"]}, True),
        ({"modalities": ["audio"]}, False),
    ],
)
def test_hosted_tools_and_pictures_need_it(fields: Json, needs: bool) -> None:
    """Chat completions have none."""
    assert needs_responses(a_request(**fields)) is needs


@pytest.mark.parametrize(
    ("messages", "needs"),
    [
        ([("user", [PDF])], False),
        ([("user", [LINK])], True),
        ([("assistant", [CALL]), ("user", [RESULT])], True),
        ([("assistant", [SEARCH])], True),
    ],
)
def test_what_only_it_takes_needs_it(messages: list[tuple[str, list[Json]]], needs: bool) -> None:
    """A PDF by URL or in a tool result, and what it sent itself."""
    asked = [{"role": role, "content": content} for role, content in messages]
    assert needs_responses(a_request(*asked)) is needs
