"""What a handler knows of a request, whichever way the client is connected."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from aircherd.chat.caller import Caller, RequestScope, Send


class RequestContext(Protocol):
    """Who asks, how to send what streams, and the scope that ends the request."""

    @property
    def caller(self) -> Caller:
        """Return who asks."""

    @property
    def scope(self) -> RequestScope:
        """Return the scope of the request; the client may cancel it at any time."""

    @property
    def send(self) -> Send:
        """Return what takes a chat's deltas to the client."""


class Method:
    """How a method is served: the type of its parameters, its handler, and their decoder."""

    __slots__ = ("decode", "handler", "params")

    def __init__(self, params: type, handler: Callable[..., Awaitable[object]]) -> None:
        self.params = params
        self.handler = handler
        self.decode: Callable[[msgspec.Raw], object] = msgspec.msgpack.Decoder(params).decode

    def __repr__(self) -> str:
        return f"<Method of {self.params.__name__}>"
