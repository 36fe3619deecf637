"""The table of adapters, and what all adapters have in common."""

from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import pytest

from aircherd.errors import AircherError
from aircherd.providers import registry
from aircherd.providers.registry import (
    ADAPTERS,
    LOADERS,
    RESPONSES,
    adapter_for,
    fixed_adapter,
    load_adapters,
)
from aircherd.vocabulary.builtin_providers import KINDS, SOCKET, VENDORS
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Ending, Usage
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import CANARY, a_provider, a_request, built_request, sent_body

if TYPE_CHECKING:
    from aircherd.providers.adapter import Adapter

GOOGLE = "https://generativelanguage.googleapis.com/v1beta"


def test_every_kind_has_an_adapter() -> None:
    """Every kind that the configuration allows has one, but for other daemons: they have no API."""
    assert set(KINDS) == {*LOADERS, SOCKET}


GIVEN, GAINED = "<given>", "<gained>"

WHOLE: dict[str, tuple["Adapter", object]] = {
    "chat": (
        ADAPTERS["openai"],
        {
            "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": GIVEN, "completion_tokens": GAINED},
        },
    ),
    "openrouter": (
        ADAPTERS["openrouter"],
        {
            "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": GIVEN, "completion_tokens": GAINED},
        },
    ),
    "responses": (
        ADAPTERS[RESPONSES],
        {
            "status": "completed",
            "output": [{"type": "message", "content": [{"type": "output_text", "text": "hi"}]}],
            "usage": {"input_tokens": GIVEN, "output_tokens": GAINED},
        },
    ),
    "anthropic": (
        ADAPTERS["anthropic"],
        {
            "content": [{"type": "text", "text": "hi"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": GIVEN, "output_tokens": GAINED},
        },
    ),
    "anthropic's cache": (
        ADAPTERS["anthropic"],
        {
            "content": [{"type": "text", "text": "hi"}],
            "stop_reason": "end_turn",
            "usage": {"cache_read_input_tokens": GIVEN, "output_tokens": GAINED},
        },
    ),
    "gemini": (
        ADAPTERS["gemini"],
        {
            "candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": GIVEN, "candidatesTokenCount": GAINED},
        },
    ),
    "ollama": (
        ADAPTERS["ollama"],
        {
            "message": {"content": "hi"},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": GIVEN,
            "eval_count": GAINED,
        },
    ),
}
"""A whole reply of each API, with places for its counts."""


def usage_of(name: str, given: str, gained: str) -> Usage | None:
    """Read that reply with these counts, as JSON; return the usage of its ending."""
    adapter, reply = WHOLE[name]
    body = msgspec.json.encode(reply).decode()
    body = body.replace(f'"{GIVEN}"', given).replace(f'"{GAINED}"', gained)
    ending = adapter.read_reply(body.encode())[-1]
    assert isinstance(ending, Ending)
    return ending.usage


RUBBISH = ("-1", '"lots"', "0.5", "1" + "0" * 20, "true", "{}", '"' + "9" * 2000 + '"')


@pytest.mark.parametrize("name", WHOLE)
def test_counts_that_cannot_be_read_are_unknown(name: str) -> None:
    """Any invalid count makes the usage unknown, not 0, so that it is estimated."""
    usage = usage_of(name, "30", "4")
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (30, 4)
    for rubbish in RUBBISH:
        assert usage_of(name, rubbish, "4") is None
        assert usage_of(name, "30", rubbish) is None
    assert usage_of(name, "null", "null") is None


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
    """Each vendor is called at its documented URL."""
    provider, adapter = a_provider(name), ADAPTERS[VENDORS[name].kind]
    assert chat == built_request(adapter, provider, a_request(), Model(id="m"), None).url
    call = adapter.key_check_call(provider, Secret(CANARY))
    assert ("GET", check) == (call.method, call.url)


@pytest.mark.parametrize("name", list(VENDORS))
def test_key_travels_in_one_header(name: str) -> None:
    """The key is in exactly one header, and nowhere else."""
    adapter: Adapter = ADAPTERS[VENDORS[name].kind]
    call = built_request(adapter, a_provider(name), a_request(), Model(id="m"), Secret(CANARY))
    assert sum(CANARY in value for _, value in call.headers) == 1
    assert CANARY not in call.url + call.body.decode() + repr(call)


@pytest.mark.parametrize(
    ("name", "url"),
    [("ollama", "http://h:1/api/chat"), ("anthropic", "http://h:1/v1/messages")],
)
def test_an_extra_v1_is_not_doubled(name: str, url: str) -> None:
    """A base URL with an extra /v1 still leads to the API."""
    provider, adapter = a_provider(name, base_url="http://h:1/v1"), ADAPTERS[VENDORS[name].kind]
    assert url == built_request(adapter, provider, a_request(), Model(id="m"), None).url


HOSTED: dict[str, object] = {"type": "made_up_search"}


