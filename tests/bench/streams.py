"""Clients of streams: counts events and measures their lag.

    python streams.py flood SOCKET MODEL STREAMS              events, and events per second
    python streams.py direct WHERE PATH STREAMS [BODY [HEADER ...]]
                                                              events, and seconds, over HTTP from a
                                                              port or a socket: without the daemon
                                                              or with it
    python streams.py many SOCKET MODEL CLIENTS EACH EVENTS   lag of timed events, none lost

Prints one JSON line.
"""

import asyncio
import json
import sys
import time

import msgpack
from upstream import WORD


async def flood(path: str, model: str, streams: int) -> dict[str, float]:
    """Read `streams` streams at once as fast as they arrive, each over its own connection."""
    started = time.perf_counter()
    counts = await asyncio.gather(*(read_stream(path, model) for _ in range(streams)))
    seconds = time.perf_counter() - started
    return {"events": sum(counts), "events_per_second": sum(counts) / seconds}


async def read_stream(path: str, model: str) -> int:
    """Send a request and count the deltas until the result."""
    reader, writer = await asyncio.open_unix_connection(path, limit=2**20)
    writer.write(chat(1, model))
    unpacker, events = msgpack.Unpacker(), 0
    while data := await reader.read(2**18):
        unpacker.feed(data)
        for frame in unpacker:
            if frame[0] == 2:
                events += 1
            elif frame[2]:
                raise RuntimeError(frame[2])
            else:
                writer.close()
                return events
    raise RuntimeError("the daemon went away")


def chat(number: int, model: str) -> bytes:
    """Return a chat request as bytes."""
    messages = [{"role": "user", "content": "go"}]
    return bytes(msgpack.packb([0, number, "chat", [{"model": model, "messages": messages}]]))


async def direct(
    where: str, path: str, streams: int, body: str = "{}", *headers: str
) -> dict[str, float]:
    """Read streams over HTTP, counting the upstream's events without parsing them."""
    lines = [f"POST {path} HTTP/1.1", f"host: {host_of(where)}", "content-type: application/json"]
    lines += [f"content-length: {len(body)}", *headers, "", body]
    request = "\r\n".join([*lines[:-1], ""]).encode() + body.encode()
    started = time.perf_counter()
    counts = await asyncio.gather(*(read_direct(where, request) for _ in range(streams)))
    seconds = time.perf_counter() - started
    return {"events": sum(counts), "seconds": seconds}


def host_of(where: str) -> str:
    """Return the host of a request to a port, or to a socket."""
    return f"127.0.0.1:{where}" if where.isdecimal() else "localhost"


async def read_direct(where: str, request: bytes) -> int:
    """Send a request and count the words of the reply until the end of the body."""
    if where.isdecimal():
        reader, writer = await asyncio.open_connection("127.0.0.1", int(where), limit=2**20)
    else:
        reader, writer = await asyncio.open_unix_connection(where, limit=2**20)
    writer.write(request)
    events, last = 0, await reader.readuntil(b"\r\n\r\n")
    if not last.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(last + await reader.read(2**12))
    last = b""
    while data := await reader.read(2**18):
        # A word may be divided between two reads.
        events += (last[1 - len(WORD) :] + data).count(WORD)
        last = (last[-1024:] + data)[-1024:]
        if last.endswith(b"\r\n\r\n") and b"\r\n0\r\n" in last:  # there may be trailers
            break
    writer.close()
    return events


async def many(path: str, model: str, clients: int, each: int, events: int) -> dict[str, float]:
    """Hold `clients` x `each` timed streams open; return the lag of their events."""
    lags: list[int] = []
    started = time.perf_counter()
    counts = await asyncio.gather(
        *(hold(path, model, each, n * 0.1 / clients, lags) for n in range(clients))
    )
    lags.sort()
    return {
        "streams": clients * each,
        "expected": clients * each * events,
        "arrived": sum(counts),
        "seconds": time.perf_counter() - started,
        "median_ms": lags[len(lags) // 2] / 1e6,
        "p99_ms": lags[int(len(lags) * 0.99)] / 1e6,
    }


async def hold(path: str, model: str, each: int, delay: float, lags: list[int]) -> int:
    """Run one client with `each` streams; `delay` spreads the clients over the tick."""
    await asyncio.sleep(delay)
    reader, writer = await asyncio.open_unix_connection(path, limit=2**20)
    for number in range(each):
        writer.write(chat(number, model))
    unpacker, left, events = msgpack.Unpacker(), each, 0
    while left:
        data = await reader.read(2**16)
        now = time.monotonic_ns()
        unpacker.feed(data)
        for frame in unpacker:
            if frame[0] == 1:
                if frame[2]:
                    raise RuntimeError(frame[2])
                left -= 1
            elif frame[2][0]["type"] == "text":
                # Deltas of a slow client are merged: every time stamp in one counts.
                stamps = frame[2][0]["text"].split()
                events += len(stamps)
                lags += [now - int(stamp) for stamp in stamps]
    writer.close()
    return events


def main() -> None:
    """Run one of the three."""
    what, where, name, *numbers = sys.argv[1:]
    if what == "flood":
        result = asyncio.run(flood(where, name, *map(int, numbers)))
    elif what == "direct":
        streams, *rest = numbers
        result = asyncio.run(direct(where, name, int(streams), *rest))
    else:
        result = asyncio.run(many(where, name, *map(int, numbers)))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
