"""A tenth of the clients ask for much and do not read it; the others must hardly notice.

There are two rounds with the same load. In the first one all clients read. The ratios are those of
the 99th percentiles of the others' chats in the second round and in the first, in time and in CPU
time of the daemon's event loop.
"""

import json
from collections.abc import Awaitable, Callable, Sequence

import msgpack
import trio

from hardness.arena import Arena, read_line, start_process
from hardness.attack import Attack, Figures
from hardness.attackers import chat, close_all, connect_deaf, read_and_drop
from hardness.calls.models_list import LONG_LIST

SECONDS = 10.0
SHORT_SECONDS = 1.0
SHORT = 100
SETTLE_SECONDS = 1.0
Demand = Sequence[tuple[str, dict[str, object]]]

EVENTS: Demand = [("chat", chat("flood/m"))] * 4
LARGE: Demand = [("chat", chat("large/m"))] * 2 + [("chat", chat("large/m", stream=False))] * 2
TOOLS: Demand = [("chat", chat("tools/m"))] * 4
DAEMON_EVENTS: Demand = [
    ("events.subscribe", {"topics": ["attempt", "provider", "usage"]}),
    *[("chat", chat("quick/m"))] * 100,
]
LISTS: Demand = [("models.list", {})] * 50
ALL = (EVENTS, LARGE, TOOLS, DAEMON_EVENTS, LISTS)


def _frames(demand: Demand) -> bytes:
    return b"".join(
        msgpack.packb([0, n, name, [params]]) for n, (name, params) in enumerate(demand)
    )


async def _round(arena: Arena, size: int, demands: Sequence[Demand], *, are_deaf: bool) -> Figures:
    """Let a tenth of `size` clients make their demands while the others chat."""
    seconds = SHORT_SECONDS if size <= SHORT else SECONDS
    pid, others = arena.daemon.process.pid, size - size // 10
    with start_process("hardness.crowd", arena.socket, pid, others, seconds) as crowd:
        assert await trio.to_thread.run_sync(read_line, crowd) == "ready"
        clients = await connect_deaf(arena.socket, size // 10)
        async with trio.open_nursery() as nursery:
            for number, client in enumerate(clients):
                nursery.start_soon(client.send, _frames(demands[number % len(demands)]))
                if not are_deaf:
                    nursery.start_soon(read_and_drop, client.stream)
            assert crowd.stdin is not None
            crowd.stdin.write("\n")
            crowd.stdin.flush()
            found: Figures = json.loads(await trio.to_thread.run_sync(read_line, crowd))
            nursery.cancel_scope.cancel()
        await close_all(clients)
    return found


def _demanding(*demands: Demand) -> Callable[[Arena, int], Awaitable[Figures]]:
    async def run(arena: Arena, size: int) -> Figures:
        reading = await _round(arena, size, demands, are_deaf=False)
        await trio.sleep(SETTLE_SECONDS)
        deaf = await _round(arena, size, demands, are_deaf=True)
        return {
            "p99_ratio": round(deaf["p99_ms"] / reading["p99_ms"], 2),
            "cpu_p99_ratio": round(deaf["cpu_p99_ms"] / reading["cpu_p99_ms"], 2),
            "reading_p99_ms": reading["p99_ms"],
            "deaf_p99_ms": deaf["p99_ms"],
            "reading_cpu_p99_ms": reading["cpu_p99_ms"],
            "deaf_cpu_p99_ms": deaf["cpu_p99_ms"],
            "others_chats": reading["chats"] + deaf["chats"],
            "others_lost": reading["lost"] + deaf["lost"],
        }

    return run


def _attack(name: str, sentence: str, *demands: Demand, short: int = 0) -> Attack:
    return Attack(
        name,
        f"50 of 500 clients do not read {sentence}",
        _demanding(*demands),
        short=short,
        whole=500,
        at_most={
            "p99_ratio": 2,
            "cpu_p99_ratio": 2,
            "others_lost": 0,
            "refused": 0,
            "memory_mb": 512,
            "memory_kept_mb": 48,
            "loop_cpu_max": 150,
            "tasks_left": 8,
            "sessions_left": 0,
            "descriptors_left": 8,
            "unfinished": 0,
        },
        at_least={"others_chats": 1},
        config=LONG_LIST % 7000,
    )


ATTACKS = [
    _attack("deaf", "what they asked for: all of the following", *ALL, short=SHORT),
    _attack("deaf-to-tiny-events", "floods of tiny events", EVENTS),
    _attack("deaf-to-large-replies", "replies of 100 MB, half of them without stream", LARGE),
    _attack("deaf-to-tool-calls", "tool calls in a million pieces", TOOLS),
    _attack("deaf-to-events", "the daemon's events, and cause many", DAEMON_EVENTS),
    _attack("deaf-to-lists", "50 lists of 7,000 models each", LISTS),
]
