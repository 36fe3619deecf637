import json

import pytest

from aircherd.chat.request.validation import check_request
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.chat import JsonFormat, NamedTool, SchemaFormat
from aircherd.vocabulary.content.tools import NO_PARAMETERS, Tool
from helpers.http_api.chat_dialect import WEATHER, read

SCHEMA = {"type": "object", "properties": {"blue": {"type": "boolean"}}}


def test_functions() -> None:
    """A function keeps its schema as it came."""
    function = {**WEATHER["function"], "strict": True}  # type: ignore[dict-item]
    found = read(tools=[{"type": "function", "function": function}])
    parameters = json.dumps(WEATHER["function"]["parameters"])  # type: ignore[index]
    assert found.chat.tools == [Tool("weather", "The weather of a place.", parameters, strict=True)]
    check_request(found.chat)


def test_functions_without_parameters() -> None:
    """Parameters may be missing, or null."""
    tools = [
        {"type": "function", "function": {"name": "now"}},
        {"type": "function", "function": {"name": "here", "parameters": None}},
    ]
    assert [tool.parameters for tool in read(tools=tools).chat.tools] == [NO_PARAMETERS] * 2


def test_custom_tools() -> None:
    """A custom tool gets any text, or what its grammar allows."""
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: A"}}
    tool = {"type": "custom", "custom": {"name": "patch", "format": grammar}}
    found = read(tools=[tool]).chat.tools
    assert found == [Tool("patch", type="custom", format=json.dumps(grammar))]


def test_other_tools_stay_in_their_form() -> None:
    """A tool of another type is for servers of this API, which know what it is."""
    search = {"type": "openrouter:web_search", "parameters": {"max_results": 3}}
    found = read(tools=[WEATHER, search])
    assert found.chat.tools[1] == Tool(type="vendor", api="chat", data=json.dumps(search))
    assert found.verbatim.unsaid is None


@pytest.mark.parametrize("inside", [True, False])
def test_marks_for_the_cache(*, inside: bool) -> None:
    """Clients put the mark beside the function, or into it."""
    mark = {"cache_control": {"type": "ephemeral"}}
    function = {"name": "now", **(mark if inside else {})}
    tool = {"type": "function", "function": function, **({} if inside else mark)}
    assert read(tools=[tool]).chat.tools == [Tool("now", cache=True)]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ("any", "required"),
        ({"type": "function", "function": {"name": "weather"}}, NamedTool("weather")),
        ({"type": "function", "name": "weather"}, NamedTool("weather")),
        ({"type": "custom", "custom": {"name": "weather"}}, NamedTool("weather")),
    ],
)
def test_choices(choice: object, expected: object) -> None:
    """The forms of a choice between tools."""
    assert read(tools=[WEATHER], tool_choice=choice).chat.tool_choice == expected


def test_a_list_of_allowed_tools_has_no_word() -> None:
    """It is named, for providers of this API."""
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
    found = read(tools=[WEATHER], tool_choice=allowed)
    assert found.verbatim.unsaid == "tool_choice.type 'allowed_tools'"


def test_choices_without_tools() -> None:
    """Clients that send the choice always say nothing by it."""
    assert read(tool_choice="auto").chat.tool_choice is None
    assert read(tools=[], tool_choice="none").chat.tool_choice is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, JsonFormat()),
        (
            {"type": "json_schema", "json_schema": {"name": "sky", "schema": SCHEMA}},
            SchemaFormat(json.dumps(SCHEMA), "sky", strict=False),
        ),
        (
            {
                "type": "json_schema",
                "json_schema": {"name": "a sky!", "schema": SCHEMA, "strict": True},
            },
            SchemaFormat(json.dumps(SCHEMA), "answer", strict=True),
        ),
        (
            {"type": "json_object", "schema": SCHEMA},
            SchemaFormat(json.dumps(SCHEMA), "answer", strict=False),
        ),
    ],
)
def test_forms_of_the_answer(given: object, expected: object) -> None:
    """Text, any JSON, or JSON of a schema."""
    found = read(response_format=given)
    assert (found.chat.response_format, found.verbatim.unsaid) == (expected, None)
    check_request(found.chat)


def test_a_form_that_is_not_known() -> None:
    """It is named, for providers of this API."""
    found = read(response_format={"type": "grammar", "grammar": "x"})
    assert found.verbatim.unsaid == "response_format.type 'grammar'"


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function", "function": {"name": ""}}]},
        {"tools": [{"type": "custom"}]},
        {"response_format": {"type": "json_schema"}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "sky"}}},
    ],
)
def test_incomplete_ones_are_refused(fields: dict[str, object]) -> None:
    """What no provider could use is the client's mistake."""
    with pytest.raises(RequestProblem):
        read(**fields)
