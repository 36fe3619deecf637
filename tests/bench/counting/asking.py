"""Clients of the daemon that send an exact number of small requests, some in flight at a time.

    python -m counting.asking SOCKET MODEL IN_FLIGHT [http]

With `http` the socket is that of the HTTP side. Opens the connections, then reads numbers of
requests from standard input, one per line, and prints each number when as many requests were
answered. `count.py` also runs them in the daemon's own loop.
"""

import sys
from contextlib import suppress

import msgpack
import trio
from load import CHAT, UPSTREAM_PATH, request_of

PATIENCE = 20.0


class Clients:
    """`in_flight` requests over up to 8 connections, which stay open between calls of `ask`."""

    def __init__(self, model: str, in_flight: int) -> None:
        self._chat = {**CHAT, "model": model}
        self._in_flight = in_flight
        self._streams: list[trio.SocketStream] = []
        self._left = 0

    async def connect(self, path: str) -> None:
        """Connect to the daemon as soon as it is running."""
        for _ in range(min(8, self._in_flight)):
            self._streams.append(await connect(path))

    async def ask(self, requests: int) -> None:
        """Send as many requests; return when all are answered."""
        self._left = requests
        async with trio.open_nursery() as nursery:
            for stream in self._streams:
                nursery.start_soon(self._ask, stream, self._in_flight // len(self._streams))

    async def _ask(self, stream: trio.SocketStream, in_flight: int) -> None:
        unpacker, open_now = msgpack.Unpacker(), 0
        frames = [bytes(msgpack.packb([0, n, "chat", [self._chat]])) for n in range(in_flight)]
        for frame in frames[: self._left]:
            self._left -= 1
            open_now += 1
            await stream.send_all(frame)
        while open_now:
            unpacker.feed(await stream.receive_some())
            for _kind, number, error, _result in unpacker:
                if error:
                    raise RuntimeError(error)
                if self._left:
                    self._left -= 1
                    await stream.send_all(frames[number])
                else:
                    open_now -= 1


class HttpClients(Clients):
    """The same over HTTP: a connection for each request in flight."""

    async def connect(self, path: str) -> None:
        """Connect to the daemon as soon as it is running."""
        self._request = request_of(path, UPSTREAM_PATH, self._chat["model"], [])
        for _ in range(self._in_flight):
            self._streams.append(await connect(path))

    async def _ask(self, stream: trio.SocketStream, in_flight: int) -> None:
        del in_flight
        while self._left:
            self._left -= 1
            await stream.send_all(self._request)
            answer = b""
            while b"\r\n\r\n" not in answer or len(answer) < _length(answer):
                answer += await stream.receive_some()
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer)


def _length(answer: bytes) -> int:
    """Return how long a response in one piece is."""
    head, _, _ = answer.partition(b"\r\n\r\n")
    return len(head) + 4 + int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])


def clients_of(kind: str, model: str, in_flight: int) -> Clients:
    """Return clients of the socket, or with `http` of the HTTP side."""
    return (HttpClients if kind == "http" else Clients)(model, in_flight)


async def connect(path: str) -> trio.SocketStream:
    """Connect to the daemon as soon as it is running."""
    with trio.fail_after(PATIENCE):
        while True:
            with suppress(OSError):
                return await trio.open_unix_socket(path)
            await trio.sleep(0.02)


async def main(path: str, model: str, in_flight: str, kind: str = "socket") -> None:
    """Send as many requests as standard input says."""
    clients = clients_of(kind, model, int(in_flight))
    await clients.connect(path)
    for line in sys.stdin:
        await clients.ask(int(line))
        print(line.strip(), flush=True)


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
