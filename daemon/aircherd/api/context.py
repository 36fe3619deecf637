"""What a handler knows of a request, whichever way the client is connected."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec
import trio

from aircherd.chat.caller import Caller, Send


class RequestContext(Protocol):
    """Who asks, how to send what streams, and the scope that ends the request."""

    @property
    def caller(self) -> Caller:
        """Return who asks."""

    @property
    def scope(self) -> trio.CancelScope:
        """Return the scope of the request: its deadline is the request's, cancelling ends it."""

    @property
    def send(self) -> Send:
        """Return what takes a chat's deltas to the client."""


class Method(msgspec.Struct, frozen=True):
    """How a method is served: the type of its parameters, and its handler."""

    params: type
    handler: "Callable[..., Awaitable[object]]"
