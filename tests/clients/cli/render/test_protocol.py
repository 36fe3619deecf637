"""Methods for people."""

import pytest

from aircher_cli.render.protocol import method_lines, overview_lines, type_text, with_definitions
from aircher_cli.values import Map

DEFINITIONS: Map = {
    "Ask": {
        "type": "object",
        "properties": {"late": {"type": "number"}, "first": {"$ref": "#/$defs/Part"}},
        "required": ["first"],
    },
    "Part": {"type": "object", "properties": {"more": {"$ref": "#/$defs/Part"}}},
    "Unused": {"type": "object", "properties": {}},
}
METHOD: Map = {
    "about": "Ask it.",
    "params": {"$ref": "#/$defs/Ask"},
    "result": {"type": "object", "properties": {}},
    "sends": ["chat.delta"],
    "errors": ["network", "timeout"],
}
DOCUMENT: Map = {"methods": {"ask": METHOD}, "$defs": DEFINITIONS}


def texts_of(lines: list[list[tuple[str, str]]]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_a_method():
    """What is needed comes first; each type that occurs has a block, once."""
    assert texts_of(method_lines("ask", METHOD, DOCUMENT, 80)) == [
        "ask",
        "  Ask it.",
        "",
        "parameters",
        "  first Part",
        "  late? number",
        "",
        "result",
        "  an empty map",
        "",
        "Part",
        "  more? Part",
        "",
        "sends",
        "  chat.delta",
        "",
        "errors",
        "  network, timeout",
    ]


def test_a_method_stands_for_itself():
    """With the definitions that it needs, and no others."""
    assert set(with_definitions(METHOD, DOCUMENT)["$defs"]) == {"Ask", "Part"}  # type: ignore[arg-type, call-overload]


def test_all_methods():
    """One line each."""
    assert texts_of(overview_lines(DOCUMENT, 80))[1] == "ask Ask it."


def test_many_choices_follow_the_meaning():
    """As a type they would push it off the screen."""
    choices = ["authenticated", "unverified", "not_configured"]
    schema: Map = {
        "type": "object",
        "properties": {"state": {"enum": choices, "description": "how it is"}},
    }
    lines = texts_of(method_lines("m", {"params": schema}, {"$defs": {}}, 80))
    assert "  state? text  how it is: authenticated | unverified | not_configured" in lines


def test_a_type_says_what_it_is():
    """One that is a choice names what it may be, within the width."""
    names = [f"{word}Delta" for word in ("Text", "Reasoning", "Citation", "Usage")]
    definitions: Map = {
        "Delta": {"description": "A piece.", "anyOf": [{"$ref": f"#/$defs/{n}"} for n in names]}
    }
    method: Map = {"params": {"type": "object", "properties": {"d": {"$ref": "#/$defs/Delta"}}}}
    lines = texts_of(method_lines("m", method, {"$defs": definitions}, 40))
    assert lines[5:10] == [
        "Delta",
        "  A piece.",
        "  one of TextDelta | ReasoningDelta |",
        "  CitationDelta | UsageDelta",
        "",
    ]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "text"),
        ({"type": "array", "items": {"$ref": "#/$defs/Model"}}, "list of Model"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text | nil"),
        ({"enum": ["a", "b"]}, "a | b"),
        ({"const": "text"}, '"text"'),
        ({"enum": ["text"]}, '"text"'),
        ({"allOf": [{"$ref": "#/$defs/Model"}], "description": "of it"}, "Model"),
        ({"description": "any value"}, "anything"),
        ({"type": "object"}, "map"),
    ],
)
def test_types_in_words(schema, expected):
    """As short as can be."""
    assert type_text(schema) == expected
