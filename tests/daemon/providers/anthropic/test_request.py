"""The body of a request to the Anthropic Messages API."""

import msgspec
import pytest

from aircherd.providers.anthropic.adapter import AnthropicMessages
from aircherd.providers.anthropic.request import DEFAULT_MAX_TOKENS
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import (
    a_provider,
    a_request,
    body_of,
    built_request,
    failure_of,
    sent_body,
)

ADAPTER = AnthropicMessages()
PROVIDER = a_provider("anthropic")


def user(value: str) -> dict[str, object]:
    return {"role": "user", "content": [{"type": "text", "text": value}]}


def body_for(model: Model, **fields: object) -> dict[str, object]:
    return sent_body(built_request(ADAPTER, PROVIDER, a_request(**fields), model, None))


def test_plain_request() -> None:
    """A minimal request has the default token limit, which the API requires."""
    expected = {
        "model": "m",
        "max_tokens": DEFAULT_MAX_TOKENS,
        "messages": [user("Hi")],
        "stream": True,
    }
    assert expected == body_of(ADAPTER, PROVIDER, a_request())


def test_all_options() -> None:
    """Every option is sent, and `extra` overrides."""
    request = a_request(
        max_tokens=5,
        temperature=0.0,
        top_p=0.9,
        stop=["X"],
        stream=False,
        system="s",
        tools=[{"name": "f", "description": "d", "parameters": '{"type":"object"}'}],
        extra={"top_k": 1, "max_tokens": 6},
    )
    expected = {
        "model": "m",
        "max_tokens": 6,
        "messages": [user("Hi")],
        "system": "s",
        "temperature": 0.0,
        "top_p": 0.9,
        "stop_sequences": ["X"],
        "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
        "top_k": 1,
    }
    assert expected == body_of(ADAPTER, PROVIDER, request)


def test_a_choice_among_the_tools_of_extra() -> None:
    """Tools in `extra` can be chosen and limited too."""
    extra = {"tools": [{"type": "memory_20250818", "name": "memory"}]}
    body = body_of(ADAPTER, PROVIDER, a_request(extra=extra, parallel_tool_calls=False))
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"name": "f"}, {"type": "tool", "name": "f"}),
    ],
)
def test_tool_choices(choice: object, sent: object) -> None:
    """Each choice is translated, and left out without tools."""
    request = a_request(tools=[{"name": "f"}], tool_choice=choice)
    assert sent == body_of(ADAPTER, PROVIDER, request)["tool_choice"]
    assert "tool_choice" not in body_of(ADAPTER, PROVIDER, a_request(tool_choice=choice))


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (None, {"type": "auto", "disable_parallel_tool_use": True}),
        ("auto", {"type": "auto", "disable_parallel_tool_use": True}),
        ("none", {"type": "none"}),
        ("required", {"type": "any", "disable_parallel_tool_use": True}),
        ({"name": "f"}, {"type": "tool", "name": "f", "disable_parallel_tool_use": True}),
    ],
)
def test_one_call_at_a_time(choice: object, sent: object) -> None:
    """Sequential calls are a field of the choice; parallel calls are the default."""
    request = a_request(tools=[{"name": "f"}], tool_choice=choice, parallel_tool_calls=False)
    assert sent == body_of(ADAPTER, PROVIDER, request)["tool_choice"]
    parallel = a_request(tools=[{"name": "f"}], parallel_tool_calls=True)
    assert "tool_choice" not in body_of(ADAPTER, PROVIDER, parallel)
    assert "tool_choice" not in body_for(Model(id="m"), parallel_tool_calls=False)


@pytest.mark.parametrize(
    ("requested", "limit", "sent"),
    [(None, None, DEFAULT_MAX_TOKENS), (None, 64_000, 64_000), (5, 64_000, 5), (5, None, 5)],
)
def test_max_tokens(requested: int | None, limit: int | None, sent: int) -> None:
    """The client's limit, else the model's maximum, else a default."""
    assert sent == body_for(Model(id="m", max_output=limit), max_tokens=requested)["max_tokens"]


def test_thinking() -> None:
    """The requested effort is in the two fields that the model's generation takes."""
    adaptive = body_for(Model(id="claude-opus-5-5"), reasoning="high")
    assert adaptive["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert adaptive["output_config"] == {"effort": "high"}
    old = body_for(Model(id="claude-haiku-4-5", max_output=8000), reasoning="high")
    assert old["thinking"] == {"type": "enabled", "budget_tokens": 4000}
    assert "output_config" not in old


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({"type": "string"}, {"type": "string"}),
        (
            {"type": "object", "properties": {"type": {"type": ["object", "null"]}}},
            {
                "type": "object",
                "properties": {"type": {"type": ["object", "null"], "additionalProperties": False}},
                "additionalProperties": False,
            },
        ),
        (
            {"type": "object", "additionalProperties": True, "enum": [{"type": "object"}]},
            {"type": "object", "additionalProperties": True, "enum": [{"type": "object"}]},
        ),
        (
            {"anyOf": [{"type": "array", "items": {"type": "object"}}, True]},
            {
                "anyOf": [
                    {"type": "array", "items": {"type": "object", "additionalProperties": False}},
                    True,
                ]
            },
        ),
        (
            {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}},
            {
                "$ref": "#/$defs/a",
                "$defs": {"a": {"type": "object", "additionalProperties": False}},
            },
        ),
    ],
)
def test_schema_has_closed_objects(schema: object, sent: object) -> None:
    """Every object of a schema is closed, as the API requires; the effort is kept."""
    form = {"type": "json_schema", "schema": msgspec.json.encode(schema).decode()}
    body = body_for(Model(id="claude-opus-5"), response_format=form, reasoning="low")
    config = {"effort": "low", "format": {"type": "json_schema", "schema": sent}}
    assert config == body["output_config"]


@pytest.mark.parametrize(
    ("form", "kind", "message"),
    [
        ({"type": "json_object"}, FailureClass.UNSUPPORTED, "response_format: "),
        (
            {"type": "json_schema", "schema": "[]"},
            FailureClass.BAD_REQUEST,
            "response_format.schema ",
        ),
        (
            {"type": "json_schema", "schema": '{"items":' * 900 + "{}" + "}" * 900},
            FailureClass.BAD_REQUEST,
            "response_format.schema ",
        ),
    ],
)
def test_unsupported_response_formats_are_refused(
    form: dict[str, object], kind: FailureClass, message: str
) -> None:
    """JSON without a schema, or an invalid schema, is refused, naming the field."""
    failure = failure_of(lambda: body_for(Model(id="m"), response_format=form))
    assert kind is failure.kind
    assert failure.message.startswith(message)
