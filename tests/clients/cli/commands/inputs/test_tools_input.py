"""The tools of `ask --tools`."""

import json

import pytest

from aircher_cli.commands.inputs.json_input import JsonInput
from aircher_cli.commands.inputs.tools_input import parse_tool_choice, parse_tools
from aircher_cli.exit_codes import CommandFailed, UsageError

SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}}
LOOK = {"name": "look", "description": "looks", "parameters": json.dumps(SCHEMA)}


@pytest.mark.parametrize(
    "entry",
    [
        LOOK,
        {**LOOK, "parameters": SCHEMA},
        {"type": "function", **LOOK},
        {"type": "function", "function": {**LOOK, "parameters": SCHEMA}},
        {"function": LOOK},
    ],
)
def test_every_form_of_a_tool(entry: object) -> None:
    """The protocol's, and OpenAI's in both of its APIs."""
    assert parse_tools(JsonInput("t.json", [entry])) == [LOOK]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({**LOOK, "strict": True, "cache": "1h"}, {**LOOK, "strict": True, "cache": "1h"}),
        ({"type": "code_execution"}, {"type": "code_execution"}),
        (
            {"type": "web_search", "max_uses": 3, "allowed_domains": ["x.org"]},
            {"type": "web_search", "max_uses": 3, "allowed_domains": ["x.org"]},
        ),
        (
            {"type": "custom", "name": "sql", "format": {"type": "text"}},
            {"type": "custom", "name": "sql", "format": '{"type": "text"}'},
        ),
        ({"custom": {"name": "sql"}}, {"type": "custom", "name": "sql"}),
        (
            {"type": "vendor", "api": "gemini", "data": {"googleMaps": {}}},
            {"type": "vendor", "api": "gemini", "data": '{"googleMaps": {}}'},
        ),
        (
            {"type": "vendor", "api": "gemini", "data": '{"googleMaps":{}}'},
            {"type": "vendor", "api": "gemini", "data": '{"googleMaps":{}}'},
        ),
        (
            {"type": "mcp", "name": "m", "url": "https://x", "token": None},
            {"type": "mcp", "name": "m", "url": "https://x"},
        ),
    ],
)
def test_other_types_of_tools(entry: object, expected: object) -> None:
    """Objects become the JSON strings of the protocol; other values go on as they are."""
    assert parse_tools(JsonInput("t.json", [entry])) == [expected]


def test_hosted_tools_need_no_name() -> None:
    """Several of one type are the daemon's to judge; a choice names only tools with a name."""
    entries = [{"type": "web_search"}, {"type": "code_execution"}, dict(LOOK)]
    tools = parse_tools(JsonInput("t.json", entries))
    assert len(tools) == 3
    assert parse_tool_choice("look", tools) == {"name": "look"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["object", "null"]},
        {"type": "object", "properties": None, "required": None},
    ],
)
def test_parameters_with_null(schema: object) -> None:
    """As a type beside object, and as what Go writes for nothing."""
    tool = {"name": "look", "parameters": schema}
    assert parse_tools(JsonInput("t.json", [tool])) == [{**tool, "parameters": json.dumps(schema)}]


def test_a_name_is_enough() -> None:
    """What is left out is left out."""
    plain = {"name": "now", "description": None, "parameters": None}
    assert parse_tools(JsonInput("t.json", [plain])) == [{"name": "now"}]
    assert parse_tools(JsonInput("t.json", [])) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "x"}, "t.json: the tools must be a list, [{...}, ...], not an object"),
        (["x"], "t.json: tool 1: must be an object, not a string"),
        ([LOOK, {}], 't.json: tool 2: needs a "name"'),
        ([{"name": " "}], 't.json: tool 1: needs a "name"'),
        ([LOOK, LOOK], 't.json: tool 2: "look" is also the name of tool 1'),
        (
            [{"name": "x", "paramaters": {}}],
            't.json: tool 1 ("x"): unknown key "paramaters" (did you mean parameters?); known: ',
        ),
        (
            [{"name": "x", "input_schema": {}}],
            't.json: tool 1 ("x"): unknown key "input_schema" (use parameters)',
        ),
        ([{"name": "x", "description": 1}], 't.json: tool 1 ("x"): description must be a string'),
        (
            [{"name": "x", "parameters": []}],
            't.json: tool 1 ("x"): parameters must be a JSON Schema, an object, not a list',
        ),
        (
            [{"name": "x", "parameters": {"type": "array"}}],
            't.json: tool 1 ("x"): parameters.type must be "object"',
        ),
        (
            [{"name": "x", "parameters": {"type": ["string", "null"]}}],
            't.json: tool 1 ("x"): parameters.type must be "object"',
        ),
        (
            [{"name": "x", "parameters": '{"properties": {"a": {"type": "strin"}}}'}],
            't.json: tool 1 ("x"): parameters are not a JSON Schema: properties.a.type: must be ',
        ),
        (
            [{"name": "x", "parameters": "{,}"}],
            't.json: tool 1 ("x"): parameters:1:2: not JSON: ',
        ),
        ([{"type": "web", "function": LOOK}], 't.json: tool 1: type must be "function"'),
        (
            [{"type": "web_search_20250305", "name": "web_search"}],
            't.json: tool 1: unknown type "web_search_20250305" (did you mean web_search?); known',
        ),
        ([{"type": 5}], 't.json: tool 1: unknown type "a number"; known: function, custom, '),
        (
            [{"type": "web_search", "max_use": 1}],
            't.json: tool 1: unknown key "max_use" (did you mean max_uses?); known: max_uses, ',
        ),
        ([{"type": "custom"}], 't.json: tool 1: needs a "name"'),
        ([{"type": "mcp", "url": "https://x"}], 't.json: tool 1: needs a "name"'),
        (
            [{"type": "vendor", "api": "chat", "data": "{,}"}],
            "t.json: tool 1: data:1:2: not JSON: ",
        ),
        (
            [{"type": "vendor", "api": "chat", "data": [1]}],
            "t.json: tool 1: data: must be an object, not a list",
        ),
        ([{"function": 1}], "t.json: tool 1: function must be an object, not a number"),
        ([{"function": LOOK, "name": "x"}], 't.json: tool 1: unknown key "name" next to function'),
    ],
)
def test_what_is_no_tool(value: object, expected: str) -> None:
    """Which entry, what is wrong with it, and what would be right."""
    with pytest.raises(CommandFailed) as caught:
        parse_tools(JsonInput("t.json", value))
    assert caught.value.message.startswith(expected)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("auto", "auto"), ("none", "none"), ("required", "required"), ("look", {"name": "look"})],
)
def test_choice(word: str, expected: object) -> None:
    """A word of the protocol, or one of the tools."""
    assert expected == parse_tool_choice(word, [dict(LOOK)])


def test_a_choice_that_does_not_exist() -> None:
    """The nearest is suggested, all are named."""
    with pytest.raises(UsageError) as caught:
        parse_tool_choice("lok", [dict(LOOK)])
    assert caught.value.message == (
        '--tool-choice: unknown tool "lok" (did you mean look?); '
        "must be one of auto, none, required, look"
    )
