"""What clients with bad intentions do, for attacks to be written in a few lines."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgpack
import trio

FRAME = 64 * 1024 * 1024


def requests(method: str, params: dict[str, object], count: int, *, first: int = 1) -> bytes:
    """Return `count` requests, numbered from `first`, as the bytes of one write."""
    return b"".join(msgpack.packb([0, n, method, [params]]) for n in range(first, first + count))


def chat(model: str, text: str = "Hello", **more: object) -> dict[str, object]:
    """Return the parameters of a chat."""
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


async def send_and_read(path: Path, data: bytes, answers: int) -> dict[str, int]:
    """Send everything in one write, read `answers` responses; return how many had which code.

    A success counts as `ok`, and a connection that is closed before as `closed`.
    """
    found: dict[str, int] = {}
    stream = await trio.open_unix_socket(str(path))
    unpacker = msgpack.Unpacker(max_buffer_size=FRAME, strict_map_key=False)
    async with stream, trio.open_nursery() as nursery:
        nursery.start_soon(_send, stream, data)
        while sum(found.values()) < answers:
            received = await _receive(stream)
            if not received:
                found["closed"] = 1
                break
            unpacker.feed(received)
            for frame in unpacker:
                if frame[0] == 1:
                    code = frame[2]["code"] if frame[2] else "ok"
                    found[code] = found.get(code, 0) + 1
        nursery.cancel_scope.cancel()
    return found


async def _send(stream: trio.SocketStream, data: bytes) -> None:
    with suppress(trio.BrokenResourceError):
        await stream.send_all(data)


async def _receive(stream: trio.SocketStream) -> bytes:
    try:
        return bytes(await stream.receive_some(2**18))
    except trio.BrokenResourceError:
        return b""


class Deaf:
    """A client that sends and never reads; its receive buffer is as small as it may be."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream

    @classmethod
    async def connect(cls, path: Path) -> "Deaf":
        """Connect to the daemon."""
        stream = await trio.open_unix_socket(str(path))
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        return cls(stream)

    async def send(self, data: bytes) -> None:
        """Send; a connection that the daemon closed is no error."""
        await _send(self.stream, data)

    async def aclose(self) -> None:
        """Disconnect without having read anything."""
        await trio.aclose_forcefully(self.stream)


async def connect_deaf(path: Path, count: int) -> list[Deaf]:
    """Connect several."""
    return [await Deaf.connect(path) for _ in range(count)]


async def close_all(clients: Iterable[Deaf]) -> None:
    """Disconnect them."""
    for client in clients:
        await client.aclose()
