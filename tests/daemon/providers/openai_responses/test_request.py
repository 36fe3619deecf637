"""The body of a request to the OpenAI Responses API."""

import pytest

from aircherd.providers.openai_responses.adapter import OpenAIResponses
from aircherd.vocabulary.chat import ChatRequest
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

ADAPTER = OpenAIResponses()
Json = dict[str, object]

ENCRYPTED = ["reasoning.encrypted_content"]
PNG = {"type": "image", "data": "iVBORw0KGgo=", "media_type": "image/png"}
SENT_PNG = {
    "type": "input_image",
    "image_url": "data:image/png;base64,iVBORw0KGgo=",
    "detail": "auto",
}
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": '{"a":1}'}
SENT_CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
SIGNED = '{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA="}'
SENT_THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA="}


def text(value: str) -> Json:
    return {"type": "input_text", "text": value}


def said(role: str, *content: object) -> Json:
    return {"type": "message", "role": role, "content": list(content)}


def body(**fields: object) -> Json:
    return body_of(ADAPTER, a_provider(), a_request(**fields))


def body_for(model: Model, request: ChatRequest) -> Json:
    return sent_body(built_request(ADAPTER, a_provider(), request, model, None))


def sent_input(*messages: Json, **fields: object) -> object:
    return body_of(ADAPTER, a_provider(), a_request(*messages, **fields))["input"]


def refused(
    request: ChatRequest,
    model: Model | None = None,
    kind: FailureClass = FailureClass.UNSUPPORTED,
) -> str:
    """Return the message with which the request is refused."""
    chosen_model = model or Model(id="m")
    failure = failure_of(lambda: built_request(ADAPTER, a_provider(), request, chosen_model, None))
    assert failure.kind is kind
    return failure.message


def test_plain_request() -> None:
    """A minimal request streams, stores nothing, and has no other options."""
    expected = {
        "model": "m",
        "input": [said("user", text("Hi"))],
        "store": False,
        "stream": True,
    }
    assert expected == body()


def test_unstreamed_request() -> None:
    """A request without streaming does not send the field."""
    assert {"model", "input", "store"} == set(body(stream=False))


def test_all_options() -> None:
    """Every option is sent, and `extra` overrides."""
    sent = body(
        system="Be brief.",
        max_tokens=500,
        temperature=0.5,
        top_p=0.9,
        tools=[{"name": "f", "description": "d", "parameters": '{"type":"object"}'}, {"name": "g"}],
        tool_choice={"name": "f"},
        parallel_tool_calls=False,
        reasoning="high",
        response_format={"type": "json_schema", "schema": '{"type":"object"}', "name": "n"},
        extra={"metadata": {"a": "b"}, "store": True},
    )
    tool = {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}
    plain = {"type": "object", "properties": {}}
    schema = {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": False}
    expected = {
        "instructions": "Be brief.",
        "max_output_tokens": 500,
        "temperature": 0.5,
        "top_p": 0.9,
        "tools": [
            {**tool, "strict": False},
            {"type": "function", "name": "g", "parameters": plain, "strict": False},
        ],
        "tool_choice": {"type": "function", "name": "f"},
        "parallel_tool_calls": False,
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ENCRYPTED,
        "text": {"format": schema},
        "metadata": {"a": "b"},
        "store": True,
        "stream": True,
    }
    assert expected == {name: value for name, value in sent.items() if name in expected}
    assert {*expected, "model", "input"} == set(sent)


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_tool_choices_are_passed_on(choice: str) -> None:
    """The API has the same values."""
    assert choice == body(tools=[{"name": "f"}], tool_choice=choice)["tool_choice"]


def test_a_choice_without_tools() -> None:
    """It is left out, because the API refuses it."""
    assert {"model", "input", "store", "stream"} == set(
        body(tool_choice="auto", parallel_tool_calls=True)
    )


@pytest.mark.parametrize(("requested", "sent"), [(1, 16), (15, 16), (16, 16), (17, 17)])
def test_small_limits_are_raised_to_16(requested: int, sent: int) -> None:
    """The API takes no fewer tokens."""
    assert sent == body(max_tokens=requested)["max_output_tokens"]


@pytest.mark.parametrize(
    ("requested", "thinks", "fields"),
    [
        (None, None, {}),
        (None, False, {}),
        (None, True, {"include": ENCRYPTED}),
        ("none", False, {}),
        ("none", None, {"reasoning": {"effort": "none"}, "include": ENCRYPTED}),
        ("low", None, {"reasoning": {"effort": "low", "summary": "auto"}, "include": ENCRYPTED}),
        ("max", True, {"reasoning": {"effort": "max", "summary": "auto"}, "include": ENCRYPTED}),
    ],
)
def test_reasoning(requested: str | None, thinks: bool | None, fields: Json) -> None:
    """Encrypted thinking is requested, except from models that may not think."""
    sent = body_for(Model(id="m", reasoning=thinks), a_request(reasoning=requested))
    assert fields == {name: sent[name] for name in ("reasoning", "include") if name in sent}


@pytest.mark.parametrize("field", ["temperature", "top_p"])
def test_models_without_sampling(field: str) -> None:
    """The message names field and model."""
    request = a_request(**{field: 0.5})
    assert f"{field}: o9 does not take it" in refused(request, Model(id="o9", sampling=False))
    assert body_for(Model(id="o9", sampling=True), request)[field] == 0.5


def test_stop_is_refused() -> None:
    """The API has no stop sequences, and dropping them would change the answer."""
    assert refused(a_request(stop=["X"])).startswith("stop: ")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"tools": [{"name": "look", "parameters": "nonsense"}]}, "'look'"),
        ({"response_format": {"type": "json_schema", "schema": "[]"}}, "response_format"),
    ],
)
def test_invalid_schemas_are_refused(fields: Json, named: str) -> None:
    """The message names the schema that is not a JSON object."""
    assert named in refused(a_request(**fields), kind=FailureClass.BAD_REQUEST)
