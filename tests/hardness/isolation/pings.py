"""Many small requests in one write."""

from collections import Counter

import msgpack

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import send_and_read

IN_ONE = 8000


async def _flood(arena: Arena, size: int) -> Figures:
    """Write `IN_ONE` pings at once, `size` times, each when the last ones were answered.

    That is more than a client may have under way, so some are refused.
    """
    data = b"".join(msgpack.packb([0, n, "ping", [{}]]) for n in range(IN_ONE))
    found = Counter[str]()
    for _ in range(size):
        found += await send_and_read(arena.socket, data, IN_ONE)
    left = IN_ONE * size - found["ok"] - found["busy"]
    return {"unanswered": left, "answered_ok": found["ok"], "answered_busy": found["busy"]}


ATTACKS = [
    Attack(
        "pings-in-one-write",
        "8,000 pings in each write",
        _flood,
        short=2,
        whole=50,
        at_most={
            "ping_p99_ms": 50,
            "ping_cpu_p99_ms": 50,
            "loop_cpu_max": 50,
            "memory_grown_mb": 64,
            "refused": 0,
            "unanswered": 0,
            "tasks_left": 8,
            "unfinished": 0,
        },
        at_least={"answered_ok": 4096},
    ),
]
