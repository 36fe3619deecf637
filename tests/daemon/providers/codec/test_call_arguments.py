"""Arguments of tool calls in a conversation: no object becomes one, alike for all APIs."""

import msgspec
import pytest

from aircherd.providers.codec.call_arguments import call_arguments, call_arguments_text
from aircherd.providers.registry import ADAPTERS, RESPONSES
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import ToolCallPart
from helpers.providers.provider_calls import a_provider, a_request

REPAIRS: list[tuple[str, dict[str, object]]] = [
    ("", {}),
    (" \n", {}),
    ("null", {}),
    ("[]", {}),
    ('""', {}),
    ('" "', {}),
    ('"{}"', {}),
    ('"null"', {}),
    ('"{\\"a\\": 1}"', {"a": 1}),
    ('{"a": "x\ty"}', {"a": "x\ty"}),
    ('{"a": NaN}', {"a": False}),
    ('{"a": "\udcff"}', {"a": "\ufffd"}),
    ('{"a": "\\ud800"}', {"a": "\ufffd"}),
    ("[1]", {"arguments": [1]}),
    ("5", {"arguments": 5}),
    ("0", {"arguments": 0}),
    ("false", {"arguments": False}),
    ('"a text"', {"arguments": "a text"}),
    ('"[1]"', {"arguments": "[1]"}),
    ("{", {"arguments": "{"}),
    ('{"a": "cut of', {"arguments": '{"a": "cut of'}),
    ('{"a":1}{"b":2}', {"arguments": '{"a":1}{"b":2}'}),
    ("a=1", {"arguments": "a=1"}),
    ("[" * 5000, {"arguments": "[" * 5000}),
]


def a_call(arguments: str) -> ToolCallPart:
    return ToolCallPart(id="c1", name="f", arguments=arguments)


@pytest.mark.parametrize(("text", "expected"), REPAIRS)
def test_repairs(text: str, expected: dict[str, object]) -> None:
    """Nothing is lost: what cannot be read goes on as a text."""
    sent = msgspec.json.decode(call_arguments_text(a_call(text)))
    assert sent == expected
    if not any(mark in text for mark in ("\\ud800", "\udcff")):
        assert call_arguments(a_call(text)) == expected


@pytest.mark.parametrize("text", ["{}", '{"a":1}', ' {"b": 1.50,  "a": null} '])
def test_an_object_is_sent_as_it_is(text: str) -> None:
    """With its spaces, its order and its numbers."""
    assert call_arguments_text(a_call(text)) == text
    assert call_arguments(a_call(text)) == msgspec.json.decode(text)


def find(value: object, name: str) -> object:
    """Return the first value of a field with this name."""
    if isinstance(value, dict):
        if name in value:
            return value[name]
        value = list(value.values())
    found = (find(each, name) for each in value) if isinstance(value, list) else ()
    return next((each for each in found if each is not None), None)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("anthropic", "input"),
        ("gemini", "args"),
        ("ollama", "arguments"),
        ("openai", "arguments"),
        ("openrouter", "arguments"),
        ("responses", "arguments"),
    ],
)
@pytest.mark.parametrize(("text", "expected"), REPAIRS)
def test_every_api_gets_the_same(
    kind: str, field: str, text: str, expected: dict[str, object]
) -> None:
    """As an object, or as the text of one."""
    call = {"type": "tool_call", "id": "c1", "name": "f", "arguments": text}
    request = a_request(
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "id": "c1", "content": "y"}]},
    )
    adapter = ADAPTERS[RESPONSES] if kind == "responses" else ADAPTERS[kind]
    provider = a_provider(kind="openai" if kind == "responses" else kind)
    body = msgspec.json.decode(adapter.encode_chat(provider, request, Model(id="m")))
    messages = body.get("messages") or body.get("contents") or body["input"]
    sent = find(messages[1:], field)
    assert (msgspec.json.decode(sent) if isinstance(sent, str) else sent) == expected
