"""The table of the APIs we speak: `kind` in the configuration -> its adapter."""

from aircherd.config.model import Provider
from aircherd.providers.adapter import Adapter
from aircherd.providers.anthropic_messages import AnthropicMessages
from aircherd.providers.openai_chat import OpenAIChat
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model

ADAPTERS: dict[str, Adapter] = {
    "openai": OpenAIChat(),
    "anthropic": AnthropicMessages(),
    # Its list of models is public and would prove nothing about a key.
    "openrouter": OpenAIChat(check_path="/key"),
    # The compatible half of its API lives under /v1, the version under the root.
    "ollama": OpenAIChat(prefix="/v1", check_path="/api/version"),
}


def adapter_for(provider: Provider, request: ChatRequest, model: Model) -> Adapter:
    """Return the adapter for one chat: a vendor may have several APIs."""
    del request, model
    return ADAPTERS[provider.kind]
