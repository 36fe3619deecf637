"""The OpenRouter adapter: in what its requests differ from OpenAI's."""

import pytest

from aircherd.providers.openrouter.adapter import OpenRouter
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReasoningDelta
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import (
    CANARY,
    a_provider,
    a_request,
    body_of,
    built_request,
    failure_of,
)

ADAPTER = OpenRouter()
PROVIDER = a_provider("openrouter")
BASE = "https://openrouter.ai/api/v1"


def test_plain_request() -> None:
    """Without options the request is the same as OpenAI's."""
    expected = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert expected == body_of(ADAPTER, PROVIDER, a_request())


@pytest.mark.parametrize("effort", ["none", "minimal", "low", "medium", "high", "xhigh", "max"])
def test_efforts(effort: str) -> None:
    """Every effort is sent, in OpenRouter's own field."""
    body = body_of(ADAPTER, PROVIDER, a_request(reasoning=effort))
    assert {"effort": effort} == body["reasoning"]
    assert "reasoning_effort" not in body


@pytest.mark.parametrize(
    ("changes", "field"),
    [({}, "max_tokens"), ({"max_tokens_field": "max_completion_tokens"}, "max_completion_tokens")],
)
def test_name_of_the_token_limit(changes: dict[str, object], field: str) -> None:
    """The limit is `max_tokens` unless the configuration says otherwise."""
    provider = a_provider("openrouter", **changes)
    assert body_of(ADAPTER, provider, a_request(max_tokens=5))[field] == 5


def test_number_of_stops() -> None:
    """More than four stop texts are refused, naming the field."""
    request = a_request(stop=list("abcde"))
    failure = failure_of(lambda: built_request(ADAPTER, PROVIDER, request, Model(id="m"), None))
    assert failure.message == "stop: OpenRouter takes at most 4 texts, not 5"


def test_details_go_back() -> None:
    """Signed thinking goes back as its details, whatever its text is."""
    thought = {"type": "reasoning", "text": "x", "signature": '[{"data":"d"}]', "origin": "o/m"}
    said = {"role": "assistant", "content": [thought, {"type": "text", "text": "t"}]}
    expected = {"role": "assistant", "content": "t", "reasoning_details": [{"data": "d"}]}
    assert [expected] == body_of(ADAPTER, PROVIDER, a_request(said))["messages"]


def test_urls() -> None:
    """The key check has its own URL, because the list of models needs no key."""
    key = Secret(CANARY)
    calls = (
        built_request(ADAPTER, PROVIDER, a_request(), Model(id="m"), key),
        ADAPTER.key_check_call(PROVIDER, key),
        ADAPTER.models_call(PROVIDER, None),
    )
    assert [(call.method, call.url) for call in calls] == [
        ("POST", f"{BASE}/chat/completions"),
        ("GET", f"{BASE}/key"),
        ("GET", f"{BASE}/models"),
    ]


def test_title_header_is_sent() -> None:
    """The title may be overridden in the configuration; no referer is sent."""
    headers = dict(
        built_request(ADAPTER, PROVIDER, a_request(), Model(id="m"), Secret(CANARY)).headers
    )
    assert (headers["x-openrouter-title"], headers["authorization"]) == (
        "aircher",
        f"Bearer {CANARY}",
    )
    assert "http-referer" not in headers
    named = a_provider("openrouter", headers={"X-OpenRouter-Title": "mine"})
    headers = dict(built_request(ADAPTER, named, a_request(), Model(id="m"), None).headers)
    assert headers["x-openrouter-title"] == "mine"


def test_reads_details_streamed_and_whole() -> None:
    """Both kinds of reply have the details as a signature."""
    signed = ReasoningDelta(signature='[{"data":"d"}]')
    body = b'{"choices":[{"message":{"reasoning_details":[{"data":"d"}]},"finish_reason":"stop"}]}'
    assert signed == ADAPTER.read_reply(body)[0]
    assert signed == ADAPTER.reply_decoder().feed(b"data: " + body + b"\n\n")[0]


def test_reads_its_list_of_models() -> None:
    """The list is read in OpenRouter's schema."""
    assert [Model(id="m", window=9)] == ADAPTER.read_models(
        b'{"data":[{"id":"m","context_length":9}]}'
    )
