"""The body of a chat completions request."""

import re

import pytest

from aircherd.providers.chat_completions.quirks import (
    EVERY_EFFORT,
    Quirks,
)
from aircherd.providers.chat_completions.request import chat_body
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_request, failure_of

QUIRKS = Quirks(name="it", efforts=EVERY_EFFORT)
MODEL = Model(id="m")
_NINE = re.compile(r"[A-Za-z0-9]{9}")
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": '{"a":1}'}
SENT_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
EMPTY_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOLS = [{"name": "f", "description": "d", "parameters": '{"type":"object"}'}]
PNG = {"type": "image", "data": "iVBORw0KGgo=", "media_type": "image/png"}
SENT_PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
URL = {"type": "image", "url": "https://host/a.gif"}
SENT_URL = {"type": "image_url", "image_url": {"url": "https://host/a.gif"}}


def text(content: str) -> dict[str, object]:
    return {"type": "text", "text": content}


def body_of(*messages: dict[str, object], **fields: object) -> dict[str, object]:
    return chat_body(a_request(*messages, **fields), MODEL, QUIRKS)


def sent_messages(*messages: dict[str, object], **fields: object) -> object:
    return body_of(*messages, **fields)["messages"]


def test_unstreamed_request() -> None:
    """A request without streaming does not send the fields."""
    assert {"model", "messages"} == set(body_of(stream=False))


def test_all_options() -> None:
    """Every option is sent."""
    body = body_of(
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        stop=["X"],
        tools=TOOLS,
        tool_choice={"name": "f"},
        parallel_tool_calls=False,
    )
    function = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    expected = {
        "max_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["X"],
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
    }
    assert expected == {name: body[name] for name in expected}


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_tool_choices_are_passed_on(choice: str) -> None:
    """The format has the same values."""
    assert choice == body_of(tools=TOOLS, tool_choice=choice)["tool_choice"]


def test_tool_options_without_tools_are_left_out() -> None:
    """The API refuses them."""
    body = body_of(tool_choice="auto", parallel_tool_calls=False)
    assert {"model", "messages", "stream", "stream_options"} == set(body)


@pytest.mark.parametrize(
    ("response_format", "sent"),
    [
        ({"type": "json_object"}, {"type": "json_object"}),
        (
            {"type": "json_schema", "schema": '{"type":"object"}', "name": "n", "strict": False},
            {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": False},
            },
        ),
        (
            {"type": "json_schema", "schema": "{}"},
            {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": {}, "strict": True},
            },
        ),
    ],
)
def test_response_format(response_format: dict[str, object], sent: object) -> None:
    """JSON without a schema, or a schema with name and strictness."""
    assert sent == body_of(response_format=response_format)["response_format"]


@pytest.mark.parametrize(
    ("fields", "model", "kind", "expected"),
    [
        (
            {"tools": [{"name": "look", "parameters": "nonsense"}]},
            MODEL,
            FailureClass.BAD_REQUEST,
            "parameters of tool 'look'",
        ),
        (
            {"response_format": {"type": "json_schema", "schema": "[]"}},
            MODEL,
            FailureClass.BAD_REQUEST,
            "response_format: schema",
        ),
        (
            {"temperature": 1},
            Model(id="o9", sampling=False),
            FailureClass.UNSUPPORTED,
            "temperature: o9",
        ),
        ({"top_p": 1}, Model(id="o9", sampling=False), FailureClass.UNSUPPORTED, "top_p: o9"),
    ],
)
def test_refusals_name_the_field(
    fields: dict[str, object], model: Model, kind: FailureClass, expected: str
) -> None:
    """What the model or server does not take is UNSUPPORTED, invalid fields are BAD_REQUEST."""
    failure = failure_of(lambda: chat_body(a_request(**fields), model, QUIRKS))
    assert kind is failure.kind
    assert failure.message.startswith(expected)


def test_sampling_is_sent_to_unknown_models() -> None:
    """They may take it."""
    for model in (MODEL, Model(id="m", sampling=True)):
        assert chat_body(a_request(temperature=0), model, QUIRKS)["temperature"] == 0
