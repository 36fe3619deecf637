"""OpenAI's chat completions and compatible servers: URL, headers, and each server's quirks."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from aircherd.config.model import MaxTokensField, Provider
from aircherd.providers.chat_completions.models import OpenAIModelCalls
from aircherd.providers.chat_completions.quirks import (
    EVERY_EFFORT,
    THREE_EFFORTS,
    Quirks,
    effort_of,
)
from aircherd.providers.chat_completions.reply import OpenAIStream, read_whole
from aircherd.providers.chat_completions.request import OWN_FIELDS, chat_body
from aircherd.providers.chat_completions.thinking import without_thinking
from aircherd.providers.codec.json_out import encode_body
from aircherd.providers.headers import bearer, chat_headers
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret

# OpenAI's newer models refuse `max_tokens`; many other servers do not know the new name.
_OPENAI = Quirks(
    name="OpenAI",
    efforts=EVERY_EFFORT,
    max_tokens_field="max_completion_tokens",
    max_stop=4,
    call_id=re.compile(r".{1,40}", re.DOTALL),
    add_thinking=without_thinking,
)
# All thinking models of Mistral have these two efforts, only some have more.
_MISTRAL = Quirks(
    name="Mistral",
    efforts={
        "none": "none",
        "minimal": "none",
        "low": "high",
        "medium": "high",
        "high": "high",
        "xhigh": "high",
        "max": "high",
    },
    call_id=re.compile(r"[A-Za-z0-9]{9}"),
)
_COMPATIBLE = Quirks(name="this server", efforts=THREE_EFFORTS)


class OpenAIChat(OpenAIModelCalls):
    """The adapter for kind `openai`, except where a chat needs the Responses API."""

    own_fields = OWN_FIELDS

    def chat_head(
        self, provider: Provider, model: Model, key: Secret | None, *, stream: bool
    ) -> HttpRequest:
        """Return a chat request without its body; see `Adapter`."""
        del model
        headers = chat_headers(provider, bearer(key), stream=stream)
        return HttpRequest("POST", provider.base_url + "/chat/completions", headers)

    def encode_chat(self, provider: Provider, request: ChatRequest, model: Model) -> bytes:
        """Translate and encode `request`; see `Adapter`."""
        quirks = quirks_of(provider)
        body = chat_body(request, model, quirks)
        if request.reasoning and (effort := effort_of(request, model, quirks)):
            body["reasoning_effort"] = effort
        return encode_body(body, request.extra)

    def reply_decoder(self) -> OpenAIStream:
        """Return a decoder for one streamed reply."""
        return OpenAIStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that is not streamed; see `Adapter`."""
        return read_whole(body)

    def __repr__(self) -> str:
        return "<OpenAIChat>"


def is_openai(provider: Provider) -> bool:
    """Return whether `provider` is OpenAI itself, not a compatible server."""
    return _is_in_domain(provider.base_url, "api.openai.com")  # also eu.api.openai.com and the like


def quirks_of(provider: Provider) -> Quirks:
    """Return the quirks of the server behind `provider`; its configuration overrides them."""
    return _quirks_of(provider.base_url, provider.max_tokens_field)


@lru_cache(maxsize=512)  # called for every request
def _quirks_of(base_url: str, max_tokens_field: MaxTokensField | None) -> Quirks:
    quirks = _COMPATIBLE
    if _is_in_domain(base_url, "api.openai.com"):
        quirks = _OPENAI
    elif _is_in_domain(base_url, "mistral.ai"):
        quirks = _MISTRAL
    if max_tokens_field is None:
        return quirks
    return msgspec.structs.replace(quirks, max_tokens_field=max_tokens_field)


@lru_cache(maxsize=512)  # called for every request
def _is_in_domain(url: str, domain: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == domain or host.endswith("." + domain)
