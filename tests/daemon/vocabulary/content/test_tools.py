"""The tools of a request: the client's and the provider's in one list."""

import msgspec
import pytest

from aircherd.vocabulary.content.tools import Tool


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "f"},
        {"name": "f", "description": "d", "parameters": "{}", "strict": True, "cache": "1h"},
        {"type": "function", "name": "f"},
        {"type": "custom", "name": "sh", "format": "{}"},
        {"type": "web_search", "max_uses": 3, "allowed_domains": ["example.org"]},
        {"type": "code_execution"},
        {"type": "file_search", "stores": ["s1"], "max_results": 5},
        {"type": "mcp", "name": "hub", "url": "https://x/mcp", "token": "t", "approval": "never"},
        {"type": "vendor", "api": "anthropic", "data": '{"type":"memory_20250818"}'},
    ],
)
def test_each_type_has_its_fields(fields):
    """Without a type it is a function, as ever."""
    tool = msgspec.convert(fields, Tool)
    assert tool.is_hosted == (tool.type not in ("function", "custom"))
    assert msgspec.convert(msgspec.to_builtins(tool), Tool) == tool


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "a tool needs name"),
        ({"name": ""}, "a tool needs name"),
        ({"name": "f", "url": "https://x"}, "a tool of type function has no url"),
        ({"type": "custom"}, "a tool of type custom needs name"),
        ({"type": "web_search", "parameters": "{}"}, "has no parameters"),
        ({"type": "web_search", "max_uses": 0}, ">= 1"),
        ({"type": "file_search"}, "a tool of type file_search needs stores"),
        ({"type": "mcp", "name": "hub"}, "a tool of type mcp needs url"),
        ({"type": "mcp", "name": "hub", "url": "secret"}, "an MCP server has to be https://HOST"),
        ({"type": "mcp", "name": "hub", "url": "https:///x"}, "an MCP server has to be https://"),
        (
            {"type": "web_search", "allowed_domains": ["a.b"], "blocked_domains": ["c.d"]},
            "allowed_domains or blocked_domains, not both",
        ),
        ({"type": "vendor", "data": "{}"}, "a tool of type vendor needs api"),
        ({"type": "vendor", "api": "other", "data": "{}"}, "Invalid enum value 'other'"),
        ({"type": "shell"}, "Invalid enum value 'shell'"),
    ],
)
def test_other_fields_are_refused(fields, message):
    """A field that would have no effect is a mistake."""
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(fields, Tool)


def test_a_token_is_not_shown():
    """The token of an MCP server is a secret, and a repr is public."""
    tool = Tool(type="mcp", name="hub", url="https://x", token="canary-0123456789")
    assert repr(tool) == "<Tool mcp 'hub'>"
    assert "canary" not in str(tool) + str(tool.__rich_repr__())
