"""The load generators: a bare HTTP client of the upstream, and a client of the daemon.

Both do as little as they can (requests are bytes prepared before, replies are counted, not
understood), so that what is measured is in between. Each runs in a process of its own.

    python load.py bare PORT IN_FLIGHT SECONDS
    python load.py daemon SOCKET IN_FLIGHT SECONDS

print one JSON line: requests per second, the latencies' median and 99th percentile in ms, and how
many requests were made in all, those of the warm-up with them.
"""

import asyncio
import json
import sys
import time

import httptools
import msgpack

BODY = json.dumps(
    {"model": "m", "messages": [{"role": "user", "content": "Hello, how are you?"}]}
).encode()
REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    b"authorization: Bearer bench\r\ncontent-length: %d\r\n\r\n" % len(BODY)
) + BODY
CHAT = {
    "model": "up/m",
    "messages": [{"role": "user", "content": "Hello, how are you?"}],
    "stream": False,
}
WARM_UP = 0.5
"""Seconds before anything is counted: connections are opened, code is warmed. In a short run it is
a third of its seconds."""


class Run:
    """Counts replies and keeps latencies."""

    def __init__(self, seconds: float) -> None:
        self.start = time.perf_counter() + min(WARM_UP, seconds / 3)
        self.end = self.start + seconds
        self.latencies: list[float] = []
        self.requests = 0

    def note(self, sent: float) -> bool:
        """Take a reply to what was sent at `sent`; tell whether to go on."""
        now = time.perf_counter()
        self.requests += 1
        if now >= self.start:
            self.latencies.append(now - sent)
        return now < self.end

    def report(self) -> dict[str, float]:
        """The figures; times in milliseconds."""
        ordered = sorted(self.latencies)
        return {
            "per_second": len(ordered) / (self.end - self.start),
            "median_ms": 1000 * ordered[len(ordered) // 2],
            "p99_ms": 1000 * ordered[int(len(ordered) * 0.99)],
            "requests": self.requests,
        }


class BareClient(asyncio.Protocol):
    """One connection to the upstream with one request in flight: what a tool does by itself."""

    def __init__(self, run: Run, done: asyncio.Future[None]) -> None:
        self._run = run
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
        self._transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Keep the body: a client reads it."""
        self._body += body

    def on_message_complete(self) -> None:
        """Read the reply and send the next request."""
        assert json.loads(self._body)["choices"]
        self._body = b""
        self._parser = httptools.HttpResponseParser(self)
        if self._run.note(self._sent):
            self._send()
        elif not self._done.done():
            self._transport.close()
            self._done.set_result(None)


async def run_bare(port: int, in_flight: int, seconds: float) -> Run:
    """Keep `in_flight` requests going, each on a connection of its own."""
    loop, run = asyncio.get_running_loop(), Run(seconds)
    ends = [loop.create_future() for _ in range(in_flight)]
    for end in ends:
        await loop.create_connection(lambda end=end: BareClient(run, end), "127.0.0.1", port)
    await asyncio.gather(*ends)
    return run


class DaemonClient(asyncio.Protocol):
    """One connection to the daemon with `in_flight` requests on it."""

    def __init__(self, run: Run, in_flight: int, done: asyncio.Future[None]) -> None:
        self._run = run
        self._in_flight = in_flight
        self._done = done
        self._unpacker = msgpack.Unpacker()
        self._frames = [msgpack.packb([0, n, "chat", [CHAT]]) for n in range(in_flight)]
        self._sent = [0.0] * in_flight

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send all that may be in flight."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open = self._in_flight
        for number in range(self._in_flight):
            self._send(number)

    def _send(self, number: int) -> None:
        self._sent[number] = time.perf_counter()
        self._transport.write(self._frames[number])

    def data_received(self, data: bytes) -> None:
        """Answer each result with the next request of its number."""
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
    """Keep `in_flight` requests going over up to 8 clients, as a busy machine would."""
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
    """Run one of the two."""
    what, where, in_flight, seconds = sys.argv[1:5]
    if what == "bare":
        run = asyncio.run(run_bare(int(where), int(in_flight), float(seconds)))
    else:
        run = asyncio.run(run_daemon(where, int(in_flight), float(seconds)))
    print(json.dumps(run.report()))


if __name__ == "__main__":
    main()
