"""A server on loopback whose bytes a test writes itself, plain or over TLS."""

import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import trio
from trio.abc import Stream

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Where a server is, and what it received."""

    def __init__(self, port: int, scheme: str) -> None:
        self.port = port
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.connections = 0
        self.requests: list[bytes] = []


@asynccontextmanager
async def open_server(
    handler: Callable[[Server, Stream], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """Run `handler` for each connection; a connection that the client breaks is fine."""
    listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
    port = listener.socket.getsockname()[1]
    server = Server(port, "https" if tls else "http")

    async def serve(raw: trio.SocketStream) -> None:
        server.connections += 1
        stream: Stream = trio.SSLStream(raw, tls, server_side=True) if tls else raw
        try:
            await handler(server, stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        yield server
        nursery.cancel_scope.cancel()


async def read_request(stream: Stream) -> bytes:
    """Return one whole request, head and body; b"" when the client closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = await stream.receive_some(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    missing = _content_length(head) - len(body)
    while missing > 0:
        piece = await stream.receive_some(65536)
        if not piece:
            return b""
        data += piece
        missing -= len(piece)
    return data


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def replies(*answers: bytes) -> Callable[[Server, Stream], Awaitable[None]]:
    """Answer each request with the next of these, then with the last; keep alive."""

    async def handler(server: Server, stream: Stream) -> None:
        while request := await read_request(stream):
            server.requests.append(request)
            await stream.send_all(answers[min(len(server.requests), len(answers)) - 1])

    return handler


def closes_after(*pieces: bytes) -> Callable[[Server, Stream], Awaitable[None]]:
    """Answer one request with these pieces, each in its own write, then close."""

    async def handler(server: Server, stream: Stream) -> None:
        server.requests.append(await read_request(stream))
        await send_slowly(stream, pieces)

    return handler


async def send_slowly(stream: Stream, pieces: Iterable[bytes], gap: float = 0.01) -> None:
    """Send each piece in its own packet, `gap` seconds apart."""
    for piece in pieces:
        await stream.send_all(piece)
        await trio.sleep(gap)


def reset(stream: Stream) -> None:
    """Make the next close of a plain stream a TCP reset."""
    assert isinstance(stream, trio.SocketStream)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
