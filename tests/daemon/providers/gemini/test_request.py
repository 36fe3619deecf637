"""The body of a `generateContent` request."""

import pytest

from aircherd.providers.gemini.adapter import GeminiContent
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

ADAPTER = GeminiContent()
PROVIDER = a_provider("gemini")
ROOT = "https://generativelanguage.googleapis.com/v1beta"
TOOLS = [{"name": "f"}]


def config_of(**fields: object) -> object:
    return body_of(ADAPTER, PROVIDER, a_request(**fields)).get("generationConfig")


def test_plain_request() -> None:
    """A minimal request has only its contents."""
    expected = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    assert expected == body_of(ADAPTER, PROVIDER, a_request())


def test_all_options() -> None:
    """Every option is sent; `extra` overrides without removing other options."""
    request = a_request(
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        stop=["X"],
        system="s",
        tools=[{"name": "f", "description": "d", "parameters": '{"type":"object","x":1}'}],
        tool_choice="auto",
        reasoning="low",
        response_format={"type": "json_schema", "schema": '{"type":"object"}'},
        extra={"generationConfig": {"topK": 1, "topP": 0.1}, "serviceTier": "flex"},
    )
    schema = {"type": "object", "x": 1}
    declared = {"name": "f", "description": "d", "parametersJsonSchema": schema}
    assert body_of(ADAPTER, PROVIDER, request) == {
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "systemInstruction": {"parts": [{"text": "s"}]},
        "tools": [{"functionDeclarations": [declared]}],
        "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
        "generationConfig": {
            "maxOutputTokens": 5,
            "temperature": 0.5,
            "topP": 0.1,
            "topK": 1,
            "stopSequences": ["X"],
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"},
            "thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": True},
        },
        "serviceTier": "flex",
    }


def test_json_without_a_schema() -> None:
    """Only the media type is sent."""
    config = config_of(response_format={"type": "json_object"})
    assert config == {"responseMimeType": "application/json"}


def test_thinking_goes_by_the_model() -> None:
    """Models without budget or level get none."""
    request = a_request(reasoning="none")
    sent = [
        sent_body(built_request(ADAPTER, PROVIDER, request, Model(id=name), None)).get(
            "generationConfig"
        )
        for name in ("gemini-2.5-flash", "gemini-2.0-flash")
    ]
    assert sent == [{"thinkingConfig": {"thinkingBudget": 0}}, None]


def test_modalities() -> None:
    """The forms of the answer have the API's names."""
    assert config_of(modalities=["text", "image"]) == {"responseModalities": ["TEXT", "IMAGE"]}


def test_tools_of_extra_are_joined() -> None:
    """They do not replace the request's own."""
    extra = {"tools": [{"urlContext": {}}], "toolConfig": {"retrievalConfig": {"x": 1}}}
    body = body_of(ADAPTER, PROVIDER, a_request(tools=TOOLS, tool_choice="none", extra=extra))
    declared = {"name": "f", "parametersJsonSchema": {"type": "object", "properties": {}}}
    assert body["tools"] == [{"functionDeclarations": [declared]}, {"urlContext": {}}]
    assert body["toolConfig"] == {
        "functionCallingConfig": {"mode": "NONE"},
        "retrievalConfig": {"x": 1},
        "includeServerSideToolInvocations": True,
    }
    only = body_of(ADAPTER, PROVIDER, a_request(extra={"tools": [{"codeExecution": {}}]}))
    assert (only["tools"], "toolConfig" in only) == ([{"codeExecution": {}}], False)


@pytest.mark.parametrize(
    ("fields", "kind", "message"),
    [
        ({"stop": list("123456")}, FailureClass.UNSUPPORTED, "stop: Gemini takes at most 5"),
        (
            {"response_format": {"type": "json_schema", "schema": "1"}},
            FailureClass.BAD_REQUEST,
            "response_format: schema",
        ),
    ],
)
def test_unsupported_fields_are_refused(
    fields: dict[str, object], kind: FailureClass, message: str
) -> None:
    """The message names the field; nothing is dropped silently."""
    failure = failure_of(lambda: body_of(ADAPTER, PROVIDER, a_request(**fields)))
    assert failure.kind is kind
    assert message in failure.message


def test_models_without_sampling() -> None:
    """The message names field and model."""
    model = Model(id="g", sampling=False)
    request = a_request(top_p=0.5)
    failure = failure_of(lambda: built_request(ADAPTER, PROVIDER, request, model, None))
    assert (
        failure.kind,
        failure.message,
    ) == (FailureClass.UNSUPPORTED, "top_p: g does not take it: leave it out")
