"""One HTTP request, its client and its response, as the operations and dialects see them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from aircherd.chat.caller import Caller
from aircherd.memory.request_memory import RequestMemory

Headers = Sequence[tuple[str, str]]
Handler = Callable[..., Awaitable[object]]
"""A handler of `api.methods`: it takes the services, a request's context and its parameters."""


class ApiCall(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose body has arrived.

    - `path`: decoded, without the query: `/v1/messages`.
    - `params`: what the route's braces matched: `/v1beta/models/{model}:generateContent`.
    - `query`: decoded, the last of equal names. `raw_query` is what followed `?`.
    - `headers`: names in lower case, values without white space around them; equal names joined
      with a comma. Credentials were removed from both.
    """

    method: str
    path: str
    params: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    raw_query: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Client(Protocol):
    """The program that sent a request."""

    @property
    def caller(self) -> Caller:
        """Its name, that of its token if it has one, its project, and its process."""

    @property
    def memory(self) -> RequestMemory:
        """What the request holds of the client's share."""

    def may_name(self, model: str) -> bool:
        """Return whether its token lets it ask for a model by this name, so that it is listed."""

    @property
    def is_bound(self) -> bool:
        """Whether its token names the models that it may ask for."""

    def may_ask(self, provider: str) -> bool:
        """Return whether its token lets this provider answer, so that its models are listed."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is on another machine."""

    def permitted(self, method: str, handler: Handler, *, keeps_name: bool = False) -> Handler:
        """Return what to call instead of `handler`, which does what `method` of the socket does.

        It is `handler` itself if the client may do all. Otherwise it refuses (`Forbidden`), asks
        the user first, or passes on a `ChatRequest` that is restricted to the providers that the
        client and its token may use. The request is the last argument, the services are the first.
        A request that is no chat `keeps_name`: the token of a tool may have a model for its chats.
        """


class Response(Protocol):
    """Where the response of one request goes. A client that left cancels the request's task."""

    @property
    def has_started(self) -> bool:
        """Whether the status was sent: from then on an error is part of the stream."""

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a response in one piece."""

    async def start(self, status: int, headers: Headers, trailers: Sequence[str] = ()) -> None:
        """Begin a response that streams; `trailers` are the names of those that `end` sends."""

    async def send(self, data: bytes) -> None:
        """Send a piece; waits while the client is far behind."""

    async def end(self, trailers: Headers = ()) -> None:
        """End the response properly. Without it the connection is cut, so the client knows."""
