"""OpenRouter: chat completions with its own fields for thinking, costs and models.

Usage always comes, with the cost. Keep-alives are SSE comments, and an error may come inside a
choice; the shared reader handles both.
"""

from collections.abc import Collection

import msgspec

from aircherd.config.model import Provider
from aircherd.providers.chat_completions.quirks import EVERY_EFFORT, Quirks, effort_of
from aircherd.providers.chat_completions.reasoning_details import DetailsThinking, with_details
from aircherd.providers.chat_completions.reply import OpenAIStream, read_whole
from aircherd.providers.chat_completions.request import OWN_FIELDS, Body, chat_body
from aircherd.providers.chat_completions.request_parts.attachments import SOUNDS
from aircherd.providers.codec.cache_marks import limit_marks
from aircherd.providers.codec.json_out import encode_body
from aircherd.providers.corrections import OwnField
from aircherd.providers.headers import bearer, call_headers, chat_headers
from aircherd.providers.openrouter.models import read_models
from aircherd.providers.transport.request import Headers, HttpRequest
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.verbatim import Dialect, Operation

TITLE = ("x-openrouter-title", "aircher")
"""Names aircher in the user's own activity list. Without a referer it creates no public page."""

_QUIRKS = Quirks(
    name="OpenRouter",
    efforts=EVERY_EFFORT,
    max_stop=4,
    add_thinking=with_details,
    tools=("function", "web_search", "vendor"),
    forms=("openrouter", "chat"),
    sounds={kind: name for kind, name in SOUNDS.items() if name != "webm"},
    takes_marks=True,
    keeps_images=True,
)


class OpenRouter:
    """The adapter for kind `openrouter`."""

    dialect: Dialect = "openai_chat"
    own_fields = (*OWN_FIELDS, OwnField("reasoning.effort", "effort"))

    def chat_head(
        self, provider: Provider, model: Model, key: Secret | None, *, stream: bool
    ) -> HttpRequest:
        """Return a chat request without its body; see `Adapter`."""
        del model
        headers = chat_headers(provider, _vendor_headers(key), stream=stream)
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
        is_chat = operation == "chat" and "messages" in fields
        return provider.base_url + "/chat/completions" if is_chat else None

    def encode_chat(self, provider: Provider, request: ChatRequest, model: Model) -> bytes:
        """Translate and encode `request`; see `Adapter`."""
        body = chat_body(request, model, _quirks(provider))
        if effort := effort_of(request, model, _QUIRKS):
            body["reasoning"] = {"effort": effort}
        if blocks := _blocks(body):
            limit_marks(blocks, request.extra)
        return encode_body(body, request.extra)

    def reply_decoder(self) -> OpenAIStream:
        """Return a decoder for one streamed reply."""
        return OpenAIStream(thinking=DetailsThinking())

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that is not streamed; see `Adapter`."""
        return read_whole(body, DetailsThinking())

    def key_check_call(self, provider: Provider, key: Secret) -> HttpRequest:
        """Return the free check: information about the key. The list of models needs no key."""
        return _get(provider, "/key", key)

    def models_call(self, provider: Provider, key: Secret | None) -> HttpRequest:
        """Return the call that lists the models; see `Adapter`."""
        return _get(provider, "/models", key)

    def read_models(self, body: bytes) -> list[Model]:
        """Read the list of models; see `Adapter`."""
        return read_models(body)

    def __repr__(self) -> str:
        return "<OpenRouter>"


def _blocks(body: Body) -> list[Body]:
    """Return what may have cache marks, in the order of the request; texts alone have none."""
    tools, messages = body.get("tools") or [], body["messages"]
    assert isinstance(tools, list)
    assert isinstance(messages, list)
    if not tools and messages and isinstance(messages[-1], Message):
        return []
    return [each for each in (*tools, *messages) if isinstance(each, dict)]


def _quirks(provider: Provider) -> Quirks:
    if provider.max_tokens_field is None:
        return _QUIRKS
    return msgspec.structs.replace(_QUIRKS, max_tokens_field=provider.max_tokens_field)


def _vendor_headers(key: Secret | None) -> Headers:
    return [TITLE, *bearer(key)]


def _get(provider: Provider, path: str, key: Secret | None) -> HttpRequest:
    return HttpRequest(
        "GET", provider.base_url + path, call_headers(provider, _vendor_headers(key))
    )
