"""Clients that flood the audit log, to fill the disk or to push out what happened before."""

import json
from pathlib import Path

import trio

from aircher_wire import address
from hardness.arena import Arena
from hardness.attack import Attack, Figures

CONFIG = '[clients.trusted]\n[protect]\nsign_out = ["trusted"]\n'
CLIENTS = 20


async def _flood(arena: Arena, size: int) -> Figures:
    """Make `size` calls that are refused, and as many that fail, as clients with many names."""
    async with trio.open_nursery() as nursery:
        for number in range(CLIENTS):
            nursery.start_soon(_flood_as, arena, number, size // CLIENTS)
    async with await arena.connect() as peer:
        found = await peer.call(1, "audit.list", limit=1000)
    counted = [row for row in found.result["rows"] if "count" in row]
    return {
        "audit_kb": round((_written(arena) + len(json.dumps(counted))) / 1000, 1),
        "counted": float(sum(row["count"] for row in counted)),
    }


def _written(arena: Arena) -> int:
    folder: Path = address.data_directory(arena.home.environ)
    return sum(file.stat().st_size for file in folder.glob("audit.jsonl*"))


async def _flood_as(arena: Arena, number: int, calls: int) -> None:
    async with await arena.connect() as peer:
        await peer.call(0, "hello", protocol=1, client={"name": f"{number}-" + "x" * 190})
        for msgid in range(1, calls + 1):
            await peer.call(2 * msgid, "auth.logout", provider=f"p{msgid}")
            await peer.call(2 * msgid + 1, "auth.login", provider=f"p{msgid}", key="y" * 40)


ATTACKS = [
    Attack(
        "audit-flood",
        "20 clients make calls that the audit log has to note",
        _flood,
        short=1000,
        whole=100_000,
        at_most={"audit_kb": 500, "ping_p99_ms": 50, "loop_cpu_max": 150, "unfinished": 0},
        at_least={"counted": 1000},
        config=CONFIG,
    ),
]
