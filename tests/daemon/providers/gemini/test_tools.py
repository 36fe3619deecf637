"""Tools in a `generateContent` request."""

import pytest

from aircherd.providers.gemini.tools import join_tools, show_hosted_tools, tool_fields
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import a_request, failure_of

NEW, OLD = "gemini-3.8-flash", "models/gemini-2.5-flash"
F = {"name": "f", "parameters": "{}"}
DECLARED = {"name": "f", "parametersJsonSchema": {"type": "object"}}
SEARCH = {"type": "web_search"}

Json = dict[str, object]


def fields(*tools: Json, model: str = NEW, **options: object) -> Json:
    return tool_fields(a_request(tools=list(tools), **options), model)


@pytest.mark.parametrize(
    ("tool", "entry"),
    [
        (SEARCH, {"googleSearch": {}}),
        ({"type": "code_execution", "cache": True}, {"codeExecution": {}}),
        (
            {"type": "file_search", "stores": ["fileSearchStores/a"], "max_results": 3},
            {"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/a"], "topK": 3}},
        ),
        (
            {"type": "file_search", "stores": ["fileSearchStores/a"]},
            {"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/a"]}},
        ),
        (
            {"type": "vendor", "api": "gemini", "data": '{"googleMaps":{"enableWidget":true}}'},
            {"googleMaps": {"enableWidget": True}},
        ),
    ],
)
def test_hosted_tools(tool: Json, entry: Json) -> None:
    """Each is an entry of its own, in the API's own form."""
    assert fields(tool) == {"tools": [entry]}
    assert fields(tool, F)["tools"] == [{"functionDeclarations": [DECLARED]}, entry]
    assert fields(tool, tool_choice="none") == {}


@pytest.mark.parametrize(
    ("choice", "strict", "sent"),
    [
        (None, None, None),
        ("auto", None, {"mode": "AUTO"}),
        ("none", None, {"mode": "NONE"}),
        ("required", None, {"mode": "ANY"}),
        ({"name": "f"}, None, {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        # the arguments match the schemas; forced calls always do
        (None, True, {"mode": "VALIDATED"}),
        ("auto", True, {"mode": "VALIDATED"}),
        ("required", True, {"mode": "ANY"}),
        ("none", True, {"mode": "NONE"}),
        ("auto", False, {"mode": "AUTO"}),
    ],
)
def test_tool_choices(choice: object, strict: bool | None, sent: Json | None) -> None:
    """Each choice is a mode, and so are strict tools."""
    tool = F if strict is None else F | {"strict": strict}
    made = fields(tool, {"name": "g"}, tool_choice=choice)
    assert made.get("toolConfig") == (sent and {"functionCallingConfig": sent})
    assert fields(SEARCH, F, tool_choice="auto")["toolConfig"] == {
        "functionCallingConfig": {"mode": "VALIDATED"}
    }


@pytest.mark.parametrize(
    ("body", "is_shown"),
    [
        ({"tools": [{"googleSearch": {}}]}, True),
        ({"tools": [{"codeExecution": {}}]}, False),
        ({"tools": [{"functionDeclarations": []}, {"codeExecution": {}}]}, True),
        ({"tools": [{"functionDeclarations": []}]}, False),
        ({"tools": "x"}, False),
        ({"contents": [{"parts": [{"text": "a"}, {"toolCall": {}}]}]}, True),
        ({}, False),
    ],
)
def test_what_hosted_tools_do_is_part_of_the_reply(body: Json, is_shown: bool) -> None:
    """It is switched on where it is needed or says something, from Gemini 3 on."""
    shown = {"contents": []} | body
    show_hosted_tools(shown, NEW)
    expected = {"toolConfig": {"includeServerSideToolInvocations": True}} if is_shown else {}
    assert shown == {"contents": []} | body | expected
    old = {"contents": []} | body
    show_hosted_tools(old, OLD)
    assert "toolConfig" not in old


def test_the_switch_can_be_turned_off() -> None:
    """What the user's `extra` says wins."""
    config = {"includeServerSideToolInvocations": False}
    body: Json = {"contents": [], "tools": [{"googleSearch": {}}], "toolConfig": config}
    show_hosted_tools(body, NEW)
    assert body["toolConfig"] == config


@pytest.mark.parametrize(
    ("own", "further", "joined"),
    [
        ([{"a": 1}], [{"b": 2}], [{"a": 1}, {"b": 2}]),
        (
            [{"functionDeclarations": [1]}, {"a": 1}],
            [{"functionDeclarations": [2], "b": 2}, {"c": 3}],
            [{"functionDeclarations": [1, 2], "b": 2}, {"a": 1}, {"c": 3}],
        ),
        ([{"functionDeclarations": [1]}], [{"functionDeclarations": 5}], None),
        ([{"a": 1}], "x", "x"),
    ],
)
def test_tools_of_extra(own: list[Json], further: object, joined: object) -> None:
    """Both lists are one; all functions are in one entry. What is no list is the user's mistake."""
    expected = [*own, *further] if joined is None else joined  # type: ignore[misc]
    assert join_tools(own, further) == expected


@pytest.mark.parametrize(
    ("tools", "options", "message"),
    [
        ([F], {"parallel_tool_calls": False}, "parallel_tool_calls: Gemini cannot be limited"),
        ([SEARCH], {"tool_choice": "required"}, "tool_choice: Gemini cannot force a hosted tool"),
        (
            [SEARCH | {"allowed_domains": ["a.com"]}],
            {},
            "tools: Gemini's web search cannot be limited to domains",
        ),
        (
            [SEARCH | {"blocked_domains": ["a.com"]}],
            {},
            "tools: Gemini's web search cannot be limited to domains",
        ),
        ([SEARCH | {"max_uses": 1}], {}, "tools: Gemini's web search has no max_uses"),
        ([{"type": "custom", "name": "c"}], {}, "tools: Gemini does not offer custom"),
        (
            [{"type": "mcp", "name": "m", "url": "https://m"}],
            {},
            "tools: Gemini does not offer mcp",
        ),
        (
            [{"type": "vendor", "api": "responses", "data": "{}"}],
            {},
            "tools: Gemini does not know a tool in the form of responses",
        ),
    ],
)
def test_what_gemini_lacks_is_refused(tools: list[Json], options: Json, message: str) -> None:
    """The message names it; nothing is dropped in silence."""
    failure = failure_of(lambda: fields(*tools, **options))
    assert failure.kind is FailureClass.UNSUPPORTED
    assert failure.message.startswith(message)


def test_older_models_have_functions_or_hosted_tools() -> None:
    """Each alone works."""
    failure = failure_of(lambda: fields(F, SEARCH, model=OLD))
    assert failure.kind is FailureClass.UNSUPPORTED
    assert failure.message == (
        "tools: gemini-2.5-flash cannot use functions together with hosted tools"
    )
    assert fields(SEARCH, model=OLD) == {"tools": [{"googleSearch": {}}]}


@pytest.mark.parametrize(
    "tool", [{"name": "f", "parameters": "[]"}, {"type": "vendor", "api": "gemini", "data": "["}]
)
def test_invalid_json_is_a_bad_request(tool: Json) -> None:
    """No API could take it."""
    failure = failure_of(lambda: fields(tool))
    assert failure.kind is FailureClass.BAD_REQUEST


def test_parallel_calls_matter_with_functions_only() -> None:
    """Hosted tools have no calls that the client answers."""
    assert fields(SEARCH, parallel_tool_calls=False) == {"tools": [{"googleSearch": {}}]}
