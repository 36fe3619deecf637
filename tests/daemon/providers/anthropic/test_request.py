"""Requests as the Anthropic messages API takes them."""

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


def user(words: str) -> dict[str, object]:
    return {"role": "user", "content": [{"type": "text", "text": words}]}


def body_for(model: Model, **fields: object) -> dict[str, object]:
    return sent_body(built_request(ADAPTER, PROVIDER, a_request(**fields), model, None))


def test_plain_request() -> None:
    """The least request has a token limit of ours, which this API demands."""
    expected = {
        "model": "m",
        "max_tokens": DEFAULT_MAX_TOKENS,
        "messages": [user("Hi")],
        "stream": True,
    }
    assert expected == body_of(ADAPTER, PROVIDER, a_request())


def test_all_options() -> None:
    """Every option has its place, and `extra` the last word."""
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
    """Each choice has its form here, and is left out without tools."""
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
    """The wish for single calls is a part of the choice here; parallel ones are the habit."""
    request = a_request(tools=[{"name": "f"}], tool_choice=choice, parallel_tool_calls=False)
    assert sent == body_of(ADAPTER, PROVIDER, request)["tool_choice"]
    parallel = a_request(tools=[{"name": "f"}], parallel_tool_calls=True)
    assert "tool_choice" not in body_of(ADAPTER, PROVIDER, parallel)
    assert "tool_choice" not in body_for(Model(id="m"), parallel_tool_calls=False)


@pytest.mark.parametrize(
    ("given", "limit", "sent"),
    [(None, None, DEFAULT_MAX_TOKENS), (None, 64_000, 64_000), (5, 64_000, 5), (5, None, 5)],
)
def test_max_tokens(given: int | None, limit: int | None, sent: int) -> None:
    """The client's limit, else what the model can give, else a default."""
    assert sent == body_for(Model(id="m", max_output=limit), max_tokens=given)["max_tokens"]


def test_thinking() -> None:
    """The wish to think is in the two fields of the model's generation."""
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
def test_schema_of_the_answer(schema: object, sent: object) -> None:
    """A schema goes with every object closed, as the API demands, and with the effort beside it."""
    form = {"type": "json_schema", "schema": msgspec.json.encode(schema).decode()}
    body = body_for(Model(id="claude-opus-5"), response_format=form, reasoning="low")
    config = {"effort": "low", "format": {"type": "json_schema", "schema": sent}}
    assert config == body["output_config"]


@pytest.mark.parametrize(
    ("form", "kind", "words"),
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
def test_answers_it_cannot_promise(form: dict[str, object], kind: FailureClass, words: str) -> None:
    """Any JSON object at all, or no schema, is refused, naming the field."""
    failure = failure_of(lambda: body_for(Model(id="m"), response_format=form))
    assert kind is failure.kind
    assert failure.message.startswith(words)
