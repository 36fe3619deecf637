"""Tools of chat completions requests."""

import msgspec
import pytest

from aircherd.config.model import Provider
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.openrouter.adapter import OpenRouter
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import a_provider, a_request, body_of, failure_of

Map = dict[str, object]
OPENAI = a_provider()
OTHER = a_provider(base_url="http://gpu-box:8000/v1")
ROUTER = a_provider("openrouter")
EMPTY = {"type": "object", "properties": {}}


def body(provider: Provider, *tools: Map, **fields: object) -> Map:
    adapter = OpenRouter() if provider.kind == "openrouter" else OpenAIChat()
    return body_of(adapter, provider, a_request(tools=list(tools), **fields))


def function(**fields: object) -> Map:
    return {"type": "function", "function": {"name": "f", "parameters": EMPTY, **fields}}


GRAMMAR = '{"type":"grammar","syntax":"regex","definition":"a+"}'
NESTED = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}}


@pytest.mark.parametrize(
    ("provider", "tool", "sent"),
    [
        *(
            (each, {"name": "f", "strict": True}, function(strict=True))
            for each in (OPENAI, ROUTER)
        ),
        (OTHER, {"name": "f", "strict": False, "cache": True}, function()),
        (
            ROUTER,
            {"name": "f", "cache": True},
            function() | {"cache_control": {"type": "ephemeral"}},
        ),
        (
            OPENAI,
            {"type": "custom", "name": "n", "description": "d", "format": GRAMMAR},
            {"type": "custom", "custom": {"name": "n", "description": "d", "format": NESTED}},
        ),
        (
            OTHER,
            {"type": "custom", "name": "n", "format": '{"type":"text"}'},
            {"type": "custom", "custom": {"name": "n", "format": {"type": "text"}}},
        ),
        (ROUTER, {"type": "web_search"}, {"type": "openrouter:web_search"}),
        (
            ROUTER,
            {"type": "web_search", "blocked_domains": ["a.com"]},
            {"type": "openrouter:web_search", "parameters": {"excluded_domains": ["a.com"]}},
        ),
        *(
            (ROUTER, {"type": "vendor", "api": api, "data": '{"type":"x"}'}, {"type": "x"})
            for api in ("openrouter", "chat")
        ),
        (OTHER, {"type": "vendor", "api": "chat", "data": '{"type":"x"}'}, {"type": "x"}),
    ],
)
def test_sent(provider: Provider, tool: Map, sent: Map) -> None:
    """Each server gets the tools that it has, in its own form."""
    assert body(provider, tool)["tools"] == [sent]


@pytest.mark.parametrize(
    ("provider", "tool", "message"),
    [
        (
            OPENAI,
            {"type": "web_search"},
            "tools: OpenAI's Chat Completions API does not offer web_search",
        ),
        (
            OTHER,
            {"type": "web_search"},
            (
                "tools: this server does not offer web_search; if it has OpenAI's Responses API, "
                'set api = "responses" for the provider'
            ),
        ),
        (ROUTER, {"type": "custom", "name": "n"}, "tools: OpenRouter does not offer custom"),
        (ROUTER, {"type": "code_execution"}, "tools: OpenRouter does not offer code_execution"),
        (
            ROUTER,
            {"type": "web_search", "max_uses": 3},
            "tools: OpenRouter's web search has no max_uses: leave it out",
        ),
        (
            OTHER,
            {"type": "vendor", "api": "gemini", "data": "{}"},
            "tools: this server does not know a tool in the form of gemini",
        ),
    ],
)
def test_refused(provider: Provider, tool: Map, message: str) -> None:
    """What a server does not have is refused by name."""
    failure = failure_of(lambda: body(provider, tool))
    assert (failure.kind, failure.message) == (FailureClass.UNSUPPORTED, message)


def test_a_damaged_tool_of_the_vendor() -> None:
    """Its data must be an object."""
    tool: Map = {"type": "vendor", "api": "chat", "data": "[1]"}
    assert failure_of(lambda: body(OTHER, tool)).kind is FailureClass.BAD_REQUEST


@pytest.mark.parametrize(
    ("tool", "choice"),
    [
        ({"name": "f"}, {"type": "function", "function": {"name": "f"}}),
        ({"type": "custom", "name": "f"}, {"type": "custom", "custom": {"name": "f"}}),
    ],
)
def test_choice(tool: Map, choice: Map) -> None:
    """A forced tool is named with its type."""
    assert body(OPENAI, tool, tool_choice={"name": "f"})["tool_choice"] == choice


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"modalities": ["text"]}, {}),
        (
            {"modalities": ["text", "audio"]},
            {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}},
        ),
        (
            {"modalities": ["audio"], "stream": False, "extra": {"audio": {"voice": "ash"}}},
            {"modalities": ["audio"], "audio": {"voice": "ash"}},
        ),
    ],
)
def test_modalities(fields: Map, sent: Map) -> None:
    """Sound needs a voice and a format, which `extra` may replace."""
    found = body_of(OpenAIChat(), OPENAI, a_request(**fields))
    assert {name: found[name] for name in ("modalities", "audio") if name in found} == sent


def test_modalities_that_openai_does_not_have() -> None:
    """Pictures are refused by name."""
    failure = failure_of(lambda: body_of(OpenAIChat(), OPENAI, a_request(modalities=["image"])))
    message = "modalities: OpenAI's Chat Completions API does not answer with image"
    assert (failure.kind, failure.message) == (FailureClass.UNSUPPORTED, message)
    sent = body_of(OpenRouter(), ROUTER, a_request(modalities=["text", "image"]))
    assert sent["modalities"] == ["text", "image"]
    assert msgspec.json.encode(sent)
