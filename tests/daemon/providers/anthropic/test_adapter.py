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


def user(prompt: str) -> dict[str, object]:
    return {"role": "user", "content": [{"type": "text", "text": prompt}]}


def test_model_list_is_requested_whole() -> None:
    """The URL asks for the largest page."""
    call = ADAPTER.models_call(PROVIDER, Secret(CANARY))
    assert (call.method, call.url) == ("GET", "https://api.anthropic.com/v1/models?limit=1000")
    assert [Model(id="m")] == ADAPTER.read_models(b'{"data":[{"id":"m"}]}')


def test_version_header_may_be_overridden() -> None:
    """The key has its own header; the configuration may replace the version header."""
    headers = dict(
        built_request(ADAPTER, PROVIDER, a_request(), Model(id="m"), Secret(CANARY)).headers
    )
    assert (headers["x-api-key"], headers["anthropic-version"]) == (CANARY, VERSION)
    newer = a_provider("anthropic", headers={"Anthropic-Version": "2026-10-21"})
    headers = dict(ADAPTER.key_check_call(newer, Secret(CANARY)).headers)
    assert headers["anthropic-version"] == "2026-10-21"
