"""Requests to the operations as the server makes them, with responses that are recorded."""

import json
from collections.abc import Sequence

import trio

from aircherd.chat.caller import Caller
from aircherd.http_api.call import ApiCall, Handler
from aircherd.http_api.dialects.dialect import Dialect, Route
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.operations.dispatch import perform
from aircherd.memory.request_memory import RequestMemory, uncounted
from helpers.http_api.carrying import Carrier


class Recorder:
    """A `Response` that keeps what it is given. `on_send` is called with each piece."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.trailers: dict[str, str] | None = None
        self.declared: Sequence[str] = ()
        self.has_started = self.is_ended = False
        self.has_bytes = trio.Event()

    @property
    def body(self) -> bytes:
        """All bytes of the body."""
        return b"".join(self.pieces)

    @property
    def json(self) -> object:
        """The body, decoded."""
        return json.loads(self.body)

    async def whole(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        await self.start(status, headers)
        await self.send(body)
        await self.end()

    async def start(
        self, status: int, headers: Sequence[tuple[str, str]], trailers: Sequence[str] = ()
    ) -> None:
        assert not self.has_started
        assert len({name for name, _ in headers}) == len(headers)
        self.has_started, self.status, self.headers = True, status, dict(headers)
        self.declared = trailers

    async def send(self, data: bytes) -> None:
        assert self.has_started
        assert not self.is_ended
        await trio.lowlevel.checkpoint()
        self.pieces.append(data)
        self.has_bytes.set()

    async def end(self, trailers: Sequence[tuple[str, str]] = ()) -> None:
        assert not self.is_ended
        self.is_ended, self.trailers = True, dict(trailers)


class FakeClient:
    """A client that may do all, except what `models`, `providers` and `refused` say."""

    def __init__(
        self, models: Sequence[str] | None = None, providers: Sequence[str] | None = None
    ) -> None:
        self.providers = providers
        self.caller = Caller("tool")
        self.memory: RequestMemory = uncounted()
        self.models = models
        self.asked: list[str] = []
        self.is_elsewhere = False

    def may_name(self, model: str) -> bool:
        return self.models is None or model in self.models

    @property
    def is_bound(self) -> bool:
        return self.models is not None

    def may_ask(self, provider: str) -> bool:
        return self.providers is None or provider in self.providers

    def permitted(self, method: str, handler: Handler, *, keeps_name: bool = False) -> Handler:
        self.asked.append(method)
        return handler


async def do(
    carrier: Carrier,
    operation: str,
    body: object = None,
    *,
    client: FakeClient | None = None,
    dialect: Dialect = DIALECT,
    response: Recorder | None = None,
    **call: object,
) -> Recorder:
    """Perform an operation; `call` are fields of the `ApiCall`."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    recorder = response or Recorder()
    answer = call.pop("answer", None)
    asked = ApiCall(**{"method": "POST", "path": "/v1/x", "body": data} | call)  # type: ignore[arg-type]
    route = Route("POST", "/v1/x", operation, answer)  # type: ignore[arg-type]
    await perform(carrier.services, client or FakeClient(), dialect, route, asked, recorder)
    return recorder


def chat_body(
    model: str = "chat/gpt-5.5", text: str = "one two", **more: object
) -> dict[str, object]:
    """Return the body of a chat completions request."""
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}
