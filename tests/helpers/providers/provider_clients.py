"""A real provider client over prepared responses, and one chat through it."""

import ssl
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing

import httpx
import msgspec
import pytest
import trio

from aircherd.config.model import Network, Provider
from aircherd.errors import ProviderFailed
from aircherd.events import EventBus
from aircherd.memory.request_memory import uncounted
from aircherd.providers.call_target import CallTarget
from aircherd.providers.client import ProviderClient
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.transport.http_transport import Transport
from aircherd.providers.transport.proxy import as_httpx
from aircherd.providers.transport.request import (
    HttpResponse,
    HttpTransport,
    OnSent,
    RequestHead,
    ignore_sent,
)
from aircherd.providers.transport.timeouts import Timeouts
from aircherd.redaction import Redactor
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.keys import ApiKey, Health
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Ending, ReplyEvent, TextDelta
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import CANARY, a_provider, a_request, sse

Answering = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]
STREAM = sse(
    {"model": "m-1", "choices": [{"delta": {"content": "a"}}]},
    {"model": "m-1", "choices": [{"finish_reason": "stop"}]},
    b"[DONE]",
)
EVENTS = [TextDelta("a"), Ending("stop", None, "m-1")]
WHOLE = b'{"model":"m-1","choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}'
SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html; charset=utf-8"}
WELL = (Health.OK, None, None)


class Body(httpx.AsyncByteStream):
    """A response's body: pieces, exceptions to raise, or "wait" for a stall."""

    def __init__(self, *pieces: bytes | Exception | str) -> None:
        self._pieces = list(pieces)
        self.is_closed = False

    async def receive_some(self) -> bytes:
        piece = self._pieces.pop(0) if self._pieces else b""
        if isinstance(piece, Exception):
            raise piece
        if isinstance(piece, str):
            await trio.sleep_forever()
        return piece

    def finish(self) -> None:
        self._pieces.clear()

    async def aclose(self) -> None:
        self.is_closed = True


class FakeResponse:
    """An `HttpResponse` made of one of httpx's, over a `Body`."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers.raw
        self._body = response.stream if isinstance(response.stream, Body) else Body()
        self.receive_some = self._body.receive_some
        self.finish = self._body.finish
        self.aclose = self._body.aclose

    def take_whole(self) -> None:
        return None


class FakeTransport(Transport):
    """Sends nothing: `answer` gets each request as httpx's object, and returns its response."""

    def __init__(self, answer: Answering) -> None:
        super().__init__(ssl.create_default_context)
        self._answer = answer

    async def send(
        self, head: RequestHead, body: bytes, timeouts: Timeouts, on_sent: OnSent = ignore_sent
    ) -> HttpResponse:
        del on_sent
        extensions = {"timeout": msgspec.structs.asdict(timeouts)}
        return FakeResponse(await self._answer(as_httpx(head, body, extensions)))


def a_client(answer: Answering) -> ProviderClient:
    return over(FakeTransport(answer), clock=lambda: 0.0)


def over(transport: HttpTransport, clock: Callable[[], float] = time.time) -> ProviderClient:
    return ProviderClient(
        transport_for=lambda _: transport,
        network=Network,
        cooldowns=CooldownManager(EventBus()),
        redactor=Redactor(),
        clock=clock,
    )


def answering(
    status: int, body: Body | bytes = b"", headers: dict[str, str] | None = None
) -> ProviderClient:
    async def answer(_: httpx.Request) -> httpx.Response:
        stream = Body(body) if isinstance(body, bytes) else body
        return httpx.Response(status, headers=headers, stream=stream)

    return a_client(answer)


def raising(error: Exception) -> ProviderClient:
    async def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return a_client(answer)


def a_key(provider: Provider, secret: str = CANARY) -> ApiKey:
    return ApiKey(provider.name, "default", Secret(secret), "file", provider.origin)


def a_target(
    provider_client: ProviderClient,
    provider: Provider | None = None,
    network: Network | None = None,
) -> CallTarget:
    return provider_client.prepare(provider or a_provider(), Model(id="m"), network or Network())


async def ask(
    provider_client: ProviderClient,
    request: ChatRequest | None = None,
    provider: Provider | None = None,
) -> list[ReplyEvent]:
    events: list[ReplyEvent] = []
    asked = provider or a_provider()
    async with aclosing(
        await provider_client.open_chat(
            a_target(provider_client, asked),
            request or a_request(),
            a_key(asked),
            memory=uncounted(),
        )
    ) as call:
        while more := await call.receive():
            events += more
    return events


async def failing(
    provider_client: ProviderClient, request: ChatRequest | None = None
) -> ProviderFailed:
    with pytest.raises(ProviderFailed) as caught:
        await ask(provider_client, request)
    return caught.value
