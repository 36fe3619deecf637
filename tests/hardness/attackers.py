"""What clients with bad intentions do, for attacks to be written in a few lines."""

import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgpack
import trio

from hardness.attack import Figures

if TYPE_CHECKING:
    from hardness.arena import Arena

LARGEST = 64 * 1024 * 1024


def chat(model: str, text: str = "Hello", **more: object) -> dict[str, object]:
    """Return the parameters of a chat."""
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


class ResponseCounter:
    """Counts responses by their code, `ok` for a success, without building what is in them."""

    def __init__(self) -> None:
        self.codes: Counter[str] = Counter()
        self._unpacker = msgpack.Unpacker(max_buffer_size=LARGEST, strict_map_key=False)
        self._length = self._field = 0
        self._kind = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._unpacker.feed(data)
        with suppress(msgpack.OutOfData):
            while True:
                self._read_field()

    def _read_field(self) -> None:
        if self._field == self._length:
            self._length, self._field = self._unpacker.read_array_header(), 0
        elif self._field == 0:
            self._kind = self._unpacker.unpack()
            self._field = 1
        elif self._kind == 1 and self._field == 2:
            error = self._unpacker.unpack()
            self._code = error["code"] if error else "ok"
            self._field = 3
        else:
            self._unpacker.skip()
            self._field += 1
            if self._kind == 1 and self._field == self._length:
                self.codes[self._code] += 1


async def send_and_read(path: Path, data: bytes, answers: int) -> Counter[str]:
    """Send everything in one write, read `answers` responses; return how many had which code.

    A success counts as `ok`, and a connection that is closed before as `closed`.
    """
    counter = ResponseCounter()
    stream = await trio.open_unix_socket(str(path))
    async with stream, trio.open_nursery() as nursery:
        nursery.start_soon(_send, stream, data)
        while counter.codes.total() < answers:
            received = await _receive(stream)
            if not received:
                counter.codes["closed"] += 1
                break
            counter.feed(received)
        nursery.cancel_scope.cancel()
    return counter.codes


def in_one_write(
    method: str, params: Callable[[int], dict[str, object]]
) -> Callable[["Arena", int], Awaitable[Figures]]:
    """Return an attack: `size` calls of a method in one write; the n-th has `params(n)`."""

    async def run(arena: "Arena", size: int) -> Figures:
        frames = [msgpack.packb([0, n, method, [params(n)]]) for n in range(1, size + 1)]
        found = await send_and_read(arena.socket, b"".join(frames), size)
        return {"answered": found["ok"] + found["busy"], "ok": found["ok"], "calls": size}

    return run


async def _send(stream: trio.SocketStream, data: bytes) -> None:
    with suppress(trio.BrokenResourceError):
        await stream.send_all(data)


async def _receive(stream: trio.SocketStream) -> bytes:
    try:
        return bytes(await stream.receive_some(2**18))
    except trio.BrokenResourceError:
        return b""


async def read_and_drop(stream: trio.SocketStream) -> None:
    """Read until the daemon closes the connection."""
    while await _receive(stream):
        pass


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
