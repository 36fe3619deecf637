"""The table of APIs: `kind` in the configuration -> its adapter, loaded when it is first needed.

Most users have two or three vendors. All of them together cost a fifth of the daemon's start and
several megabytes.
"""

from collections.abc import Callable
from functools import cache

from aircherd.config.model import Provider
from aircherd.errors import AircherError
from aircherd.installation import INSTALLATION
from aircherd.providers.adapter import Adapter
from aircherd.providers.signing import Signer
from aircherd.vocabulary.builtin_providers import SOCKET
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model

# ruff: noqa: PLC0415 -- an adapter is imported when it is first needed


def _openai() -> Adapter:
    from aircherd.providers.openai_chat.adapter import OpenAIChat

    return OpenAIChat()


def _responses() -> Adapter:
    from aircherd.providers.openai_responses.adapter import OpenAIResponses

    return OpenAIResponses()


def _anthropic() -> Adapter:
    from aircherd.providers.anthropic.adapter import AnthropicMessages

    return AnthropicMessages()


def _gemini() -> Adapter:
    from aircherd.providers.gemini.adapter import GeminiContent

    return GeminiContent()


def _openrouter() -> Adapter:
    from aircherd.providers.openrouter.adapter import OpenRouter

    return OpenRouter()


def _ollama() -> Adapter:
    from aircherd.providers.ollama.adapter import OllamaChat

    return OllamaChat()


# What depends on the request is asked with every chat, so it is not imported each time.


@cache
def _anthropic_choice() -> Callable[[ChatRequest], Adapter]:
    from aircherd.providers.anthropic.adapter import anthropic_adapter

    return anthropic_adapter


@cache
def _openai_test() -> Callable[[Provider], bool]:
    from aircherd.providers.openai_chat.vendors import is_openai

    return is_openai


@cache
def _responses_test() -> Callable[[ChatRequest], bool]:
    from aircherd.providers.openai_responses.choice import needs_responses

    return needs_responses


LOADERS: dict[str, Callable[[], Adapter]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "openrouter": _openrouter,
    "ollama": _ollama,
}
"""Kind -> what loads its adapter."""

RESPONSES = "responses"
"""The second API of kind `openai`."""


class _Adapters(dict[str, Adapter]):
    """Kind, or `RESPONSES`, -> its adapter; made on first use."""

    def __missing__(self, kind: str) -> Adapter:
        try:
            adapter = self[kind] = _responses() if kind == RESPONSES else LOADERS[kind]()
        except ImportError as error:
            if (problem := INSTALLATION.problem()) is None:
                raise
            raise AircherError(problem[1]) from error
        return adapter


ADAPTERS = _Adapters()

SIGNERS: dict[str, Signer] = {}
"""Kinds whose calls must be signed, or carry tokens that expire."""


def adapter_for(provider: Provider, request: ChatRequest, model: Model) -> Adapter:
    """Return the adapter for one chat; a kind may have several APIs."""
    if provider.kind == "anthropic":
        return _anthropic_choice()(request)
    return fixed_adapter(provider, model) or _openai_adapter(request, model)


def fixed_adapter(provider: Provider, model: Model) -> Adapter | None:
    """Return the adapter for every chat with `model`, None where that depends on the request.

    The user's setting decides, then the catalogue. Compatible servers get chat completions by
    default.
    """
    if provider.kind in ("anthropic", SOCKET):
        return None
    if provider.kind == "openai":
        api = provider.api or model.api
        if api == "responses":
            return ADAPTERS[RESPONSES]
        if api is None and _openai_test()(provider):
            return None
    return ADAPTERS[provider.kind]


def load_adapters(provider: Provider) -> None:
    """Load the adapters that requests to the provider need."""
    if provider.kind == SOCKET:
        _load_upstream()
        return
    if provider.kind == "anthropic":
        _anthropic_choice()
    elif provider.kind == "openai" and (provider.api == "responses" or _openai_test()(provider)):
        _responses_test()
        ADAPTERS[RESPONSES]
    ADAPTERS[provider.kind]


def _load_upstream() -> None:
    """Load what calls another daemon, which is no HTTP API and has no adapter."""
    from aircherd.providers.upstream import call, models, request  # noqa: F401


def _openai_adapter(request: ChatRequest, model: Model) -> Adapter:
    """Return the adapter for a chat with OpenAI itself.

    It gets chat completions too, except for what only its Responses API takes: what it sent itself,
    hosted tools, tools for a model that thinks, pictures as an answer, and some files.
    """
    has_tools_and_thinks = bool(request.tools) and _thinks(request, model)
    if has_tools_and_thinks or _responses_test()(request):
        return ADAPTERS[RESPONSES]
    return ADAPTERS["openai"]


def _thinks(request: ChatRequest, model: Model) -> bool:
    # Newer models think by default, and OpenAI refuses them tools in chat completions even then.
    if request.reasoning is None:
        return model.reasoning is True
    return request.reasoning != "none"
