"""Tools in requests to the Anthropic Messages API."""

import pytest

from aircherd.providers.anthropic.adapter import AnthropicMessages
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import (
    a_provider,
    a_request,
    built_request,
    failure_of,
    sent_body,
)

Map = dict[str, object]
ADAPTER = AnthropicMessages()
PROVIDER = a_provider("anthropic")


def body_for(*tools: Map, model: str = "claude-sonnet-5", **fields: object) -> Map:
    request = a_request(tools=list(tools), **fields)
    return sent_body(built_request(ADAPTER, PROVIDER, request, Model(id=model), None))


@pytest.mark.parametrize(
    ("tool", "sent"),
    [
        ({"type": "web_search"}, {"type": "web_search_20260318", "name": "web_search"}),
        (
            {"type": "web_search", "max_uses": 3, "allowed_domains": ["a.test"]},
            {
                "type": "web_search_20260318",
                "name": "web_search",
                "max_uses": 3,
                "allowed_domains": ["a.test"],
            },
        ),
        ({"type": "code_execution"}, {"type": "code_execution_20260521", "name": "code_execution"}),
        (
            {"type": "vendor", "api": "anthropic", "data": '{"type":"bash_20250124","n":1.50}'},
            {"type": "bash_20250124", "n": 1.5},
        ),
        (
            {"name": "f", "parameters": '{"properties":{"a":{"type":"object"}}}', "strict": True},
            {
                "name": "f",
                "input_schema": {
                    "type": "object",
                    "properties": {"a": {"type": "object", "additionalProperties": False}},
                    "additionalProperties": False,
                },
                "strict": True,
            },
        ),
        ({"name": "f", "strict": False}, None),
    ],
)
def test_tools(tool: Map, sent: Map | None) -> None:
    """Each type of tool has its form; a strict one a closed schema."""
    [written] = body_for(tool)["tools"]
    assert written == sent or (sent is None and "strict" not in written)


def test_older_models_get_older_tools() -> None:
    """Models up to 4.5 and other servers know the first version of each."""
    tools = [{"type": "web_search"}, {"type": "code_execution"}]
    for model in ("claude-haiku-4-5", "glm-4.6"):
        types = [tool["type"] for tool in body_for(*tools, model=model)["tools"]]
        assert types == ["web_search_20250305", "code_execution_20250825"]


def test_mcp() -> None:
    """A server is named at the top, and its tools among the tools; those of `extra` follow."""
    server = {
        "type": "mcp",
        "name": "s",
        "url": "https://s.test/mcp",
        "token": "t",
        "allowed_tools": ["a"],
        "approval": "never",
    }
    body = body_for(server, {"name": "f"}, extra={"mcp_servers": [{"name": "x"}]})
    assert body["tools"][0] == {
        "type": "mcp_toolset",
        "mcp_server_name": "s",
        "default_config": {"enabled": False},
        "configs": {"a": {"enabled": True}},
    }
    assert body["mcp_servers"] == [
        {"type": "url", "name": "s", "url": "https://s.test/mcp", "authorization_token": "t"},
        {"name": "x"},
    ]
    assert body_for(extra={"mcp_servers": [{"name": "x"}]})["mcp_servers"] == [{"name": "x"}]


@pytest.mark.parametrize(
    ("tool", "kind", "message"),
    [
        (
            {"type": "file_search", "stores": ["x"]},
            FailureClass.UNSUPPORTED,
            "tools: Anthropic does not offer file_search",
        ),
        (
            {"type": "custom", "name": "f"},
            FailureClass.UNSUPPORTED,
            "tools: Anthropic does not offer custom",
        ),
        (
            {"type": "vendor", "api": "gemini", "data": "{}"},
            FailureClass.UNSUPPORTED,
            "tools: Anthropic does not know a tool in the form of gemini",
        ),
        (
            {"type": "mcp", "name": "s", "url": "https://s.test", "approval": "always"},
            FailureClass.UNSUPPORTED,
            "tools: Anthropic cannot ask for approval of the calls of an MCP server",
        ),
        (
            {"type": "vendor", "api": "anthropic", "data": "[1]"},
            FailureClass.BAD_REQUEST,
            "tools: the data of a vendor tool must be a JSON object, as a string",
        ),
    ],
)
def test_refused_tools(tool: Map, kind: FailureClass, message: str) -> None:
    """What the API does not have is refused by name."""
    failure = failure_of(lambda: body_for(tool))
    assert (failure.kind, failure.message) == (kind, message)
