"""What every call needs: it is built, signed and sent, and no failure shows a key."""

import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import cast

import httpx
import pytest
import trio

from aircherd.config.model import Network, Provider
from aircherd.errors import ProviderFailed
from aircherd.memory.request_memory import uncounted
from aircherd.providers.adapter import Adapter
from aircherd.providers.client import ProviderClient
from aircherd.providers.registry import ADAPTERS
from aircherd.providers.transport.http_transport import open_transport
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import Health
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import CANARY, a_provider, a_request, sse
from helpers.providers.provider_clients import (
    EVENTS,
    HTML,
    JSON,
    SSE,
    STREAM,
    Body,
    a_key,
    a_target,
    answering,
    ask,
    failing,
    over,
    raising,
)


async def test_impossible_request_is_not_sent() -> None:
    """What the API cannot express fails before anything is sent."""
    tools = [{"name": "f", "parameters": "no"}]
    error = await failing(raising(AssertionError("sent")), a_request(tools=tools))
    assert FailureClass.BAD_REQUEST is error.failure.kind


@pytest.mark.parametrize(
    "base_url",
    ["https://xn--0.example/v1", "https://h.example/" + "x" * 65536, "https://h:port/v1"],
)
async def test_impossible_address(base_url: str) -> None:
    """An invalid base_url is a failure of that provider, before any call."""
    provider = a_provider(base_url=base_url)
    provider_client = raising(AssertionError("sent"))
    with pytest.raises(ProviderFailed, match="base_url cannot be used") as caught:
        await provider_client.open_chat(
            a_target(provider_client, provider), a_request(), None, memory=uncounted()
        )
    assert FailureClass.PROTOCOL is caught.value.failure.kind


async def test_a_defect_of_an_adapter_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception of an adapter is a PROTOCOL failure without its message."""

    class Defect:
        def chat_head(self, *_: object, stream: bool) -> HttpRequest:
            raise KeyError(CANARY)

    monkeypatch.setitem(ADAPTERS, "openai", cast("Adapter", Defect()))
    error = await failing(raising(AssertionError("sent")))
    assert FailureClass.PROTOCOL is error.failure.kind
    assert CANARY not in "".join(traceback.format_exception(error))


# ------------------------------------------------------------------ no key in anything

PLAIN = "plain-canary-without-vendor-prefix-42"


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini", "openrouter"])
@pytest.mark.parametrize("secret", [CANARY, PLAIN])
@pytest.mark.parametrize(
    "make",
    [
        lambda quote: answering(401, b'{"error":{"message":"bad key %s"}}' % quote, JSON),
        lambda quote: answering(400, b'{"error":{"message":"bad key %s"}}' % quote, JSON),
        lambda quote: answering(400, b'{"detail":"%s%s"}' % (b"x" * 270, quote), JSON),
        lambda quote: answering(500, quote),
        lambda quote: answering(502, b"<html>%s</html>" % quote, HTML),
        lambda quote: answering(200, sse({"error": {"message": quote.decode()}}), SSE),
        lambda quote: answering(200, sse({"type": "error", "error": quote.decode()}), SSE),
        lambda quote: answering(200, b'{"error":"%s"}' % quote, JSON),
        lambda quote: answering(200, Body(b"x", httpx.ReadError(quote.decode())), SSE),
        lambda quote: raising(httpx.ConnectError(quote.decode())),
        lambda quote: raising(httpx.LocalProtocolError(f"Illegal header value {quote!r}")),
    ],
)
async def test_no_key_in_any_failure(
    make: Callable[[bytes], ProviderClient], secret: str, name: str
) -> None:
    """A key that a server or a library quotes is in no message, repr or traceback."""
    provider_client, provider = make(secret.encode()), a_provider(name)
    key = a_key(provider, secret)
    with pytest.raises(ProviderFailed) as caught:
        async with aclosing(
            await provider_client.open_chat(
                a_target(provider_client, provider), a_request(), key, memory=uncounted()
            )
        ) as call:
            await call.receive()
    text = "".join(traceback.format_exception(caught.value))
    text += repr(caught.value) + repr(caught.value.failure) + repr(provider_client)
    text += repr(provider_client.cooldowns.health(name)) + repr(
        await provider_client.free_calls.check_key(provider, Secret(secret))
    )
    assert secret not in text
    assert secret[:-6] not in text


# ------------------------------------------------------------------ over the real transport


@asynccontextmanager
async def a_server(*responses: bytes) -> AsyncIterator[tuple[Provider, list[int]]]:
    """Serve `responses`, one for each request; yield the provider and requests per connection."""
    left, served = list(responses), list[int]()

    async def serve(stream: trio.SocketStream) -> None:
        served.append(0)
        number = len(served) - 1
        pending = b""
        async for data in stream:
            pending += data
            if left and pending.endswith(b"}"):
                pending = b""
                served[number] += 1
                await stream.send_all(left.pop(0))
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        yield a_provider(base_url=f"http://127.0.0.1:{port}/v1"), served
        nursery.cancel_scope.cancel()


def http(status: str, headers: str, body: bytes, *, end: bytes = b"0\r\n\r\n") -> bytes:
    head = f"HTTP/1.1 {status}\r\n{headers}transfer-encoding: chunked\r\n\r\n".encode()
    return head + f"{len(body):x}\r\n".encode() + body + b"\r\n" + end


STREAMED = http("200 OK", "content-type: text/event-stream\r\n", STREAM)


async def test_over_the_real_transport() -> None:
    """Consecutive calls share a connection, and read what the server sent."""
    async with (
        a_server(STREAMED, STREAMED) as (provider, served),
        aclosing(open_transport(Network(), {})) as transport,
    ):
        provider_client = over(transport)
        assert await ask(provider_client, provider=provider) == EVENTS
        assert await ask(provider_client, provider=provider) == EVENTS
        assert served == [2]


async def test_real_failures() -> None:
    """An error, a stream that breaks and a closed port are distinguished."""
    refused = http("401 Unauthorized", "content-type: application/json\r\n", b"{}")
    broken = http("200 OK", "content-type: text/event-stream\r\n", STREAM[:70])
    kinds = []
    async with aclosing(open_transport(Network(), {})) as transport:
        provider_client = over(transport)
        async with a_server(refused, broken) as (provider, _):
            for _ in range(2):
                with pytest.raises(ProviderFailed) as caught:
                    await ask(provider_client, provider=provider)
                kinds.append(caught.value.failure.kind)
        with pytest.raises(ProviderFailed) as caught:
            await ask(provider_client, provider=provider)
        kinds.append(caught.value.failure.kind)
    assert kinds == [FailureClass.AUTH, FailureClass.TRUNCATED, FailureClass.NETWORK]
    assert Health.UNREACHABLE is provider_client.cooldowns.health("openai")[0]
