"""The adapter for OpenAI's chat completions and compatible servers."""

from typing import Any, cast

import pytest

from aircherd.config.model import Provider
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.openai_chat.vendors import quirks_of
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import (
    CANARY,
    a_provider,
    a_request,
    body_of,
    built_request,
    failure_of,
    sent_body,
)

ADAPTER = OpenAIChat()
GPU_BOX = "http://gpu-box:8000/v1"
MISTRAL = "https://api.mistral.ai/v1"
LONG_ID = "toolu_" + "x" * 40
CALLED = (
    {
        "role": "assistant",
        "content": [{"type": "tool_call", "id": LONG_ID, "name": "f", "arguments": "{}"}],
    },
    {"role": "user", "content": [{"type": "tool_result", "id": LONG_ID, "content": "1"}]},
)


def test_plain_request() -> None:
    """A minimal request streams with usage, and has no other options."""
    expected = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert expected == body_of(ADAPTER, a_provider(), a_request())


def test_extra_overrides_the_body() -> None:
    """Fields in `extra` replace ours."""
    request = a_request(top_p=0.9, reasoning="low", extra={"reasoning_effort": "x", "seed": 1})
    body = body_of(ADAPTER, a_provider(), request)
    assert (body["top_p"], body["reasoning_effort"], body["seed"]) == (0.9, "x", 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "max_completion_tokens"),
        ({"base_url": "https://API.openai.com:443/v1"}, "max_completion_tokens"),
        ({"base_url": "https://eu.api.openai.com/v1"}, "max_completion_tokens"),
        ({"base_url": GPU_BOX}, "max_tokens"),
        ({"base_url": "https://notapi.openai.com.example/v1"}, "max_tokens"),
        ({"max_tokens_field": "max_tokens"}, "max_tokens"),
        (
            {"base_url": GPU_BOX, "max_tokens_field": "max_completion_tokens"},
            "max_completion_tokens",
        ),
    ],
)
def test_name_of_the_token_limit(changes: dict[str, object], field: str) -> None:
    """Only OpenAI gets the new name of the limit, unless the configuration says otherwise."""
    body = body_of(ADAPTER, a_provider(**changes), a_request(max_tokens=5))
    assert {field: 5} == {name: body[name] for name in body if name.startswith("max_")}


def test_models_that_cannot_think_get_no_effort() -> None:
    """They would refuse the field, even with "none"."""
    model = Model(id="gpt-4o", reasoning=False)
    call = built_request(ADAPTER, a_provider(), a_request(reasoning="none"), model, None)
    assert "reasoning_effort" not in sent_body(call)


@pytest.mark.parametrize(
    ("base_url", "is_kept", "length"),
    [
        ("https://api.openai.com/v1", False, 9),
        (GPU_BOX, True, len(LONG_ID)),
        (MISTRAL, False, 9),
    ],
)
def test_ids_of_tool_calls(base_url: str, is_kept: bool, length: int) -> None:
    """An id that the server would refuse is replaced, the same in the call and its result."""
    body = body_of(ADAPTER, a_provider(base_url=base_url), a_request(*CALLED))
    assistant, tool = cast("list[dict[str, Any]]", body["messages"])
    sent = assistant["tool_calls"][0]["id"]
    assert sent == tool["tool_call_id"]
    assert (is_kept, length) == (sent == LONG_ID, len(sent))


@pytest.mark.parametrize(
    ("provider", "stops"), [(a_provider(), 4), (a_provider(base_url=GPU_BOX), None)]
)
def test_number_of_stops(provider: Provider, stops: int | None) -> None:
    """More than four stop texts are refused for OpenAI, naming the field."""
    assert stops == quirks_of(provider).max_stop
    request = a_request(stop=list("abcde"))
    if stops is None:
        assert body_of(ADAPTER, provider, request)["stop"] == list("abcde")
        return
    failure = failure_of(lambda: built_request(ADAPTER, provider, request, Model(id="m"), None))
    assert FailureClass.UNSUPPORTED is failure.kind
    assert failure.message == "stop: OpenAI takes at most 4 texts, not 5"


def test_openai_gets_no_thinking_back() -> None:
    """OpenAI has no field for thinking; other servers get it as it came."""
    thought = {"type": "reasoning", "text": "hm", "origin": "openai/m"}
    said = {"role": "assistant", "content": [thought, {"type": "text", "text": "a"}]}
    plain = {"role": "assistant", "content": "a"}
    for provider, expected in (
        (a_provider(), plain),
        (a_provider(base_url=GPU_BOX), plain | {"reasoning_content": "hm"}),
    ):
        assert [expected] == body_of(ADAPTER, provider, a_request(said))["messages"]


def test_headers() -> None:
    """The key is a bearer token; `accept` depends on streaming."""
    streamed = dict(
        built_request(ADAPTER, a_provider(), a_request(), Model(id="m"), Secret(CANARY)).headers
    )
    assert f"Bearer {CANARY}" == streamed["authorization"]
    assert streamed["accept"] == "text/event-stream"
    plain = dict(
        built_request(ADAPTER, a_provider(), a_request(stream=False), Model(id="m"), None).headers
    )
    assert "authorization" not in plain
    assert plain["accept"] == "application/json"


def test_key_check_lists_the_models() -> None:
    """The free check is the list of models."""
    check = ADAPTER.key_check_call(a_provider(), Secret(CANARY))
    listed = ADAPTER.models_call(a_provider(), Secret(CANARY))
    assert check == listed
    assert (check.method, check.url) == ("GET", "https://api.openai.com/v1/models")


def test_replies_and_lists_are_read() -> None:
    """The shared modules read replies and lists."""
    assert [Model(id="m")] == ADAPTER.read_models(b'{"data":[{"id":"m"}]}')
    body = b'{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}'
    decoder = ADAPTER.reply_decoder()
    streamed = decoder.feed(b"data: " + body + b"\n\n") + decoder.close()
    assert ADAPTER.read_reply(body) == streamed
