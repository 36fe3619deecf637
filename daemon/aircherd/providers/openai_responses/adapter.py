"""The OpenAI Responses API: URL and headers. Models and key checks are those of chat completions.

Requests are stateless: nothing is stored at the vendor.
"""

from collections.abc import Collection

from aircherd.config.model import Provider
from aircherd.providers.chat_completions.models import OpenAIModelCalls
from aircherd.providers.codec.json_out import encode_body
from aircherd.providers.corrections import OwnField
from aircherd.providers.headers import bearer, chat_headers
from aircherd.providers.openai_responses.reply import ResponsesStream, read_whole
from aircherd.providers.openai_responses.request import chat_body
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.verbatim import Dialect, Operation

_OWN_FIELDS = (
    OwnField("store"),
    OwnField("include", phrases=("encrypted content is not supported",)),
    # An organization must be verified for summaries, the models answer without.
    OwnField("reasoning.summary", phrases=("reasoning summar",)),
    OwnField("reasoning.effort", "effort"),
    OwnField("tools.*.strict"),
)


class OpenAIResponses(OpenAIModelCalls):
    """The adapter for kind `openai` where a chat needs this API."""

    dialect: Dialect = "openai_responses"
    own_fields = _OWN_FIELDS

    def chat_head(
        self, provider: Provider, model: Model, key: Secret | None, *, stream: bool
    ) -> HttpRequest:
        """Return a chat request without its body; see `Adapter`."""
        del model
        headers = chat_headers(provider, bearer(key), stream=stream)
        return HttpRequest("POST", provider.base_url + "/responses", headers)

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
        if operation == "embeddings":
            return None
        counts = "/input_tokens" if operation == "count_tokens" else ""
        return f"{provider.base_url}/responses{counts}"

    def encode_chat(self, provider: Provider, request: ChatRequest, model: Model) -> bytes:
        """Translate and encode `request`; see `Adapter`."""
        del provider
        return encode_body(chat_body(request, model), request.extra)

    def reply_decoder(self) -> ResponsesStream:
        """Return a decoder for one streamed reply."""
        return ResponsesStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that is not streamed; see `Adapter`."""
        return read_whole(body)

    def __repr__(self) -> str:
        return "<OpenAIResponses /responses>"
