"""The tools, and the choice among them."""

import pytest

from aircherd.chat.request.validation import check_request
from aircherd.http_api.dialects.openai_responses.request.tools import MAX_TOOLS
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.chat import NamedTool
from aircherd.vocabulary.content.tools import NO_PARAMETERS, Tool
from aircherd.vocabulary.parts import ToolCallPart, ToolResultPart
from helpers.http_api.responses_api import QUESTION, read, unsaid

F = {"type": "function", "name": "f", "parameters": {"type": "object"}}
G = {"type": "custom", "name": "g"}
CRM = {"type": "namespace", "name": "crm", "description": "Customers", "tools": [F, G]}
WIKI = {"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example/mcp"}


def names_of(*tools: object, **fields: object) -> list[str]:
    return [tool.name for tool in read(tools=list(tools), **fields).chat.tools]


def test_a_function_is_said() -> None:
    """Its schema stays as it came."""
    tool = {
        **F,
        "description": "Does it.",
        "strict": True,
        "output_schema": {},
        "defer_loading": True,
    }
    (said,) = read(tools=[tool]).chat.tools
    assert said == Tool("f", "Does it.", '{"type": "object"}', strict=True)


def test_parameters_may_be_missing() -> None:
    """The function has none."""
    (said,) = read(tools=[{"type": "function", "name": "f", "parameters": None}]).chat.tools
    assert said.parameters == NO_PARAMETERS


def test_the_tools_of_a_namespace_are_tools_like_others() -> None:
    """With both names in one; a freeform tool is a function."""
    tools = read(tools=[F, CRM]).chat.tools
    assert [(tool.type, tool.name) for tool in tools] == [
        ("function", "f"),
        ("function", "crm__f"),
        ("function", "crm__g"),
    ]
    check_request(read(tools=[F, CRM]).chat)


def test_a_search_that_the_client_runs_is_a_function() -> None:
    """What it finds is added to the tools."""
    search = {
        "type": "tool_search",
        "execution": "client",
        "description": "Finds tools.",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
    }
    call = {
        "type": "tool_search_call",
        "call_id": "c1",
        "execution": "client",
        "status": "completed",
        "arguments": {"query": "crm"},
    }
    output = {
        "type": "tool_search_output",
        "call_id": "c1",
        "execution": "client",
        "status": "completed",
        "tools": [CRM],
    }
    found = read(tools=[search], input=[QUESTION, call, output])
    assert found.verbatim.unsaid is None
    check_request(found.chat)
    assert [tool.name for tool in found.chat.tools] == ["tool_search", "crm__f", "crm__g"]
    assert found.chat.messages[1].content == [ToolCallPart("c1", "tool_search", '{"query":"crm"}')]
    (result,) = found.chat.messages[2].content
    assert isinstance(result, ToolResultPart)
    assert "crm" in str(result.content)


def test_a_search_at_openai_is_openais() -> None:
    """And what it did in earlier turns is left out."""
    assert unsaid(tools=[{"type": "tool_search"}]) == 'tools[0].type "tool_search"'
    past = {"type": "tool_search_call", "execution": "server", "call_id": None, "arguments": {}}
    found = {"type": "tool_search_output", "execution": "server", "call_id": None, "tools": [F]}
    assert unsaid(input=[QUESTION, past, found]) is None


def test_of_two_tools_with_one_name_the_later_one_counts() -> None:
    """Codex repeats tools that came with the conversation."""
    added = {
        "type": "additional_tools",
        "role": "developer",
        "tools": [{**F, "description": "New"}],
    }
    (tool,) = read(tools=[F], input=[QUESTION, added]).chat.tools
    assert tool.description == "New"


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("auto", None),
        (None, None),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "name": "f"}, NamedTool("f")),
        ({"type": "function", "name": "f", "namespace": "crm"}, NamedTool("crm__f")),
        ({"type": "custom", "name": "g"}, NamedTool("g")),
        ({"type": "mcp", "server_label": "wiki"}, NamedTool("wiki")),
    ],
)
def test_a_choice_is_said(choice: object, said: object) -> None:
    """In words of ours."""
    found = read(tools=[F, G, CRM, WIKI], tool_choice=choice)
    assert found.chat.tool_choice == said
    assert found.verbatim.unsaid is None


@pytest.mark.parametrize(
    "choice",
    [{"type": "web_search"}, {"type": "mcp", "server_label": "wiki", "name": "find"}],
)
def test_a_choice_that_only_openai_knows_is_named(choice: dict[str, object]) -> None:
    """A hosted tool cannot be forced elsewhere."""
    assert unsaid(tools=[WIKI], tool_choice=choice) == f'tool_choice.type "{choice["type"]}"'


@pytest.mark.parametrize(("mode", "said"), [("auto", None), ("required", "required")])
def test_tools_that_are_not_allowed_are_left_out(mode: str, said: str | None) -> None:
    """That is the same, and works with every provider."""
    allowed = [{"type": "function", "name": "f", "namespace": "crm"}, {"type": "web_search"}]
    choice = {"type": "allowed_tools", "mode": mode, "tools": allowed}
    chat = read(tools=[F, CRM, {"type": "web_search"}], tool_choice=choice).chat
    assert [tool.name or tool.type for tool in chat.tools] == ["crm__f", "web_search"]
    assert chat.tool_choice == said


def test_one_call_at_a_time_is_said() -> None:
    """Where there are tools."""
    assert read(tools=[F], parallel_tool_calls=False).chat.parallel_tool_calls is False
    assert read(parallel_tool_calls=False).chat.parallel_tool_calls is None


def test_a_call_that_is_required_without_tools_is_refused_later() -> None:
    """By the check of all requests."""
    assert read(tool_choice="required").chat.tool_choice == "required"
    assert names_of() == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tools": [{"type": "function"}]}, r"tools\[0\]: name is missing"),
        ({"tools": [F, {"type": "function", "name": 5}]}, r"tools\[1\]: name: has to be a string"),
        ({"tools": [5]}, r"tools\[0\]: has to be a map"),
        ({"tools": [F] * (MAX_TOOLS + 1)}, "tools: more than 5000"),
        ({"tools": [{**CRM, "tools": [F] * (MAX_TOOLS + 1)}]}, r"tools\[0\]: more than 5000"),
        ({"tools": [{**F, "name": ""}]}, r"tools\[0\]: a tool needs name"),
        ({"tool_choice": "maybe"}, "tool_choice: has to be"),
        ({"tool_choice": 5}, "tool_choice: "),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, object], message: str) -> None:
    """With its place."""
    with pytest.raises(RequestProblem, match=message):
        read(**fields)
