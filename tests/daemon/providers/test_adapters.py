"""The table of adapters against the table of kinds."""

from typing import TYPE_CHECKING

import pytest

from aircherd.providers.adapters import ADAPTERS
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.vendors import KINDS, VENDORS
from helpers.provider_calls import CANARY, a_provider, a_request

if TYPE_CHECKING:
    from aircherd.providers.adapter import Adapter


def test_every_kind_has_an_adapter() -> None:
    """Whatever the configuration allows can be called."""
    assert set(KINDS) == set(ADAPTERS)


@pytest.mark.parametrize(
    ("name", "chat", "check"),
    [
        (
            "anthropic",
            "https://api.anthropic.com/v1/messages",
            "https://api.anthropic.com/v1/models?limit=1",
        ),
        (
            "openai",
            "https://api.openai.com/v1/chat/completions",
            "https://api.openai.com/v1/models",
        ),
        (
            "openrouter",
            "https://openrouter.ai/api/v1/chat/completions",
            "https://openrouter.ai/api/v1/key",
        ),
        (
            "ollama",
            "http://127.0.0.1:11434/v1/chat/completions",
            "http://127.0.0.1:11434/api/version",
        ),
    ],
)
def test_urls(name: str, chat: str, check: str) -> None:
    """Each vendor is called where its documentation says."""
    provider, adapter = a_provider(name), ADAPTERS[VENDORS[name].kind]
    assert chat == adapter.chat_call(provider, a_request(), Model(id="m"), None).url
    call = adapter.key_check_call(provider, Secret(CANARY))
    assert ("GET", check) == (call.method, call.url)


@pytest.mark.parametrize("name", list(VENDORS))
def test_key_travels_in_one_header(name: str) -> None:
    """The key is in exactly one header, and nowhere else."""
    adapter: Adapter = ADAPTERS[VENDORS[name].kind]
    call = adapter.chat_call(a_provider(name), a_request(), Model(id="m"), Secret(CANARY))
    assert sum(CANARY in value for _, value in call.headers) == 1
    assert CANARY not in call.url + call.body.decode() + repr(call)


@pytest.mark.parametrize(
    ("name", "base"), [("ollama", "http://h:1/v1"), ("anthropic", "http://h:1/v1")]
)
def test_habitual_v1_is_not_doubled(name: str, base: str) -> None:
    """A base URL copied with a /v1 too many still leads to the API."""
    provider, adapter = a_provider(name, base_url=base), ADAPTERS[VENDORS[name].kind]
    url = adapter.chat_call(provider, a_request(), Model(id="m"), None).url
    assert url.count("/v1") == 1
