"""Connections that send broken frames, one after another."""

import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import send_and_read

PACE = 0.01


async def _flood(arena: Arena, size: int) -> Figures:
    """Send `size` broken frames, a hundred a second, each on a connection of its own."""
    log = arena.home.log_file
    before = log.stat().st_size
    closed = 0
    for _ in range(size):
        with trio.fail_after(10):
            found = await send_and_read(arena.socket, b"\xc1 is no frame", 1)
        closed += found["closed"]
        await trio.sleep(PACE)
    return {"closed": closed, "log_kb": (log.stat().st_size - before) / 1000}


ATTACKS = [
    Attack(
        "broken-frames",
        "a hundred broken frames a second",
        _flood,
        short=100,
        whole=1000,
        at_most={
            "ping_p99_ms": 50,
            "loop_cpu_max": 50,
            "memory_grown_mb": 64,
            "descriptors_left": 8,
            "tasks_left": 8,
            "unfinished": 0,
        },
        at_least={"closed": 100},
    ),
]
