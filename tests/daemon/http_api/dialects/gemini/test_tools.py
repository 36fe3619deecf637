"""Tools and the choice among them."""

import pytest

from aircherd.http_api.dialects.gemini import DIALECT
from aircherd.vocabulary.chat import NamedTool
from helpers.http_api.talks import a_call

TWO = [{"functionDeclarations": [{"name": "a"}, {"name": "b", "description": "B"}]}]


def read(tools: list[object], calling: dict[str, object] | None = None) -> tuple[list, object]:
    body: dict[str, object] = {"contents": "Hi", "tools": tools}
    if calling is not None:
        body["toolConfig"] = {"functionCallingConfig": calling}
    chat = DIALECT.read_chat(a_call("/v1/models/m:generateContent", body)).chat
    return chat.tools, chat.tool_choice


@pytest.mark.parametrize(
    ("calling", "names", "choice"),
    [
        (None, ["a", "b"], None),
        ({"mode": "AUTO"}, ["a", "b"], None),
        ({"mode": "NONE"}, ["a", "b"], "none"),
        ({"mode": "ANY"}, ["a", "b"], "required"),
        ({"mode": "ANY", "allowedFunctionNames": ["b"]}, ["b"], NamedTool("b")),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["a"]}, ["a"], None),
    ],
)
def test_choices(calling: dict[str, object] | None, names: list[str], choice: object) -> None:
    """The functions that may be called are the ones that are sent."""
    tools, chosen = read(TWO, calling)
    assert ([tool.name for tool in tools], chosen) == (names, choice)


def test_hosted_tools() -> None:
    """What other vendors have, too, is said; the rest is in Google's own form."""
    tools, _ = read([{"googleSearch": {}}, {"codeExecution": {}}, {"googleMaps": {"a": 1}}])
    assert [(tool.type, tool.data) for tool in tools] == [
        ("web_search", None),
        ("code_execution", None),
        ("vendor", '{"googleMaps":{"a":1}}'),
    ]
