"""Streams of tiny events that arrive faster than the daemon can pass them on."""

import msgpack
import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import chat, read_and_drop

SECONDS = 10.0
SHORT_SECONDS = 1.0
SHORT = 50
AT_MOST = {
    "ping_p99_ms": 50,
    "ping_cpu_p99_ms": 50,
    "loop_cpu_max": 150,
    "memory_mb": 384,
    "memory_kept_mb": 48,
    "refused": 0,
    "tasks_left": 8,
    "sessions_left": 0,
    "descriptors_left": 8,
    "unfinished": 0,
}


async def _flood(arena: Arena, streams: int, clients: int) -> Figures:
    """Read `streams` streams of all clients together for a time."""
    async with trio.open_nursery() as nursery:
        for _ in range(clients):
            stream = await trio.open_unix_socket(str(arena.socket))
            nursery.start_soon(_read, stream)
            for number in range(streams // clients):
                await stream.send_all(msgpack.packb([0, number, "chat", [chat("flood/m")]]))
        await trio.sleep(SHORT_SECONDS if streams <= SHORT else SECONDS)
        nursery.cancel_scope.cancel()
    return {"streams": streams}


async def _read(stream: trio.SocketStream) -> None:
    async with stream:
        await read_and_drop(stream)


async def _of_one(arena: Arena, size: int) -> Figures:
    return await _flood(arena, size, 1)


async def _of_twenty(arena: Arena, size: int) -> Figures:
    return await _flood(arena, size, 20)


ATTACKS = [
    Attack(
        "saturating-streams",
        "200 streams of tiny events of one client",
        _of_one,
        short=SHORT,
        whole=200,
        at_most=AT_MOST,
    ),
    Attack(
        "saturating-clients",
        "400 streams of tiny events of 20 clients",
        _of_twenty,
        short=0,
        whole=400,
        at_most=AT_MOST,
    ),
]
