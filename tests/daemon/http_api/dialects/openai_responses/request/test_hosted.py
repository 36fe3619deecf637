"""Tools that run at the provider."""

import pytest

from aircherd.chat.request.requirements import requirements_of
from aircherd.vocabulary.content.tools import Tool
from helpers.http_api.responses_api import read

MCP = {"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example/mcp"}


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ({"type": "web_search"}, Tool(type="web_search")),
        ({"type": "web_search_preview"}, Tool(type="web_search")),
        ({"type": "web_search_2025_08_26"}, Tool(type="web_search")),
        (
            {
                "type": "web_search",
                "search_context_size": "high",
                "user_location": {"type": "approximate", "country": "DE"},
                "filters": {"allowed_domains": ["example.org"]},
            },
            Tool(type="web_search", allowed_domains=["example.org"]),
        ),
        (
            {"type": "code_interpreter", "container": {"type": "auto"}},
            Tool(type="code_execution"),
        ),
        (MCP, Tool(type="mcp", name="wiki", url="https://wiki.example/mcp", approval="always")),
        (
            {**MCP, "require_approval": "never", "allowed_tools": ["find"], "authorization": "t"},
            Tool(
                type="mcp",
                name="wiki",
                url="https://wiki.example/mcp",
                token="t",
                allowed_tools=["find"],
                approval="never",
            ),
        ),
    ],
)
def test_what_other_vendors_have_too_is_said(tool: dict[str, object], said: Tool) -> None:
    """In words of ours."""
    found = read(tools=[tool])
    assert found.chat.tools == [said]
    assert found.verbatim.unsaid is None


@pytest.mark.parametrize("is_live", [True, False])
def test_codexs_search_is_left_out(*, is_live: bool) -> None:
    """It offers one with each request; another vendor's has a price, and may reach further."""
    found = read(tools=[{"type": "web_search", "external_web_access": is_live}])
    assert found.chat.tools == []
    assert found.verbatim.unsaid is None


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "image_generation"},
        {"type": "local_shell"},
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
        {"type": "code_interpreter", "container": "cntr_1"},
        {**MCP, "headers": {"x": "y"}},
        {**MCP, "require_approval": {"never": {"tool_names": ["find"]}}},
        {"type": "web_search", "new": True},
        {"type": "brand_new"},
    ],
)
def test_what_only_openai_has_is_noted(tool: dict[str, object]) -> None:
    """And kept in its own form, because it may have a price."""
    found = read(tools=[tool])
    assert found.verbatim.unsaid == f'tools[0].type "{tool["type"]}"'
    assert [each.type for each in found.chat.tools] == ["vendor"]


def test_the_price_of_a_hosted_tool_is_seen() -> None:
    """A limit in USD cannot be kept with a fee that is not known."""
    assert requirements_of(read(tools=[{"type": "image_generation"}]).chat).unpriced is not None
    assert requirements_of(read(tools=[{"type": "local_shell"}]).chat).unpriced is None
