"""The protocol of an adapter: it makes HTTP requests for one vendor API and decodes its replies.

Adapters are sans-I/O: no sockets, no clock, no waiting. So a vendor's quirks are tested as tables
of bytes, and all vendors are used in the same way.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from aircherd.config.model import Provider
from aircherd.providers.codec.reply_stream import ReplyStream
from aircherd.providers.corrections import OwnField
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.verbatim import Dialect, Operation


class ReplyDecoder(Protocol):
    """Turns the bytes of one streamed reply into events."""

    @property
    def progress_count(self) -> int:
        """The number of reply parts so far that made no event, such as hidden thinking.

        Keep-alives do not count. The stall timeout uses it to tell a working reply from one that
        only keeps the connection open.
        """

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Return the events that `data` completes.

        Raises:
            ProviderFailed: the vendor reported an error, or the data is not of its API. Events that
                precede it are returned first; then the next call raises.
        """

    def close(self) -> list[ReplyEvent]:
        """Return the remaining events at the end of the body, [] after an `Ending`.

        If they do not end with an `Ending`, call it again: it raises the failure.

        Raises:
            ProviderFailed: the reply is incomplete.
        """


class Adapter(Protocol):
    """One vendor API."""

    @property
    def own_fields(self) -> Sequence[OwnField]:
        """What it puts into bodies that no request asks for; see `corrections`."""

    def chat_head(
        self, provider: Provider, model: Model, key: Secret | None, *, stream: bool
    ) -> HttpRequest:
        """Return a chat request without its body: it serves every chat with these arguments.

        Raises:
            ProviderFailed: AUTH: the key cannot be put into a header.
        """

    @property
    def dialect(self) -> Dialect | None:
        """The API that it speaks, by the name that HTTP clients' requests have.

        None if no HTTP client speaks it: then `verbatim_url` is never called.
        """

    def verbatim_url(
        self,
        provider: Provider,
        model: Model,
        operation: Operation,
        fields: Collection[str],
        *,
        stream: bool,
    ) -> str | None:
        """Return where a client's body goes as it is, None if this API does not take it.

        `fields` are the names of the body's top-level fields.
        """

    def encode_chat(self, provider: Provider, request: ChatRequest, model: Model) -> bytes:
        """Return the body of a chat. Signatures and reasoning in it must come from this very model.

        Raises:
            ProviderFailed: UNSUPPORTED: this API or model cannot express it, but another may;
                BAD_REQUEST: no API could.
        """

    def reply_decoder(self) -> ReplyStream:
        """Return a decoder for one streamed reply."""

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that came in one piece, an `Ending` last.

        Raises:
            ProviderFailed: it holds an error, or is not a reply of this API.
        """

    def key_check_call(self, provider: Provider, key: Secret) -> HttpRequest:
        """Return a free call that succeeds only if `key` is valid."""

    def models_call(self, provider: Provider, key: Secret | None) -> HttpRequest:
        """Return the call that lists the provider's models."""

    def read_models(self, body: bytes) -> list[Model]:
        """Return the models of the list that can chat, with what the list says about each.

        Raises:
            ProviderFailed: `body` is not such a list.
        """
