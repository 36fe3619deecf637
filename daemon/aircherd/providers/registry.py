"""The table of APIs: `kind` in the configuration -> its adapter."""

from aircherd.config.model import Provider
from aircherd.providers.adapter import Adapter
from aircherd.providers.anthropic.adapter import AnthropicMessages, anthropic_adapter
from aircherd.providers.gemini.adapter import GeminiContent
from aircherd.providers.ollama.adapter import OllamaChat
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.openai_chat.vendors import is_openai
from aircherd.providers.openai_responses.adapter import OpenAIResponses
from aircherd.providers.openai_responses.choice import needs_responses
from aircherd.providers.openrouter.adapter import OpenRouter
from aircherd.providers.signing import Signer
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model

ADAPTERS: dict[str, Adapter] = {
    "openai": OpenAIChat(),
    "anthropic": AnthropicMessages(),
    "gemini": GeminiContent(),
    "openrouter": OpenRouter(),
    "ollama": OllamaChat(),
}

SIGNERS: dict[str, Signer] = {}
"""Kinds whose calls must be signed, or carry tokens that expire."""

RESPONSES = OpenAIResponses()
"""The second API of kind `openai`."""


def adapter_for(provider: Provider, request: ChatRequest, model: Model) -> Adapter:
    """Return the adapter for one chat; a kind may have several APIs."""
    if provider.kind == "anthropic":
        return anthropic_adapter(request)
    return fixed_adapter(provider, model) or _openai_adapter(request, model)


def fixed_adapter(provider: Provider, model: Model) -> Adapter | None:
    """Return the adapter for every chat with `model`, None where that depends on the request.

    The user's setting decides, then the catalogue. Compatible servers get chat completions by
    default.
    """
    if provider.kind == "anthropic":
        return None
    if provider.kind == "openai":
        api = provider.api or model.api
        if api == "responses":
            return RESPONSES
        if api is None and is_openai(provider):
            return None
    return ADAPTERS[provider.kind]


def _openai_adapter(request: ChatRequest, model: Model) -> Adapter:
    """Return the adapter for a chat with OpenAI itself.

    It gets chat completions too, except for what only its Responses API takes: what it sent itself,
    hosted tools, tools for a model that thinks, pictures as an answer, and some files.
    """
    has_tools_and_thinks = bool(request.tools) and _thinks(request, model)
    if has_tools_and_thinks or needs_responses(request):
        return RESPONSES
    return ADAPTERS["openai"]


def _thinks(request: ChatRequest, model: Model) -> bool:
    # Newer models think by default, and OpenAI refuses them tools in chat completions even then.
    if request.reasoning is None:
        return model.reasoning is True
    return request.reasoning != "none"
