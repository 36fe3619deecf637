"""URL and headers of calls to the Responses API."""

from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.openai_responses.adapter import OpenAIResponses
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import (
    CANARY,
    a_provider,
    a_request,
    built_request,
)

ADAPTER = OpenAIResponses()


def test_url_and_headers() -> None:
    """The URL is the vendor's own, the key is in one header, and streams are accepted as SSE."""
    call = built_request(ADAPTER, a_provider(), a_request(), Model(id="m"), Secret(CANARY))
    headers = dict(call.headers)
    assert (call.method, call.url) == ("POST", "https://api.openai.com/v1/responses")
    assert (headers["authorization"], headers["accept"]) == (
        f"Bearer {CANARY}",
        "text/event-stream",
    )
    whole = built_request(ADAPTER, a_provider(), a_request(stream=False), Model(id="m"), None)
    assert dict(whole.headers)["accept"] == "application/json"
    assert CANARY not in call.body.decode() + call.url + repr(call) + repr(ADAPTER)


def test_key_check_and_models_are_those_of_chat_completions() -> None:
    """It is the same server."""
    provider, key, chat = a_provider(), Secret(CANARY), OpenAIChat()
    assert chat.key_check_call(provider, key) == ADAPTER.key_check_call(provider, key)
    assert chat.models_call(provider, key) == ADAPTER.models_call(provider, key)
    listed = b'{"object":"list","data":[{"id":"gpt-5.5","object":"model"}]}'
    assert chat.read_models(listed) == ADAPTER.read_models(listed)