@pytest.mark.parametrize("name", [*VENDORS, "responses"])
def test_own_tools_stay_with_those_of_extra(name: str) -> None:
    """`extra.tools` add to the tools of a request and do not replace them."""
    provider = a_provider("openai" if name == "responses" else name)
    adapter = ADAPTERS[RESPONSES] if name == "responses" else ADAPTERS[VENDORS[name].kind]
    request = a_request(tools=[{"name": "f"}], extra={"tools": [HOSTED]})
    body = sent_body(built_request(adapter, provider, request, Model(id="m"), None))
    first, second = msgspec.convert(body["tools"], list[dict[str, object]])
    assert '"f"' in msgspec.json.encode(first).decode()
    assert second == HOSTED


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
        # OpenAI itself: tools for a model that thinks, on request or by default
        ({}, {}, {"tools": TOOLS, "reasoning": "low"}, "responses"),
        ({}, {"reasoning": True}, {"tools": TOOLS}, "responses"),
        ({}, {"reasoning": True}, {"tools": TOOLS, "reasoning": "none"}, "chat"),
        ({}, {}, {"tools": TOOLS, "reasoning": "none"}, "chat"),
        ({}, {}, {"tools": TOOLS}, "chat"),
        ({}, {"reasoning": False}, {"tools": TOOLS}, "chat"),
        ({}, {"reasoning": True}, {"reasoning": "high"}, "chat"),
        # its own thinking back
        ({}, {}, {"messages": [THOUGHT]}, "responses"),
        # hosted tools, pictures
        ({}, {}, {"tools": [{"type": "web_search"}]}, "responses"),
        ({}, {}, {"modalities": ["image"]}, "responses"),
        ({"api": "chat"}, {}, {"tools": [{"type": "web_search"}]}, "chat"),
        # compatible servers, by default
        (ELSEWHERE, {}, {"tools": TOOLS, "reasoning": "low", "messages": [THOUGHT]}, "chat"),
        ({**ELSEWHERE, "api": "responses"}, {}, {}, "responses"),
        (ELSEWHERE, {"api": "responses"}, {}, "responses"),
        # the user's setting before the catalogue
        ({"api": "responses"}, {"api": "chat"}, {}, "responses"),
        ({"api": "chat"}, {"api": "responses"}, {"messages": [THOUGHT]}, "chat"),
        ({}, {"api": "responses"}, {}, "responses"),
        ({}, {"api": "chat"}, {"tools": TOOLS, "reasoning": "low"}, "chat"),
    ],
)
def test_choice_of_openais_api(
    provider: dict[str, object],
    model: dict[str, object],
    request_: dict[str, object],
    api: str,
) -> None:
    """The user's setting, then the catalogue, then what only one API can do."""
    asked = a_request(*request_.pop("messages", []), **request_)
    called, wanted = a_provider(**provider), Model(id="m", **model)
    expected = ADAPTERS[RESPONSES] if api == "responses" else ADAPTERS["openai"]
    assert adapter_for(called, asked, wanted) is expected


@pytest.mark.parametrize("name", [name for name in VENDORS if VENDORS[name].kind != "openai"])
def test_other_kinds_have_one_api(name: str) -> None:
    """Only kind `openai` has a second API, whatever the catalogue says."""
    adapter = adapter_for(a_provider(name), a_request(), Model(id="m", api="responses"))
    assert type(adapter) is type(ADAPTERS[VENDORS[name].kind])


def test_anthropic_has_an_adapter_for_each_header() -> None:
    """What a request needs in `anthropic-beta` decides; the same needs have the same adapter."""
    provider, model = a_provider("anthropic"), Model(id="m")
    server = {"type": "mcp", "name": "s", "url": "https://s.test/mcp"}
    plain, hosted = (adapter_for(provider, a_request(tools=t), model) for t in ([], [server]))
    assert plain is not hosted
    assert adapter_for(provider, a_request(tools=[server]), model) is hosted
    assert fixed_adapter(provider, model) is None


@pytest.mark.parametrize(
    ("kind", "base_url", "loaded"),
    [
        ("openai", "https://api.openai.com/v1", {"openai", RESPONSES}),
        ("openai", "https://other.example/v1", {"openai"}),
        ("anthropic", "https://api.anthropic.com", {"anthropic"}),
        ("ollama", "http://127.0.0.1:1", {"ollama"}),
    ],
)
def test_adapters_of_a_provider_are_loaded(
    kind: str, base_url: str, loaded: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that a request to it may need, and no others."""
    fresh = registry._Adapters()
    monkeypatch.setattr(registry, "ADAPTERS", fresh)
    load_adapters(a_provider(kind=kind, base_url=base_url))
    assert set(fresh) == loaded


def test_an_adapter_of_a_removed_installation_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise a missing module is our mistake."""

    def fail() -> "Adapter":
        raise ModuleNotFoundError("No module named 'x'")

    monkeypatch.setitem(LOADERS, "gemini", fail)
    with pytest.raises(ModuleNotFoundError):
        registry._Adapters()["gemini"]
    gone = SimpleNamespace(problem=lambda: ("installation_gone", "it was removed"))
    monkeypatch.setattr(registry, "INSTALLATION", gone)
    with pytest.raises(AircherError, match="it was removed"):
        registry._Adapters()["gemini"]
