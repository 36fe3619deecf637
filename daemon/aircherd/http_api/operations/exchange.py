"""A request with all that is needed to answer it; it is the context of a handler of the API."""

from collections.abc import Sequence

import msgspec
import trio

from aircherd.api.context import KEYS_ELSEWHERE
from aircherd.api.services import Services
from aircherd.chat.caller import Caller, Delta, Send, discard
from aircherd.http_api.call import ApiCall, Client, Headers, Response
from aircherd.http_api.dialects.dialect import ChatRead, Dialect, Route
from aircherd.http_api.operations.model_names import resolve_name
from aircherd.http_api.problem import RequestProblem, invalid
from aircherd.memory.request_memory import RequestMemory
from aircherd.vocabulary.chat import ChatRequest

TIMEOUT_HEADER = "x-aircher-timeout"
JSON = "application/json"


class Exchange:
    """One request. It implements `api.context.RequestContext`."""

    __slots__ = ("call", "client", "dialect", "response", "route", "scope", "send", "services")

    def __init__(  # noqa: PLR0917 -- what a request has
        self,
        services: Services,
        client: Client,
        dialect: Dialect,
        route: Route,
        call: ApiCall,
        response: Response,
    ) -> None:
        self.services = services
        self.client = client
        self.dialect = dialect
        self.route = route
        self.call = call
        self.response = response
        self.scope = trio.CancelScope()
        self.send: Send = discard

    @property
    def caller(self) -> Caller:
        """The client and its project."""
        return self.client.caller

    @property
    def memory(self) -> RequestMemory:
        """What the request holds of its client's share."""
        return self.client.memory

    def keys_refused(self) -> dict[str, object] | None:
        """Return why keys cannot be stored at the client's machine; None if they can.

        No client stores them over HTTP, but what its user is advised to run does.
        """
        return dict(KEYS_ELSEWHERE) if self.client.is_elsewhere else None

    def request_of(self, read: ChatRead) -> ChatRequest:
        """Return the request with the model that its name stands for, and its timeout.

        Raises:
            RequestProblem: the timeout is no number of seconds.
        """
        request = read.chat
        config = self.services.config.current
        name = resolve_name(request.model, config)
        timeout = _timeout_of(self.call)
        if name == request.model and timeout is None:
            return request
        seconds = request.timeout if timeout is None else timeout
        return msgspec.structs.replace(request, model=name, timeout=seconds)

    async def answer(self, body: bytes, headers: Headers = ()) -> None:
        """Send a response in one piece."""
        await self.response.whole(200, [("content-type", JSON), *headers], body)

    def __repr__(self) -> str:
        return f"<Exchange {self.call.method} {self.call.path} of {self.caller.client}>"


def _timeout_of(call: ApiCall) -> float | None:
    text = call.headers.get(TIMEOUT_HEADER)
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise _not_seconds()
    return seconds


def _not_seconds() -> RequestProblem:
    return invalid(f"{TIMEOUT_HEADER}: must be a number of seconds", TIMEOUT_HEADER)


Deltas = Sequence[Delta]
