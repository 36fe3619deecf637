"""Our transports under httpx's client, to test them like httpx's own transport."""

import math
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing

import httpx

from aircherd.providers.transport.request import HttpResponse, HttpTransport, RequestHead
from aircherd.providers.transport.timeouts import Timeouts


class OverHttpx(httpx.AsyncBaseTransport):
    """Adapts one of our transports to httpx."""

    def __init__(self, transport: HttpTransport) -> None:
        self.transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeout: Mapping[str, float] = request.extensions.get("timeout") or {}
        timeouts = Timeouts(
            connect=timeout.get("connect") or math.inf,
            write=timeout.get("write") or math.inf,
            first_byte=timeout.get("read") or math.inf,
            read=timeout.get("read") or math.inf,
        )
        response = await self.transport.send(head_of(request), await request.aread(), timeouts)
        return httpx.Response(
            response.status, headers=response.headers, stream=ResponseStream(response)
        )

    async def aclose(self) -> None:
        await self.transport.aclose()


def head_of(request: httpx.Request) -> RequestHead:
    """Return the head of httpx's request without what ours adds."""
    added = ("host", "content-length")
    headers = [(k, v) for k, v in request.headers.multi_items() if k not in added]
    return RequestHead(request.method, str(request.url), headers)


class ResponseStream(httpx.AsyncByteStream):
    """The body of our response as httpx reads it."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self.response.receive_some():
            yield piece

    async def aclose(self) -> None:
        await self.response.aclose()


async def get(
    transport: HttpTransport, url: str, timeouts: Timeouts | None = None, body: bytes = b""
) -> HttpResponse:
    """Send a request without headers; return its response."""
    head = RequestHead("POST" if body else "GET", url, [])
    return await transport.send(head, body, timeouts or Timeouts())


async def read_body(response: HttpResponse) -> bytes:
    """Read the whole body and close the response, whatever happens."""
    body = b""
    async with aclosing(response):
        while piece := await response.receive_some():
            body += piece
    return body
