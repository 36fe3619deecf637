"""What an adapter is: it turns a request into one HTTP call and the answer's bytes into events.

Adapters are sans-I/O: no sockets, no clock, no waiting. So a vendor's quirks are tested as tables
of bytes, and the pool treats all vendors alike. What they have in common is in `headers`,
`request_json` and `turns` on the way out, in `vendor_json` and `reply_stream` on the way in.
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
    """One HTTP request, ready to be sent. Printing it shows neither header values nor the body."""

    method: str
    url: str
    headers: Headers
    body: bytes = b""

    def __repr__(self) -> str:
        names = ", ".join(name for name, _ in self.headers)
        return f"<HttpCall {self.method} {self.url} [{names}] {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        # msgspec would generate one that shows the fields, and with them the key.
        return [("call", repr(self))]


class ReplyDecoder(Protocol):
    """Turns the bytes of one streamed reply into events."""

    progress_count: int
    """How many parts of the reply came that make no event, such as a model's thinking.

    Keep-alives are no part of a reply. By this a call knows a reply that goes on from one that
    only pretends to.
    """

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Return the events that `data` completes.

        Raises:
            ProviderFailed: the vendor reported an error, or sent what is not its API. Events that
                precede it are returned first: then the next call raises.
        """

    def close(self) -> list[ReplyEvent]:
        """Say that the body has ended: return what is still due, [] after an `Ending`.

        What it returns without an `Ending` came before a failure: the next call raises that.

        Raises:
            ProviderFailed: the reply did not come to its proper end.
        """


class Adapter(Protocol):
    """One vendor API."""

    def chat_call(
        self, provider: Provider, request: ChatRequest, model: Model, key: Secret | None
    ) -> HttpCall:
        """Translate `request`. What is signed or reasoned in it came from this very model.

        Raises:
            ProviderFailed: UNSUPPORTED: this API or model cannot express it, another may;
                BAD_REQUEST: nobody could; AUTH: the key fits into no header.
        """

    def reply_decoder(self) -> ReplyDecoder:
        """Return a decoder for one streamed reply."""

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that came in one piece, an `Ending` last.

        Raises:
            ProviderFailed: it holds an error, or is not a reply of this API.
        """

    def key_check_call(self, provider: Provider, key: Secret) -> HttpCall:
        """Return a call that costs nothing and succeeds only if `key` is good."""

    def models_call(self, provider: Provider, key: Secret | None) -> HttpCall:
        """Return the call that lists the provider's models."""

    def read_models(self, body: bytes) -> list[Model]:
        """Return what the provider lists, with what it says of each; without what cannot chat.

        Raises:
            ProviderFailed: it is not such a list.
        """
