"""The load generators: a bare HTTP client of the upstream, and a client of the daemon.

Both do as little as possible: requests are prepared bytes, and replies are counted but not parsed.
Each runs in its own process.

    python load.py bare PORT IN_FLIGHT SECONDS [HEADER ...]
    python load.py http WHERE PATH MODEL IN_FLIGHT SECONDS [HEADER ...]
    python load.py daemon SOCKET IN_FLIGHT SECONDS

Prints the report of a `processes.Run` as one JSON line. WHERE is a port, or the path of a socket.
HEADER is `name: value`, sent with each request.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable

import httptools
import msgpack
from processes import MESSAGES, Run

UPSTREAM_PATH = "/v1/chat/completions"
CHAT = {"model": "up/m", "messages": MESSAGES, "stream": False}


class BareClient(asyncio.Protocol):
    """One connection with one request in flight, like a tool without the daemon."""

    def __init__(self, run: Run, request: bytes, done: asyncio.Future[None]) -> None:
        self._run = run
        self._request = request
        self._done = done
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Parse the data."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Keep the body, as clients do."""
        self._body += body

    def on_message_complete(self) -> None:
        """Read the reply and send the next request."""
        assert json.loads(self._body)["choices"], self._body
        self._body = b""
        self._parser = httptools.HttpResponseParser(self)
        if self._run.note(self._sent):
            self._send()
        elif not self._done.done():
            self._transport.close()
            self._done.set_result(None)


def request_of(port: str, path: str, model: str, headers: list[str]) -> bytes:
    """Return a whole request; without a header of its own it has a key that is none."""
    body = json.dumps({"model": model, "messages": MESSAGES}).encode()
    if not any(header.startswith("authorization:") for header in headers):
        headers = [*headers, "authorization: Bearer bench"]
    host = f"127.0.0.1:{port}" if port.isdecimal() else "localhost"
    lines = [
        f"POST {path} HTTP/1.1",
        f"host: {host}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def run_http(where: str, request: bytes, in_flight: int, seconds: float) -> Run:
    """Keep `in_flight` requests going, each on its own connection."""
    loop, run = asyncio.get_running_loop(), Run(seconds)
    ends = [loop.create_future() for _ in range(in_flight)]
    for end in ends:
        await connect(lambda end=end: BareClient(run, request, end), where)
    await asyncio.gather(*ends)
    return run


async def connect(make: Callable[[], asyncio.Protocol], where: str) -> None:
    """Connect to a port of this machine, or to a socket."""
    loop = asyncio.get_running_loop()
    if where.isdecimal():
        await loop.create_connection(make, "127.0.0.1", int(where))
    else:
        await loop.create_unix_connection(make, where)


class DaemonClient(asyncio.Protocol):
    """One connection to the daemon with `in_flight` requests."""

    def __init__(self, run: Run, in_flight: int, done: asyncio.Future[None]) -> None:
        self._run = run
        self._in_flight = in_flight
        self._done = done
        self._unpacker = msgpack.Unpacker()
        self._frames = [msgpack.packb([0, n, "chat", [CHAT]]) for n in range(in_flight)]
        self._sent = [0.0] * in_flight

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open = self._in_flight
        for number in range(self._in_flight):
            self._send(number)

    def _send(self, number: int) -> None:
        self._sent[number] = time.perf_counter()
        self._transport.write(self._frames[number])

    def data_received(self, data: bytes) -> None:
        """Parse the data."""
        self._unpacker.feed(data)
        for _kind, number, error, _result in self._unpacker:
            if error:
                raise RuntimeError(error)
            if self._run.note(self._sent[number]):
                self._send(number)
                continue
            self._open -= 1
            if not self._open:
                self._transport.close()
                self._done.set_result(None)


async def run_daemon(path: str, in_flight: int, seconds: float) -> Run:
    """Keep `in_flight` requests going over up to 8 clients."""
    loop, run = asyncio.get_running_loop(), Run(seconds)
    clients = min(8, in_flight)
    ends = [loop.create_future() for _ in range(clients)]
    for end in ends:
        await loop.create_unix_connection(
            lambda end=end: DaemonClient(run, in_flight // clients, end), path
        )
    await asyncio.gather(*ends)
    return run


def main() -> None:
    """Run one of the three."""
    what, where, *more = sys.argv[1:]
    if what == "bare":
        more = [UPSTREAM_PATH, "m", *more]
    if what != "daemon":
        path, model, in_flight, seconds, *headers = more
        request = request_of(where, path, model, headers)
        run = asyncio.run(run_http(where, request, int(in_flight), float(seconds)))
    else:
        in_flight, seconds = more
        run = asyncio.run(run_daemon(where, int(in_flight), float(seconds)))
    print(json.dumps(run.report()))


if __name__ == "__main__":
    main()
