"""Many calls of `models.list` in one small write."""

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import requests, send_and_read


async def _flood(arena: Arena, size: int) -> Figures:
    data = requests("models.list", {"all": True}, size)
    found = await send_and_read(arena.socket, data, size)
    return {"answered": found.get("ok", 0) + found.get("busy", 0), "ok": found.get("ok", 0)}


ATTACKS = [
    Attack(
        "models-list-in-one-write",
        "2,500 calls of models.list in one write of 59 kB",
        _flood,
        short=100,
        whole=2500,
        at_most={"ping_p99_ms": 50, "memory_mb": 256, "unfinished": 0, "tasks_left": 8},
    ),
]
