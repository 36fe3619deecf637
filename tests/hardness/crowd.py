"""Many honest clients in one process: each chats at a steady pace, and none may be lost.

    python -m hardness.crowd SOCKET PID CLIENTS SECONDS

Prints `ready` once each was answered, begins at the next line of its input, and prints the figures
of the following seconds as JSON: `chats`, `lost` (refused, or without an answer), `p99_ms`, and
`cpu_p99_ms`, which the daemon's event loop used until the answer.
"""

import asyncio
import json
import sys

from hardness.observer import CHAT, LoopClock, Pace, at

PER_SECOND = 100
"""Chats of all clients together."""


async def chat_together(path: str, pid: int, clients: int, seconds: float) -> dict[str, float]:
    """Chat; the clients are spread over the time between two chats."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    each = clients / PER_SECOND
    clock = LoopClock(pid)
    paces = [Pace(clock, "chat", CHAT, each) for _ in range(clients)]
    for pace in paces:
        await loop.create_unix_connection(lambda pace=pace: pace, path)
        await pace.first()
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)

    async def one(number: int) -> None:
        await asyncio.sleep(number / PER_SECOND)
        await paces[number].run(stop)

    loop.call_later(seconds, stop.set)
    tasks = [asyncio.ensure_future(one(number)) for number in range(clients)]
    await asyncio.gather(*tasks)
    latencies = [latency for pace in paces for latency in pace.latencies]
    cpu = [latency for pace in paces for latency in pace.cpu]
    lost = sum(pace.refused + pace.unanswered for pace in paces)
    return {
        "chats": len(latencies),
        "lost": lost,
        "p99_ms": at(latencies, 0.99),
        "cpu_p99_ms": at(cpu, 0.99),
    }


if __name__ == "__main__":
    where, daemon, many, long = sys.argv[1:]
    print(json.dumps(asyncio.run(chat_together(where, int(daemon), int(many), float(long)))))
