"""The Gemini API of Google AI Studio: URLs, headers and the free key check."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import quote

from aircherd.config.model import Provider
from aircherd.providers.codec.json_out import encode_body
from aircherd.providers.corrections import OwnField
from aircherd.providers.gemini.models import bare_name, read_models
from aircherd.providers.gemini.reply import GeminiStream, read_whole
from aircherd.providers.gemini.request import chat_body
from aircherd.providers.gemini.tools import SHOW_TOOLS
from aircherd.providers.headers import call_headers, chat_headers, key_text
from aircherd.providers.transport.request import Headers, HttpRequest
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.verbatim import Dialect, Operation

# Google's older versions, and gateways in front of them, do not know all of it.
_OWN_FIELDS = (
    OwnField("generationConfig.thinkingConfig.includeThoughts"),
    OwnField("generationConfig.responseJsonSchema", "rename", rename="responseSchema"),
    OwnField("tools.*.functionDeclarations.*.parametersJsonSchema", "rename", rename="parameters"),
    OwnField(f"toolConfig.{SHOW_TOOLS}", phrases=("tool call context circulation",)),
    OwnField("contents.*.parts.*.functionCall.id"),
    OwnField("contents.*.parts.*.functionResponse.id"),
)


_STREAM: Final = "streamGenerateContent?alt=sse"


class GeminiContent:
    """The adapter for kind `gemini`."""

    dialect: Dialect = "gemini"
    own_fields = _OWN_FIELDS

    def chat_head(
        self, provider: Provider, model: Model, key: Secret | None, *, stream: bool
    ) -> HttpRequest:
        """Return a chat request without its body; see `Adapter`."""
        url = _method_url(provider, model, _STREAM if stream else "generateContent")
        return HttpRequest("POST", url, chat_headers(provider, _vendor_headers(key), stream=stream))

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
        if operation == "chat":
            return _method_url(provider, model, _STREAM if stream else "generateContent")
        if operation == "count_tokens":
            return _method_url(provider, model, "countTokens")
        method = "batchEmbedContents" if "requests" in fields else "embedContent"
        return _method_url(provider, model, method)

    def encode_chat(self, provider: Provider, request: ChatRequest, model: Model) -> bytes:
        """Translate and encode `request`; see `Adapter`."""
        del provider
        return encode_body(chat_body(request, model), {})

    def reply_decoder(self) -> GeminiStream:
        """Return a decoder for one streamed reply."""
        return GeminiStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that is not streamed; see `Adapter`."""
        return read_whole(body)

    def key_check_call(self, provider: Provider, key: Secret) -> HttpRequest:
        """Return the free check: a list of one model."""
        url = _root(provider) + "/models?pageSize=1"
        return HttpRequest("GET", url, call_headers(provider, _vendor_headers(key)))

    def models_call(self, provider: Provider, key: Secret | None) -> HttpRequest:
        """Return the call that lists the models; see `Adapter`."""
        url = _root(provider) + "/models?pageSize=1000"
        return HttpRequest("GET", url, call_headers(provider, _vendor_headers(key)))

    def read_models(self, body: bytes) -> list[Model]:
        """Read the list of models; see `Adapter`."""
        return read_models(body)

    def __repr__(self) -> str:
        return "<GeminiContent>"


_VERSION: Final = re.compile(r"/v[0-9]+(?:alpha|beta)?[0-9]*$")


def _root(provider: Provider) -> str:
    # The vendor's SDK takes the base URL without a version; its documentation writes it with one.
    base = provider.base_url
    return base if _VERSION.search(base) else base + "/v1beta"


def _method_url(provider: Provider, model: Model, method: str) -> str:
    return f"{_root(provider)}/models/{_path_segment(model.id)}:{method}"


def _path_segment(model: str) -> str:
    """Return a model's name, quoted as one segment of a path."""
    return quote(bare_name(model), safe="", errors="replace")


def _vendor_headers(key: Secret | None) -> Headers:
    # Never in the URL: proxies and servers log URLs.
    return [("x-goog-api-key", key_text(key))] if key else []
