"""The header `anthropic-beta`."""

import pytest

from aircherd.providers.anthropic.adapter import anthropic_adapter
from aircherd.providers.anthropic.betas import MCP, betas_of, join_betas
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_provider, a_request

SERVER = {"type": "mcp", "name": "s", "url": "https://s.test/mcp"}


def vendor(data: str) -> dict[str, object]:
    return {"type": "vendor", "api": "anthropic", "data": data}


def other(kind: str) -> dict[str, object]:
    return {"type": "other", "kind": kind, "origin": "anthropic/m", "data": "{}"}


@pytest.mark.parametrize(
    ("fields", "betas"),
    [
        ({}, ()),
        ({"tools": [{"name": "f"}, {"type": "web_search"}]}, ()),
        ({"tools": [SERVER]}, (MCP,)),
        (
            {"tools": [SERVER, vendor('{"type":"computer_20251124"}')]},
            ("computer-use-2025-11-24", MCP),
        ),
        ({"tools": [vendor('{"type":"memory_20250818"}'), vendor("[")]}, ()),
        ({"extra": {"tools": [{"type": "advisor_20260301"}, 5]}}, ("advisor-tool-2026-03-01",)),
        (
            {"extra": {"context_management": {"edits": [{"type": "compact_20260112"}]}}},
            ("compact-2026-01-12",),
        ),
        ({"extra": {"mcp_servers": [{}], "top_k": 1}}, (MCP,)),
        ({"extra": {"fallbacks": "default"}}, ("server-side-fallback-2026-07-01",)),
        ({"extra": {"container": {"skills": [{}]}}}, ("skills-2025-10-02",)),
        ({"extra": {"container": "c1", "tools": 5, "context_management": []}}, ()),
    ],
)
def test_what_a_request_needs(fields: dict[str, object], betas: tuple[str, ...]) -> None:
    """Tools, parts and fields of `extra` that are in beta, and nothing else."""
    assert betas == betas_of(a_request(**fields))


def test_blocks_that_go_back_need_theirs() -> None:
    """A conversation with the blocks of a beta needs it still."""
    said = {"role": "assistant", "content": [other("mcp_tool_use"), other("compaction")]}
    assert betas_of(a_request({"role": "user", "content": "a"}, said)) == (
        "compact-2026-01-12",
        MCP,
    )
    said["content"].append(other("mcp_tool_listing"))
    assert betas_of(a_request({"role": "user", "content": "a"}, said)) == (
        "compact-2026-01-12",
        "mcp-client-2026-09-15",
    )


@pytest.mark.parametrize(
    ("users", "value"),
    [
        ("", MCP),
        ("context-1m-2025-08-07", f"context-1m-2025-08-07,{MCP}"),
        ("a-2025-01-01 , b-2025-01-01", f"a-2025-01-01,b-2025-01-01,{MCP}"),
        # another version of the same feature
        ("mcp-client-2026-09-15", "mcp-client-2026-09-15"),
    ],
)
def test_the_users_betas_are_kept(users: str, value: str) -> None:
    """The header of the configuration is joined, not replaced."""
    assert value == join_betas(users, (MCP,))
    provider = a_provider("anthropic", headers={"Anthropic-Beta": users} if users else {})
    adapter = anthropic_adapter(a_request(tools=[SERVER]))
    head = adapter.chat_head(provider, Model(id="m"), None, stream=True)
    assert [value] == [each for name, each in head.headers if name == "anthropic-beta"]
