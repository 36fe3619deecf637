"""The tools of a Responses request."""

import msgspec
import pytest

from aircherd.providers.openai_responses.tools import includes_of, tool_fields
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import a_request, failure_of

Json = dict[str, object]


def written(*tools: Json, **fields: object) -> Json:
    sent = tool_fields(a_request(tools=list(tools), **fields))
    decoded = msgspec.json.decode(msgspec.json.encode(sent))
    assert isinstance(decoded, dict)
    return decoded


@pytest.mark.parametrize(
    ("tool", "sent"),
    [
        (
            {"name": "f", "description": "d", "strict": True},
            {
                "type": "function",
                "name": "f",
                "parameters": {"type": "object", "properties": {}},
                "strict": True,
                "description": "d",
            },
        ),
        (
            {"type": "custom", "name": "sh", "format": '{"type":"grammar","syntax":"regex"}'},
            {"type": "custom", "name": "sh", "format": {"type": "grammar", "syntax": "regex"}},
        ),
        ({"type": "web_search"}, {"type": "web_search"}),
        (
            {"type": "web_search", "allowed_domains": ["a.b"], "cache": True},
            {"type": "web_search", "filters": {"allowed_domains": ["a.b"]}},
        ),
        (
            {"type": "code_execution"},
            {"type": "code_interpreter", "container": {"type": "auto"}},
        ),
        (
            {"type": "file_search", "stores": ["vs_1"], "max_results": 99},
            {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 50},
        ),
        (
            {"type": "mcp", "name": "crm", "url": "https://a.b", "token": "t", "approval": "never"},
            {
                "type": "mcp",
                "server_label": "crm",
                "server_url": "https://a.b",
                "authorization": "t",
                "require_approval": "never",
            },
        ),
        (
            {"type": "vendor", "api": "responses", "data": '{"type":"shell","x":1.0}'},
            {"type": "shell", "x": 1.0},
        ),
    ],
)
def test_each_tool_in_the_form_of_the_api(tool: Json, sent: Json) -> None:
    """Hosted tools too; what was not asked for is left out."""
    assert written(tool) == {"tools": [sent]}


def test_a_function_is_not_strict_unless_it_is_asked_for() -> None:
    """The API would tighten the schema by itself."""
    tools = written({"name": "f"}, {"name": "g", "strict": False})["tools"]
    assert isinstance(tools, list)
    assert [tool["strict"] for tool in tools] == [False, False]


@pytest.mark.parametrize(
    ("tool", "choice"),
    [
        ({"name": "f"}, {"type": "function", "name": "f"}),
        ({"type": "custom", "name": "f"}, {"type": "custom", "name": "f"}),
        ({"type": "mcp", "name": "f", "url": "https://a.b"}, {"type": "mcp", "server_label": "f"}),
    ],
)
def test_a_tool_is_forced_by_its_type_and_name(tool: Json, choice: Json) -> None:
    """Each type has its own form."""
    assert written(tool, tool_choice={"name": "f"})["tool_choice"] == choice


@pytest.mark.parametrize("modalities", [["image"], ["text", "image"]])
def test_a_picture_is_made_by_a_tool(modalities: list[str]) -> None:
    """It is forced if nothing else is wanted, and not added twice."""
    fields = written(modalities=modalities)
    assert fields["tools"] == [{"type": "image_generation"}]
    assert ("tool_choice" in fields) is (modalities == ["image"])
    own = {"type": "vendor", "api": "responses", "data": '{"type":"image_generation","size":"1"}'}
    assert written(own, modalities=modalities)["tools"] == [
        {"type": "image_generation", "size": "1"}
    ]


def test_the_uses_of_a_search_limit_all_hosted_tools() -> None:
    """So there must be no other one."""
    search = {"type": "web_search", "max_uses": 3}
    assert written(search, {"name": "f"})["max_tool_calls"] == 3
    failure = failure_of(lambda: written(search, {"type": "code_execution"}))
    assert failure.kind is FailureClass.UNSUPPORTED


def test_blocked_domains_are_refused() -> None:
    """OpenAI can only allow domains."""
    failure = failure_of(lambda: written({"type": "web_search", "blocked_domains": ["a.b"]}))
    assert failure.kind is FailureClass.UNSUPPORTED
    assert "blocked_domains" in failure.message


def test_a_tool_of_another_api_is_refused() -> None:
    """It would not be understood."""
    tool = {"type": "vendor", "api": "anthropic", "data": "{}"}
    assert failure_of(lambda: written(tool)).kind is FailureClass.UNSUPPORTED


def test_results_of_hosted_tools_are_asked_for() -> None:
    """They stay at OpenAI otherwise."""
    kinds = ("web_search", "code_execution", "web_search")
    request: ChatRequest = a_request(tools=[{"type": kind} for kind in kinds])
    assert includes_of(request.tools) == [
        "web_search_call.action.sources",
        "code_interpreter_call.outputs",
    ]


def test_no_fields_without_tools() -> None:
    """The API refuses them then."""
    assert written(parallel_tool_calls=False) == {}
