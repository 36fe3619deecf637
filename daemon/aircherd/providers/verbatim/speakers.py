"""Which adapter of a provider speaks an HTTP client's API, and where its body goes there: pure.

It need not be the adapter that translated chats get: OpenAI has two APIs, and its Responses API is
used for what chat completions do not take.
"""

from typing import Final, NamedTuple

from aircherd.config.model import Provider
from aircherd.providers.adapter import Adapter
from aircherd.providers.registry import ADAPTERS, RESPONSES, adapter_for
from aircherd.providers.verbatim.passage import Passage
from aircherd.vocabulary.builtin_providers import SOCKET
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.verbatim import Dialect, Operation

API_NAMES: Final[dict[Dialect, str]] = {
    "anthropic": "Anthropic's API",
    "openai_chat": "OpenAI's chat completions",
    "openai_responses": "OpenAI's Responses API",
    "gemini": "Gemini's API",
    "ollama": "Ollama's API",
}
_OPERATIONS: Final[dict[Operation, str]] = {
    "chat": "chats",
    "embeddings": "embeddings",
    "count_tokens": "token counts",
}


OLD_LIMIT, NEW_LIMIT = "max_tokens", "max_completion_tokens"


class Speaker(NamedTuple):
    """An adapter, and where the body goes; `renamed` is a field with another name there."""

    adapter: Adapter
    url: str
    renamed: tuple[str, str] | None = None


def find_speaker(
    provider: Provider, model: Model, request: ChatRequest, passage: Passage
) -> Speaker | None:
    """Return what takes the client's request as it is, None if it has to be translated."""
    adapter = _adapter_of(provider, model, request, passage)
    if adapter is None:
        return None
    operation, fields = passage.request.operation, passage.fields
    url = adapter.verbatim_url(provider, model, operation, fields, stream=request.stream)
    return None if url is None else Speaker(adapter, url, _renamed(provider, passage))


def _renamed(provider: Provider, passage: Passage) -> tuple[str, str] | None:
    """Return the two names of the limit where OpenAI's newer models refuse the old one."""
    if passage.request.dialect != "openai_chat" or provider.kind != "openai":
        return None
    if OLD_LIMIT not in passage.fields or NEW_LIMIT in passage.fields:
        return None
    from aircherd.providers.openai_chat.vendors import quirks_of  # noqa: PLC0415 -- one kind's

    is_new = quirks_of(provider).max_tokens_field == NEW_LIMIT
    return (OLD_LIMIT, NEW_LIMIT) if is_new else None


def _adapter_of(
    provider: Provider, model: Model, request: ChatRequest, passage: Passage
) -> Adapter | None:
    wanted = passage.request.dialect
    if provider.kind != "openai":
        # Another daemon speaks no API of HTTP clients.
        adapter = None if provider.kind == SOCKET else ADAPTERS[provider.kind]
        return adapter if adapter is not None and adapter.dialect == wanted else None
    if wanted == "openai_responses":
        return ADAPTERS[RESPONSES] if _has_responses(provider, model) else None
    if wanted != "openai_chat":
        return None
    if passage.request.operation == "embeddings":
        return ADAPTERS["openai"]
    usual = adapter_for(provider, request, model)
    if usual.dialect == wanted:
        return usual
    # OpenAI refuses in chat completions what only its other API has, so it is translated to that;
    # what cannot be, may still be taken.
    may_try = passage.request.unsaid is not None and (provider.api or model.api) is None
    return ADAPTERS["openai"] if may_try else None


def _has_responses(provider: Provider, model: Model) -> bool:
    """Return whether a provider of kind `openai` has the Responses API for a model."""
    api = provider.api or model.api
    if api is not None:
        return api == "responses"
    from aircherd.providers.openai_chat.vendors import is_openai  # noqa: PLC0415 -- one kind's

    return is_openai(provider)


def refusal(passage: Passage) -> str | None:
    """Return why a provider that does not speak the client's API cannot answer, None if it can."""
    request = passage.request
    api = API_NAMES[request.dialect]
    if request.operation != "chat":
        wanted = _OPERATIONS[request.operation]
        return f"{wanted}: only a provider that has {api} can be asked for them"
    if request.unsaid is None:
        return None
    return f"{request.unsaid}: only a provider that has {api} can be asked for this"
