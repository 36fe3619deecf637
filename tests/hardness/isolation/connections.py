"""Programs that connect and disconnect in a loop, and one that takes all descriptors."""

import time
from contextlib import suppress

import msgpack
import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import ResponseCounter, chat, send_and_read
from hardness.observer import at

AT_ONCE = 4
CHATS = 20
"""Of another client, while one has all the streams that it can get."""
AT_MOST = {
    "ping_p99_ms": 50,
    "ping_cpu_p99_ms": 50,
    "loop_cpu_max": 50,
    "memory_grown_mb": 64,
    "connect_median_ms": 500,
    "log_kb": 50,
    "refused": 0,
    "descriptors_left": 8,
    "tasks_left": 8,
    "sessions_left": 0,
    "unfinished": 0,
}
PING = msgpack.packb([0, 1, "ping", [{}]])


async def _in_a_loop(arena: Arena, size: int, data: bytes) -> Figures:
    """Connect `size` times, send `data`, and leave; another client connects and pings meanwhile."""
    log, left = arena.home.log_file, size
    before, latencies = log.stat().st_size, list[float]()

    async def connect() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            async with await trio.open_unix_socket(str(arena.socket)) as stream:
                with suppress(trio.BrokenResourceError):  # the daemon was faster
                    await stream.send_all(data)

    async def other() -> None:
        while True:
            began = time.perf_counter()
            await send_and_read(arena.socket, PING, 1)
            latencies.append(time.perf_counter() - began)
            await trio.sleep(0.02)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        async with trio.open_nursery() as connecting:
            for _ in range(AT_ONCE):
                connecting.start_soon(connect)
        nursery.cancel_scope.cancel()
    written = (log.stat().st_size - before) / 1000
    return {"connects": size, "connect_median_ms": at(latencies, 0.5), "log_kb": written}


async def _come_and_go(arena: Arena, size: int) -> Figures:
    return await _in_a_loop(arena, size, b"")


async def _come_broken(arena: Arena, size: int) -> Figures:
    return await _in_a_loop(arena, size, b"\xc1 is no frame")


async def _take_all(arena: Arena, size: int) -> Figures:
    """Start `size` streams as one client; another one connects and chats."""
    counter, served = ResponseCounter(), 0
    async with await arena.connect() as greedy, trio.open_nursery() as nursery:

        async def read() -> None:
            while True:
                counter.feed(await greedy.stream.receive_some(2**16))

        nursery.start_soon(read)
        for number in range(size):
            await greedy.request(number, "chat", **chat("ticks/m"))
        await trio.sleep(1)
        async with await arena.connect() as other:
            for number in range(CHATS):
                served += (await other.ask(number, "quick/m", "Hello")).error is None
        nursery.cancel_scope.cancel()
    codes = counter.codes
    return {"served": served, "busy": codes["busy"], "other_codes": codes.total() - codes["busy"]}


ATTACKS = [
    Attack(
        "connects",
        "connects and disconnects, one after another",
        _come_and_go,
        short=0,
        whole=10_000,
        at_most=AT_MOST,
    ),
    Attack(
        "connects-with-broken-frames",
        "likewise, with a broken frame each",
        _come_broken,
        short=0,
        whole=10_000,
        at_most=AT_MOST,
    ),
    Attack(
        "few-descriptors",
        "100 streams of one client to providers, with 64 descriptors; another one is served",
        _take_all,
        short=100,
        whole=100,
        at_most={
            "ping_p99_ms": 50,
            "ping_cpu_p99_ms": 50,
            "loop_cpu_max": 50,
            "other_codes": 0,
            "descriptors_left": 8,
            "tasks_left": 8,
            "unfinished": 0,
        },
        at_least={"served": CHATS, "busy": 1},
        nofile=64,
    ),
]
