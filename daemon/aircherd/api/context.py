"""The context of a request, independent of the client's transport."""

from collections.abc import Awaitable, Callable
from copy import copy
from typing import Protocol, Self

import msgspec

from aircherd.chat.caller import Caller, RequestScope, Send
from aircherd.memory.request_memory import RequestMemory
from aircherd.vocabulary.chat import ChatRequest

KEYS_ELSEWHERE = {
    "message": "keys are stored where the daemon runs, on another machine",
    "elsewhere": True,
}
"""Why a client on another machine cannot store keys."""


class RequestContext(Protocol):
    """The client, the function that sends deltas, the scope that ends the request, its memory."""

    @property
    def caller(self) -> Caller:
        """The client and its project."""

    @property
    def scope(self) -> RequestScope:
        """The scope of the request; the client may cancel it at any time."""

    @property
    def send(self) -> Send:
        """The function that sends a chat's deltas to the client."""

    @property
    def memory(self) -> RequestMemory:
        """What the request holds of its client's share."""

    def keys_refused(self) -> dict[str, object] | None:
        """Return why the client cannot store keys, as `{message, elsewhere?}`; None if it can."""


class Method:
    """A method of the API: the type of its parameters, their decoder, and its handler.

    Its response `may_quote` what the user wrote into the configuration, and a key with it.
    """

    __slots__ = ("decode", "handler", "may_quote", "params")

    def __init__(
        self, params: type[msgspec.Struct], handler: Callable[..., Awaitable[object]]
    ) -> None:
        self.params = params
        self.handler = handler
        self.may_quote = params is not ChatRequest
        self.decode: Callable[[msgspec.Raw], object] = msgspec.msgpack.Decoder(params).decode

    def with_handler(self, handler: Callable[..., Awaitable[object]]) -> Self:
        """Return the same method with another handler."""
        found = copy(self)
        found.handler = handler
        return found

    def __repr__(self) -> str:
        return f"<Method of {self.params.__name__}>"
