"""An honest client in its own process: it pings and chats at a steady pace, and measures.

    python -m hardness.observer SOCKET PID

Prints `ready` once both were answered. When its input ends, it waits for what is still unanswered,
and prints the figures as JSON. It sends at its pace whether or not it is answered, so that a freeze
of the daemon is seen by every request that it delays.

`..._cpu_p99_ms` is not the time that passed until the answer, but the CPU time that the daemon's
main thread used meanwhile. So it is the same on a busy machine.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

import msgpack

PING_SECONDS = 0.01
CHAT_SECONDS = 0.05
LONGEST = 60.0
"""Seconds to wait at the end for what is unanswered, which then counts with the time it waited."""
CHAT = {
    "model": "quick/m",
    "messages": [{"role": "user", "content": "Hello, how are you?"}],
    "stream": False,
}


class LoopClock:
    """The CPU time of a daemon's main thread, which runs its event loop."""

    def __init__(self, pid: int) -> None:
        self._file = os.open(f"/proc/{pid}/task/{pid}/schedstat", os.O_RDONLY)

    def now(self) -> float:
        """Return the seconds."""
        return int(os.pread(self._file, 64, 0).split()[0]) / 1e9


class Pace(asyncio.Protocol):
    """One connection that sends the same request at a steady pace.

    `latencies` are seconds until the answers, `cpu` what the daemon's clock says of the same.
    """

    def __init__(
        self, clock: LoopClock, method: str, params: dict[str, object], seconds: float
    ) -> None:
        self.latencies: list[float] = []
        self.cpu: list[float] = []
        self._clock = clock
        self.refused = 0
        self._all_answered = asyncio.Event()
        self._method = method
        self._params = params
        self._seconds = seconds
        self._sent: dict[int, tuple[float, float]] = {}
        self._unpacker = msgpack.Unpacker()
        self._number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unpacker.feed(data)
        for kind, number, error, _result in (f for f in self._unpacker if f[0] == 1):
            del kind
            self._note(self._sent.pop(number))
            self.refused += error is not None
        if not self._sent:
            self._all_answered.set()

    def _note(self, sent: tuple[float, float]) -> None:
        self.latencies.append(time.perf_counter() - sent[0])
        self.cpu.append(self._clock.now() - sent[1])

    def _send(self) -> None:
        self._all_answered.clear()
        self._number += 1
        self._sent[self._number] = time.perf_counter(), self._clock.now()
        self._transport.write(msgpack.packb([0, self._number, self._method, [self._params]]))

    async def first(self) -> None:
        """Send the first request and wait for its answer, which does not count."""
        self._send()
        await self._all_answered.wait()
        self.latencies.clear()
        self.cpu.clear()

    @property
    def unanswered(self) -> int:
        """How many requests have no answer yet."""
        return len(self._sent)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until stopped, and wait for the answers."""
        due = time.perf_counter()
        while not stop.is_set():
            self._send()
            due = max(due + self._seconds, time.perf_counter())
            await asyncio.sleep(due - time.perf_counter())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_answered.wait(), LONGEST)
        for sent in self._sent.values():
            self._note(sent)


def at(latencies: Sequence[float], share: float) -> float:
    """Return the latency in milliseconds that a share of the requests kept within."""
    ordered = sorted(latencies)
    return round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)


async def observe(path: str, pid: int) -> dict[str, float]:
    """Ping and chat until the input ends."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    clock = LoopClock(pid)
    paces = (Pace(clock, "ping", {}, PING_SECONDS), Pace(clock, "chat", CHAT, CHAT_SECONDS))
    for pace in paces:
        await loop.create_unix_connection(lambda pace=pace: pace, path)
        await pace.first()
    print("ready", flush=True)
    loop.run_in_executor(None, lambda: (sys.stdin.read(), loop.call_soon_threadsafe(stop.set)))
    await asyncio.gather(*(pace.run(stop) for pace in paces))
    pings, chats = paces
    return {
        "pings": len(pings.latencies),
        "ping_median_ms": at(pings.latencies, 0.5),
        "ping_p99_ms": at(pings.latencies, 0.99),
        "ping_max_ms": at(pings.latencies, 1),
        "ping_cpu_p99_ms": at(pings.cpu, 0.99),
        "chats": len(chats.latencies),
        "chat_p99_ms": at(chats.latencies, 0.99),
        "chat_cpu_p99_ms": at(chats.cpu, 0.99),
        "refused": pings.refused + chats.refused,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(observe(sys.argv[1], int(sys.argv[2])))))
