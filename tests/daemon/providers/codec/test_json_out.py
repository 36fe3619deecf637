"""Request bodies, and the JSON that clients send as strings."""

import msgspec
import pytest

from aircherd.providers.codec.json_out import encode_body, is_closed, parse_object, tool_parameters
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import failure_of


def test_extra_overrides() -> None:
    """Keys of `extra` replace ours and add to them."""
    body = encode_body({"a": 1, "b": 2}, {"b": 3, "c": None})
    assert msgspec.json.decode(body) == {"a": 1, "b": 3, "c": None}


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ([{"type": "hosted"}], [{"name": "f"}, {"type": "hosted"}]),
        ([{"name": "f"}, {"name": "g"}], [{"name": "f"}, {"name": "g"}]),
        ([], [{"name": "f"}]),
    ],
)
def test_tools_are_joined(extra: list[object], expected: list[object]) -> None:
    """Tools of the request come first, then those of `extra`; each only once."""
    body = encode_body({"tools": [{"name": "f"}]}, {"tools": extra})
    assert msgspec.json.decode(body) == {"tools": expected}


def test_tools_of_extra_alone() -> None:
    """Without tools of the request, those of `extra` are sent in whatever form they have."""
    assert encode_body({"a": 1}, {"tools": {"b": 2}}) == b'{"a":1,"tools":{"b":2}}'


@pytest.mark.parametrize("tools", [None, {"type": "hosted"}, "all"])
def test_tools_of_extra_that_cannot_be_joined(tools: object) -> None:
    """What would replace the request's tools is refused by name."""
    failure = failure_of(lambda: encode_body({"tools": [{"name": "f"}]}, {"tools": tools}))
    assert FailureClass.BAD_REQUEST is failure.kind
    assert failure.message == "extra: tools must be a list, to be joined with tools"


def test_surrogates_become_replacement_characters() -> None:
    """At any depth; pairs are joined."""
    body = encode_body({"m": [{"t": "a\udcffb"}], "p": "\ud83d\ude00"}, {"k\udc80": "ok"})
    expected = {"m": [{"t": "a\ufffdb"}], "p": "\U0001f600", "k\ufffd": "ok"}
    assert expected == msgspec.json.decode(body)


@pytest.mark.parametrize(
    ("text", "value"), [("", {}), (" \n", {}), ("{}", {}), ('{"a": [1]}', {"a": [1]})]
)
def test_objects(text: str, value: dict[str, object]) -> None:
    """A JSON object is parsed, an empty string is an empty one."""
    assert value == parse_object(text, "x")


@pytest.mark.parametrize("text", ["[1]", "{", "null", "[" * 100_000, '"\udcff"'])
def test_invalid_objects_are_named(text: str) -> None:
    """Anything but an object is the client's fault, and the message names it."""
    failure = failure_of(lambda: parse_object(text, "messages[2]: arguments"))
    assert FailureClass.BAD_REQUEST is failure.kind
    assert failure.message.startswith("messages[2]: arguments")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", {}),
        ("{}", {}),
        ('{"properties": {}}', {"type": "object", "properties": {}}),
        ('{"type": ["object"]}', {"type": ["object"]}),
    ],
)
def test_parameters_are_an_object(parameters: str, expected: dict[str, object]) -> None:
    """A tool's schema without a type gets the type `object`."""
    assert expected == tool_parameters(Tool("f", parameters=parameters))


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        ({"type": "string"}, True),
        ({"type": "object", "properties": {}, "required": [], "additionalProperties": False}, True),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"]}, False),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "object"}},
                "required": ["a"],
                "additionalProperties": False,
            },
            False,
        ),
        (
            {
                "type": "object",
                "properties": {"a": {}},
                "required": [],
                "additionalProperties": False,
            },
            False,
        ),
        ({"anyOf": [{"type": "object", "properties": {"a": {}}}]}, False),
    ],
)
def test_schemas_for_strict_mode(schema, closed):
    """All properties required and no others allowed, at every level."""
    assert is_closed(schema) is closed
