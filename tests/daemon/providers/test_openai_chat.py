"""Requests as the OpenAI chat-completions API takes them."""

import pytest

from aircherd.providers.openai_chat import OpenAIChat
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from helpers.provider_calls import CANARY, a_provider, a_request, body_of, failure_of

ADAPTER = OpenAIChat()
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": '{"a":1}'}
SENT_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}

EMPTY_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def sent_messages(*messages: dict[str, object], **fields: object) -> object:
    return body_of(ADAPTER, a_provider(), a_request(*messages, **fields))["messages"]


def test_plain_request() -> None:
    """The least request streams, with usage, and leaves out what was not asked for."""
    expected = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert expected == body_of(ADAPTER, a_provider(), a_request())


def test_unstreamed_request() -> None:
    """A request in one piece says nothing of streams."""
    body = body_of(ADAPTER, a_provider(), a_request(stream=False))
    assert {"model", "messages"} == set(body)


def test_all_options() -> None:
    """Every option has its place, and `extra` the last word."""
    request = a_request(
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        stop=["X"],
        tools=[{"name": "f", "description": "d", "parameters": '{"type":"object"}'}],
        tool_choice={"name": "f"},
        extra={"seed": 1, "top_p": 1},
    )
    body = body_of(ADAPTER, a_provider(), request)
    function = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    expected = {
        "max_completion_tokens": 5,
        "temperature": 0.5,
        "top_p": 1,
        "stop": ["X"],
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "seed": 1,
    }
    assert expected == {name: body[name] for name in expected}


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_tool_choice_words(choice: str) -> None:
    """The words for a choice are this API's own."""
    request = a_request(tools=[{"name": "f"}], tool_choice=choice)
    assert choice == body_of(ADAPTER, a_provider(), request)["tool_choice"]


def test_tool_choice_without_tools() -> None:
    """A choice without tools is left out: the API refuses it."""
    assert "tool_choice" not in body_of(ADAPTER, a_provider(), a_request(tool_choice="auto"))


@pytest.mark.parametrize(
    ("base_url", "field"),
    [
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("https://API.openai.com:443/v1", "max_completion_tokens"),
        ("http://gpu-box:8000/v1", "max_tokens"),
        ("https://openrouter.ai/api/v1", "max_tokens"),
    ],
)
def test_name_of_the_token_limit(base_url: str, field: str) -> None:
    """Only OpenAI itself gets the new name of the limit."""
    body = body_of(ADAPTER, a_provider(base_url=base_url), a_request(max_tokens=5))
    assert body[field] == 5


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        (
            [{"role": "user", "content": [{"type": "text", "text": "a"}]}],
            [{"role": "user", "content": "a"}],
        ),
        (
            [
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
                }
            ],
            [{"role": "user", "content": "a\n\nb"}],
        ),
        ([{"role": "user", "content": []}], [{"role": "user", "content": ""}]),
        ([{"role": "system", "content": "s"}], [{"role": "system", "content": "s"}]),
        (
            [{"role": "assistant", "content": [CALL]}],
            [{"role": "assistant", "content": None, "tool_calls": [SENT_CALL]}],
        ),
        (
            [{"role": "assistant", "content": [{"type": "text", "text": "t"}, CALL]}],
            [{"role": "assistant", "content": "t", "tool_calls": [SENT_CALL]}],
        ),
        (
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "and?"},
                        {"type": "tool_result", "id": "c1", "content": "1"},
                        {
                            "type": "tool_result",
                            "id": "c2",
                            "content": [{"type": "text", "text": "2"}],
                            "is_error": True,
                        },
                    ],
                }
            ],
            [
                {"role": "tool", "tool_call_id": "c1", "content": "1"},
                {"role": "tool", "tool_call_id": "c2", "content": "Error: 2"},
                {"role": "user", "content": "and?"},
            ],
        ),
        (
            [{"role": "user", "content": [{"type": "tool_result", "id": "c1", "content": ""}]}],
            [{"role": "tool", "tool_call_id": "c1", "content": ""}],
        ),
    ],
)
def test_messages(messages: list[dict[str, object]], sent: object) -> None:
    """Each form of message becomes this API's."""
    assert sent == sent_messages(*messages)


def test_system_comes_first() -> None:
    """The request's system prompt is the first message."""
    user: dict[str, object] = {"role": "user", "content": "u"}
    assert [{"role": "system", "content": "s"}, user] == sent_messages(user, system="s")


def test_empty_arguments_become_an_object() -> None:
    """A call without arguments has an empty object, which strict servers need."""
    sent = {"role": "assistant", "content": None, "tool_calls": [EMPTY_CALL]}
    call = CALL | {"arguments": ""}
    assert [sent] == sent_messages({"role": "assistant", "content": [call]})


def test_bad_tool_schema_is_refused_by_name() -> None:
    """A tool whose parameters are no JSON object is the client's fault."""
    request = a_request(tools=[{"name": "look", "parameters": "nonsense"}])
    failure = failure_of(lambda: ADAPTER.chat_call(a_provider(), request, Model(id="m"), None))
    assert FailureClass.BAD_REQUEST is failure.kind
    assert "'look'" in failure.message


def test_headers() -> None:
    """The key goes as a bearer token; what is accepted follows what was asked for."""
    streamed = dict(
        ADAPTER.chat_call(a_provider(), a_request(), Model(id="m"), Secret(CANARY)).headers
    )
    assert f"Bearer {CANARY}" == streamed["authorization"]
    assert streamed["accept"] == "text/event-stream"
    plain = dict(
        ADAPTER.chat_call(a_provider(), a_request(stream=False), Model(id="m"), None).headers
    )
    assert "authorization" not in plain
    assert plain["accept"] == "application/json"
