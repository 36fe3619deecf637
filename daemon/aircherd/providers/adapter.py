"""The protocol of an adapter: it makes HTTP requests for one vendor API and decodes its replies.

Adapters are sans-I/O: no sockets, no clock, no waiting. So a vendor's quirks are tested as tables
of bytes, and all vendors are used in the same way.
"""

from typing import Protocol

import msgspec

from aircherd.config.model import Provider
from aircherd.providers.headers import Headers
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret


class HttpCall(msgspec.Struct, frozen=True):
    """One HTTP request, ready to send. Its repr shows neither header values nor the body."""

    method: str
    url: str
    headers: Headers
    body: bytes = b""

    def __repr__(self) -> str:
        names = ", ".join(name for name, _ in self.headers)
        return f"<HttpCall {self.method} {self.url} [{names}] {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        # msgspec's own would show the fields, and with them the key.
        return [("call", repr(self))]


class ReplyDecoder(Protocol):
    """Turns the bytes of one streamed reply into events."""

    progress_count: int
    """The number of reply parts so far that made no event, such as hidden thinking.

    Keep-alives do not count. The stall timeout uses it to tell a working reply from one that only
    keeps
    the connection open.
    """

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Return the events that `data` completes.

        Raises:
            ProviderFailed: the vendor reported an error, or the data is not of its API. Events that
            precede
                it are returned first; then the next call raises.
        """

    def close(self) -> list[ReplyEvent]:
        """Return the remaining events at the end of the body, [] after an `Ending`.

        If they do not end with an `Ending`, call it again: it raises the failure.

        Raises:
            ProviderFailed: the reply is incomplete.
        """


class Adapter(Protocol):
    """One vendor API."""

    def chat_call(
        self, provider: Provider, request: ChatRequest, model: Model, key: Secret | None
    ) -> HttpCall:
        """Translate `request`. Signatures and reasoning in it must come from this very model.

        Raises:
            ProviderFailed: UNSUPPORTED: this API or model cannot express it, but another may;
                BAD_REQUEST: no API could; AUTH: the key cannot be put into a header.
        """

    def reply_decoder(self) -> ReplyDecoder:
        """Return a decoder for one streamed reply."""

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that came in one piece, an `Ending` last.

        Raises:
            ProviderFailed: it holds an error, or is not a reply of this API.
        """

    def key_check_call(self, provider: Provider, key: Secret) -> HttpCall:
        """Return a free call that succeeds only if `key` is valid."""

    def models_call(self, provider: Provider, key: Secret | None) -> HttpCall:
        """Return the call that lists the provider's models."""

    def read_models(self, body: bytes) -> list[Model]:
        """Return the models of the list that can chat, with what the list says about each.

        Raises:
            ProviderFailed: `body` is not such a list.
        """
