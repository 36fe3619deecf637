"""URLs and headers of calls to the Anthropic Messages API."""

from aircherd.providers.anthropic.adapter import VERSION, AnthropicMessages
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import (
    CANARY,
    a_provider,
    a_request,
    built_request,
)

ADAPTER = AnthropicMessages()
PROVIDER = a_provider("anthropic")


def user(words: str) -> dict[str, object]:
    return {"role": "user", "content": [{"type": "text", "text": words}]}


def test_models_call() -> None:
    """The whole list is asked for at once."""
    call = ADAPTER.models_call(PROVIDER, Secret(CANARY))
    assert (call.method, call.url) == ("GET", "https://api.anthropic.com/v1/models?limit=1000")
    assert [Model(id="m")] == ADAPTER.read_models(b'{"data":[{"id":"m"}]}')


def test_headers() -> None:
    """The key has its own header, the version a default that the user may replace."""
    headers = dict(
        built_request(ADAPTER, PROVIDER, a_request(), Model(id="m"), Secret(CANARY)).headers
    )
    assert (headers["x-api-key"], headers["anthropic-version"]) == (CANARY, VERSION)
    newer = a_provider("anthropic", headers={"Anthropic-Version": "2026-10-21"})
    headers = dict(ADAPTER.key_check_call(newer, Secret(CANARY)).headers)
    assert headers["anthropic-version"] == "2026-10-21"
