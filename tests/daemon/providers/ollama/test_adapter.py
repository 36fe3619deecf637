"""URLs and headers of calls to Ollama."""

import pytest

from aircherd.providers.ollama.adapter import OllamaChat
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import (
    CANARY,
    a_provider,
    a_request,
    built_request,
    sent_body,
)

ADAPTER = OllamaChat()
OLLAMA = a_provider("ollama")


def call(model: str = "m", key: Secret | None = None, **fields: object) -> HttpRequest:
    return built_request(ADAPTER, OLLAMA, a_request(**fields), Model(id=model), key)


@pytest.mark.parametrize(
    "base_url", ["http://h:1", "http://h:1/v1", "http://h:1/api", "https://ollama.com/api"]
)
def test_urls(base_url: str) -> None:
    """Common suffixes of the base URL are removed: the calls are below the root."""
    provider = a_provider("ollama", base_url=base_url)
    root = base_url.removesuffix("/v1").removesuffix("/api")
    chat = built_request(ADAPTER, provider, a_request(), Model(id="m"), None)
    calls = [chat, ADAPTER.models_call(provider, None)]
    calls.append(ADAPTER.key_check_call(provider, Secret(CANARY)))
    assert [(each.method, each.url.removeprefix(root)) for each in calls] == [
        ("POST", "/api/chat"),
        ("GET", "/api/tags"),
        ("GET", "/api/version"),
    ]


def test_headers() -> None:
    """The key is a bearer token; a stream accepts NDJSON."""
    streamed = dict(call(key=Secret(CANARY)).headers)
    assert streamed["authorization"] == f"Bearer {CANARY}"
    assert streamed["accept"] == "application/x-ndjson"
    plain = dict(call(stream=False).headers)
    assert "authorization" not in plain
    assert plain["accept"] == "application/json"
    assert plain["content-type"] == "application/json"


def test_lone_surrogates_do_no_harm() -> None:
    """Invalid Unicode from an editor does not break the window estimate."""
    assert sent_body(call(system="caf\udce9"))["options"] == {"num_ctx": 8192}
