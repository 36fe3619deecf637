"""The Anthropic Messages API, version 2023-06-01: URLs, headers and the free key check."""

from collections.abc import Collection
from functools import lru_cache
from typing import Final

from aircherd.config.model import Provider
from aircherd.providers.anthropic.betas import betas_of, join_betas
from aircherd.providers.anthropic.models import read_models
from aircherd.providers.anthropic.reply.stream import AnthropicStream
from aircherd.providers.anthropic.reply.whole import read_whole
from aircherd.providers.anthropic.request import chat_body
from aircherd.providers.codec.json_out import encode_body
from aircherd.providers.corrections import OwnField
from aircherd.providers.headers import call_headers, chat_headers, key_text
from aircherd.providers.transport.request import Headers, HttpRequest
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.verbatim import Dialect, Operation

VERSION = "2023-06-01"
"""Sent as `anthropic-version`; `headers` of the provider in the configuration override it."""


BETA = "anthropic-beta"

_PATHS: Final[dict[Operation, str]] = {
    "chat": "/v1/messages",
    "count_tokens": "/v1/messages/count_tokens",
}


class AnthropicMessages:
    """The adapter for kind `anthropic`; `betas` is what its requests need in `anthropic-beta`."""

    def __init__(self, betas: tuple[str, ...] = ()) -> None:
        self.betas = betas

    dialect: Dialect = "anthropic"
    own_fields = (
        OwnField("thinking.display"),
        OwnField("max_tokens", "limit"),  # of requests that have none
    )

    def chat_head(
        self, provider: Provider, model: Model, key: Secret | None, *, stream: bool
    ) -> HttpRequest:
        """Return a chat request without its body; see `Adapter`."""
        del model
        headers = chat_headers(provider, _vendor_headers(key), stream=stream)
        if self.betas:
            users = dict(headers).get(BETA, "")
            headers = [each for each in headers if each[0] != BETA]
            headers.append((BETA, join_betas(users, self.betas)))
        return HttpRequest("POST", _root(provider) + "/v1/messages", headers)

    def verbatim_url(
        self,
        provider: Provider,
        model: Model,
        operation: Operation,
        fields: Collection[str],
        *,
        stream: bool,
    ) -> str | None:
        """Return where a client's body goes; see `Adapter`."""
        del model, fields, stream
        path = _PATHS.get(operation)
        return None if path is None else _root(provider) + path

    def encode_chat(self, provider: Provider, request: ChatRequest, model: Model) -> bytes:
        """Translate and encode `request`; see `Adapter`."""
        del provider
        return encode_body(chat_body(request, model), _extra(request.extra))

    def reply_decoder(self) -> AnthropicStream:
        """Return a decoder for one streamed reply."""
        return AnthropicStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that is not streamed; see `Adapter`."""
        return read_whole(body)

    def key_check_call(self, provider: Provider, key: Secret) -> HttpRequest:
        """Return the free check: a list of one model."""
        url = _root(provider) + "/v1/models?limit=1"
        return HttpRequest("GET", url, call_headers(provider, _vendor_headers(key)))

    def models_call(self, provider: Provider, key: Secret | None) -> HttpRequest:
        """Return the call that lists the models; see `Adapter`."""
        url = _root(provider) + "/v1/models?limit=1000"
        return HttpRequest("GET", url, call_headers(provider, _vendor_headers(key)))

    def read_models(self, body: bytes) -> list[Model]:
        """Read the list of models; see `Adapter`."""
        return read_models(body)

    def __repr__(self) -> str:
        return f"<AnthropicMessages {' '.join((VERSION, *self.betas))}>"


@lru_cache(maxsize=64)
def _with_betas(betas: tuple[str, ...]) -> AnthropicMessages:
    return AnthropicMessages(betas)


def anthropic_adapter(request: ChatRequest) -> AnthropicMessages:
    """Return the adapter for a request: the head of its calls depends on what it needs."""
    return _with_betas(betas_of(request))


def _extra(extra: dict[str, object]) -> dict[str, object]:
    # The body has these servers already, with those of the tools.
    if not isinstance(extra.get("mcp_servers"), list):
        return extra
    return {name: value for name, value in extra.items() if name != "mcp_servers"}


def _root(provider: Provider) -> str:
    # The vendor's SDK takes the base URL without /v1; users often add it.
    return provider.base_url.removesuffix("/v1")


def _vendor_headers(key: Secret | None) -> Headers:
    headers: Headers = [("anthropic-version", VERSION)]
    if key:
        headers.append(("x-api-key", key_text(key)))
    return headers
