"""The vendors' own SDKs as reference: they and our decoder read the same bytes over real HTTP.

async with serve(stream) as server:
    theirs = await in_thread(lambda: ask_the_sdk(server.url))
    ours = await decode(server.url, decoder)
"""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

import trio
from trio.abc import Stream

from aircherd.config.model import Network
from aircherd.providers.adapter import ReplyDecoder
from aircherd.providers.transport.http_transport import open_transport
from aircherd.vocabulary.reply import ReplyEvent
from helpers.providers.http_server import Server, open_server, read_request
from helpers.providers.over_httpx import get

T = TypeVar("T")
EVENTS = "text/event-stream; charset=utf-8"


@asynccontextmanager
async def serve(
    body: bytes, *, content_type: str = EVENTS, size: int = 48
) -> AsyncIterator[Server]:
    """Answer every request with `body`, chunked into pieces of `size` bytes."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)

    async def handler(server: Server, stream: Stream) -> None:
        while request := await read_request(stream):
            server.requests.append(request)
            await stream.send_all(head.encode() + chunks + b"0\r\n\r\n")

    async with open_server(handler) as server:
        yield server


async def in_thread(call: Callable[[], T]) -> T:
    """Run blocking code of an SDK."""
    return await trio.to_thread.run_sync(call)


async def decode(url: str, decoder: ReplyDecoder) -> list[ReplyEvent]:
    """Return the events that our decoder makes of the response, which our transport fetches."""
    events: list[ReplyEvent] = []
    async with aclosing(open_transport(Network(), {})) as transport:
        response = await get(transport, url, body=b"{}")
        while data := await response.receive_some():
            events += decoder.feed(data)
        await response.aclose()
    return events + decoder.close()
