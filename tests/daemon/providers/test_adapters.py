"""The table of adapters against the table of kinds."""

from typing import TYPE_CHECKING

import pytest

from aircherd.providers.adapters import ADAPTERS, RESPONSES, adapter_for, openai_api
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.vendors import KINDS, VENDORS
from helpers.provider_calls import CANARY, a_provider, a_request

if TYPE_CHECKING:
    from aircherd.providers.adapter import Adapter

GOOGLE = "https://generativelanguage.googleapis.com/v1beta"


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
            "gemini",
            f"{GOOGLE}/models/m:streamGenerateContent?alt=sse",
            f"{GOOGLE}/models?pageSize=1",
        ),
        (
            "openrouter",
            "https://openrouter.ai/api/v1/chat/completions",
            "https://openrouter.ai/api/v1/key",
        ),
        (
            "ollama",
            "http://127.0.0.1:11434/api/chat",
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
    ("name", "url"),
    [("ollama", "http://h:1/api/chat"), ("anthropic", "http://h:1/v1/messages")],
)
def test_habitual_v1_is_not_doubled(name: str, url: str) -> None:
    """A base URL copied with a /v1 too many still leads to the API."""
    provider, adapter = a_provider(name, base_url="http://h:1/v1"), ADAPTERS[VENDORS[name].kind]
    assert url == adapter.chat_call(provider, a_request(), Model(id="m"), None).url


TOOLS = [{"name": "f"}]
SEALED = '{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA="}'
THOUGHT = {
    "role": "assistant",
    "content": [{"type": "reasoning", "signature": SEALED, "origin": "openai/m"}],
}
ELSEWHERE = {"base_url": "http://gpu-box:8000/v1"}


@pytest.mark.parametrize(
    ("provider", "model", "request_", "api"),
    [
        ({}, {}, {}, "chat"),
        # OpenAI itself: tools for a model that thinks, because it was asked to or because it does
        ({}, {}, {"tools": TOOLS, "reasoning": "low"}, "responses"),
        ({}, {"reasoning": True}, {"tools": TOOLS}, "responses"),
        ({}, {"reasoning": True}, {"tools": TOOLS, "reasoning": "none"}, "chat"),
        ({}, {}, {"tools": TOOLS, "reasoning": "none"}, "chat"),
        ({}, {}, {"tools": TOOLS}, "chat"),
        ({}, {"reasoning": False}, {"tools": TOOLS}, "chat"),
        ({}, {"reasoning": True}, {"reasoning": "high"}, "chat"),
        # its own thinking back
        ({}, {}, {"messages": [THOUGHT]}, "responses"),
        # compatible servers, unless told
        (ELSEWHERE, {}, {"tools": TOOLS, "reasoning": "low", "messages": [THOUGHT]}, "chat"),
        ({**ELSEWHERE, "api": "responses"}, {}, {}, "responses"),
        (ELSEWHERE, {"api": "responses"}, {}, "responses"),
        # what the user says comes before what is known
        ({"api": "responses"}, {"api": "chat"}, {}, "responses"),
        ({"api": "chat"}, {"api": "responses"}, {"messages": [THOUGHT]}, "chat"),
        ({}, {"api": "responses"}, {}, "responses"),
        ({}, {"api": "chat"}, {"tools": TOOLS, "reasoning": "low"}, "chat"),
    ],
)
def test_which_of_openais_apis(
    provider: dict[str, object],
    model: dict[str, object],
    request_: dict[str, object],
    api: str,
) -> None:
    """The user, then the catalogue, then what only one of the two can do."""
    asked = a_request(*request_.pop("messages", []), **request_)
    called, wanted = a_provider(**provider), Model(id="m", **model)
    assert api == openai_api(called, asked, wanted)
    expected = RESPONSES if api == "responses" else ADAPTERS["openai"]
    assert adapter_for(called, asked, wanted) is expected


@pytest.mark.parametrize("name", [name for name in VENDORS if VENDORS[name].kind != "openai"])
def test_other_kinds_have_one_api(name: str) -> None:
    """Only OpenAI's kind has a second API, whatever a model is said to need."""
    adapter = adapter_for(a_provider(name), a_request(), Model(id="m", api="responses"))
    assert adapter is ADAPTERS[VENDORS[name].kind]
