"""OpenAI's chat completions and compatible servers: URL and headers; quirks are in `vendors`."""

from collections.abc import Collection

from aircherd.config.model import Provider
from aircherd.providers.chat_completions.models import OpenAIModelCalls
from aircherd.providers.chat_completions.quirks import effort_fields
from aircherd.providers.chat_completions.reply import OpenAIStream, read_whole
from aircherd.providers.chat_completions.request import OWN_FIELDS, chat_body
from aircherd.providers.codec.json_out import encode_body
from aircherd.providers.headers import bearer, chat_headers
from aircherd.providers.openai_chat.vendors import quirks_of
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.verbatim import Dialect, Operation


class OpenAIChat(OpenAIModelCalls):
    """The adapter for kind `openai`, except where a chat needs the Responses API."""

    dialect: Dialect = "openai_chat"
    own_fields = OWN_FIELDS

    def chat_head(
        self, provider: Provider, model: Model, key: Secret | None, *, stream: bool
    ) -> HttpRequest:
        """Return a chat request without its body; see `Adapter`."""
        del model
        headers = chat_headers(provider, bearer(key), stream=stream)
        return HttpRequest("POST", provider.base_url + "/chat/completions", headers)

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
            return provider.base_url + "/embeddings"
        if operation != "chat" or "messages" not in fields:
            return None
        return provider.base_url + "/chat/completions"

    def encode_chat(self, provider: Provider, request: ChatRequest, model: Model) -> bytes:
        """Translate and encode `request`; see `Adapter`."""
        quirks = quirks_of(provider)
        body = chat_body(request, model, quirks)
        if request.reasoning:
            body |= effort_fields(request, model, quirks)
        return encode_body(body, request.extra)

    def reply_decoder(self) -> OpenAIStream:
        """Return a decoder for one streamed reply."""
        return OpenAIStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that is not streamed; see `Adapter`."""
        return read_whole(body)

    def __repr__(self) -> str:
        return "<OpenAIChat>"
