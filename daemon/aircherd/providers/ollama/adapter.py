"""Ollama's own API, `/api/chat`: URLs, headers and the free key check.

Its OpenAI-compatible API is not used: only here can a request set the window, which may otherwise
be as small as 4096 tokens with the rest of the prompt silently cut off, and the thinking level.
Sources: ollama/ollama, `api/types.go`, `server/routes.go` and `docs/`, 2026.
"""

from collections.abc import Collection

from aircherd.config.model import Provider
from aircherd.providers.codec.json_out import encode_body
from aircherd.providers.corrections import OwnField
from aircherd.providers.headers import bearer, call_headers
from aircherd.providers.ollama.models import read_models
from aircherd.providers.ollama.reply import OllamaStream, read_whole
from aircherd.providers.ollama.request import chat_body, merge_extra
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.verbatim import Dialect, Operation


class OllamaChat:
    """The adapter for kind `ollama`."""

    dialect: Dialect = "ollama"
    own_fields = (OwnField("truncate"),)

    def chat_head(
        self, provider: Provider, model: Model, key: Secret | None, *, stream: bool
    ) -> HttpRequest:
        """Return a chat request without its body; see `Adapter`."""
        del model
        accept = "application/x-ndjson" if stream else "application/json"
        vendor_headers = [("content-type", "application/json"), *bearer(key)]
        headers = call_headers(provider, vendor_headers, accept=accept)
        return HttpRequest("POST", _root(provider) + "/api/chat", headers)

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
        del model, stream
        if operation == "embeddings":
            return _root(provider) + ("/api/embed" if "input" in fields else "/api/embeddings")
        if operation != "chat":
            return None
        return _root(provider) + ("/api/chat" if "messages" in fields else "/api/generate")

    def encode_chat(self, provider: Provider, request: ChatRequest, model: Model) -> bytes:
        """Translate and encode `request`; see `Adapter`."""
        body = chat_body(provider, request, model)
        return encode_body(body, merge_extra(request.extra, body["options"]))

    def reply_decoder(self) -> OllamaStream:
        """Return a decoder for one streamed reply."""
        return OllamaStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that is not streamed; see `Adapter`."""
        return read_whole(body)

    def key_check_call(self, provider: Provider, key: Secret) -> HttpRequest:
        """Return the free check. It detects a bad key only on servers that always ask for a key."""
        return HttpRequest(
            "GET", _root(provider) + "/api/version", call_headers(provider, bearer(key))
        )

    def models_call(self, provider: Provider, key: Secret | None) -> HttpRequest:
        """Return the call that lists the installed models; see `Adapter`."""
        return HttpRequest(
            "GET", _root(provider) + "/api/tags", call_headers(provider, bearer(key))
        )

    def read_models(self, body: bytes) -> list[Model]:
        """Read the list of models; see `Adapter`."""
        return read_models(body)

    def __repr__(self) -> str:
        return "<OllamaChat /api/chat>"


def _root(provider: Provider) -> str:
    # Users copy the URL with the /v1 of the OpenAI-compatible API, or the /api of Ollama's cloud.
    return provider.base_url.removesuffix("/v1").removesuffix("/api")
