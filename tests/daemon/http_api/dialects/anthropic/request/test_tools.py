"""Tools and the choice among them."""

import pytest

from aircherd.chat.request.unpriced import unpriced_option
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.chat import NamedTool
from aircherd.vocabulary.content.tools import NO_PARAMETERS, Tool
from helpers.http_api.anthropic_sdk import read

READ = {"name": "read", "input_schema": {"type": "object"}}
SEARCH = {"type": "web_search_20260318", "name": "web_search"}


@pytest.mark.parametrize(
    ("tool", "ours"),
    [
        (READ, Tool("read", None, '{"type":"object"}')),
        ({"name": "read", "type": "custom"}, Tool("read", None, NO_PARAMETERS)),
        (
            {
                **READ,
                "description": "Reads.",
                "strict": True,
                "cache_control": {"type": "ephemeral", "ttl": "1h"},
                "eager_input_streaming": True,
                "input_examples": [{}],
                "defer_loading": True,
                "allowed_callers": ["direct"],
            },
            Tool("read", "Reads.", '{"type":"object"}', strict=True, cache="1h"),
        ),
        (
            {**SEARCH, "max_uses": 3, "allowed_domains": ["a.test"], "user_location": None},
            Tool(type="web_search", max_uses=3, allowed_domains=["a.test"]),
        ),
        (
            {"type": "code_execution_20250825", "name": "code_execution"},
            Tool(type="code_execution"),
        ),
    ],
)
def test_tools_are_said(tool: dict[str, object], ours: Tool) -> None:
    """Functions, and what other vendors run themselves, too."""
    found = read(tools=[tool])

    assert found.chat.tools == [ours]
    assert found.verbatim.unsaid is None


def test_finding_tools_is_needless_elsewhere() -> None:
    """All tools of the request are sent at once."""
    search = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}

    found = read(tools=[search, {**READ, "defer_loading": True}])

    assert [tool.name for tool in found.chat.tools] == ["read"]
    assert found.verbatim.unsaid is None


@pytest.mark.parametrize(
    ("tool", "unsaid"),
    [
        ({"type": "bash_20250124", "name": "bash"}, 'tools[1].type "bash_20250124"'),
        ({**READ, "name": "b", "mood": 1}, "tools[1].mood"),
        ({**SEARCH, "mood": 1}, "tools[1].mood"),
    ],
)
def test_other_tools_are_named(tool: dict[str, object], unsaid: str) -> None:
    """Only a provider of this API has them."""
    assert read(tools=[READ, tool]).verbatim.unsaid == unsaid


def test_a_tool_of_this_api_keeps_its_price() -> None:
    """A limit in USD must not take it for free."""
    chat = read(tools=[{"type": "advisor_20260301", "name": "advisor"}]).chat

    assert unpriced_option(chat) == "the tool advisor_20260301 in tools"


@pytest.mark.parametrize(
    ("tool", "message"),
    [
        ({"name": ""}, "tools[0]: a tool needs name"),
        ("read", "tools[0]: has to be a map"),
        ({"type": "custom"}, "tools[0]: name is missing"),
        ({**SEARCH, "max_uses": 0}, "tools[0].max_uses: has to be from 1 to 1000"),
        (
            {**SEARCH, "allowed_domains": ["a"], "blocked_domains": ["b"]},
            "tools[0]: a search has allowed_domains or blocked_domains",
        ),
    ],
)
def test_wrong_tools_are_refused(tool: object, message: str) -> None:
    """By their place."""
    with pytest.raises(RequestProblem) as caught:
        read(tools=[tool])

    assert caught.value.problem.message.startswith(message)


@pytest.mark.parametrize(
    ("choice", "ours", "parallel"),
    [
        (None, None, None),
        ({"type": "auto"}, None, None),
        ({"type": "auto", "disable_parallel_tool_use": True}, None, False),
        ({"type": "any", "disable_parallel_tool_use": False}, "required", None),
        ({"type": "none"}, "none", None),
        ({"type": "tool", "name": "read"}, NamedTool("read"), None),
    ],
)
def test_choices(choice: object, ours: object, parallel: bool | None) -> None:
    """Each has a word of ours."""
    chat = read(tools=[READ], tool_choice=choice).chat

    assert (chat.tool_choice, chat.parallel_tool_calls) == (ours, parallel)


def test_a_hosted_tool_has_no_name_elsewhere() -> None:
    """Of one tool, its choice is that a tool is called; of several, it is unsaid."""
    choice = {"type": "tool", "name": "web_search"}

    assert read(tools=[SEARCH], tool_choice=choice).chat.tool_choice == "required"
    found = read(tools=[SEARCH, READ], tool_choice=choice)
    assert found.chat.tool_choice is None
    assert found.verbatim.unsaid == "tool_choice 'web_search'"


def test_an_unknown_choice_is_refused() -> None:
    """It would change what the model does."""
    with pytest.raises(RequestProblem, match="tool_choice: has to be"):
        read(tools=[READ], tool_choice={"type": "maybe"})
