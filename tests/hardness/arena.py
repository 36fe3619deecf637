"""Where an attack takes place: a daemon, its provider, and an honest observer, each a process.

After an attack, these figures are known:

    ping_median_ms, ping_p99_ms, ping_max_ms   of the observer's pings
    chat_p99_ms                                of its chats
    ping_cpu_p99_ms, chat_cpu_p99_ms           likewise, what the daemon's event loop used meanwhile
    loop_cpu_max                               the longest turn of the daemon's event loop, in ms of
                                               CPU time, which others' load does not change
    refused                                    how many of both were refused
    memory_mb        the largest resident size of the daemon
    memory_grown_mb  the same without what it had before the attack
    memory_kept_mb   what it has given back least of that, at most 10 s afterwards
    tasks_left, sessions_left   more than before
    descriptors_left   likewise, without those of connections kept for the next request
    took_s           seconds that the attack took
"""

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import trio

from aircherd.config.watcher.file_watcher import START_DELAY
from hardness.attack import Attack, Figures
from hardness.attackers import chat
from hardness.upstream import PROVIDERS
from helpers.daemon.children import die_with_parent
from helpers.daemon.load import Peer, Watched, start_watched
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home

TESTS = Path(__file__).parent.parent
ONCE = (("chat", chat("quick/m")), ("models.list", {}), ("status", {}))
GIVE_BACK_SECONDS = 10.0
SETTLE_SECONDS = 0.3
"""After an attack, for what is done in the background."""
WATCHED = {"WATCHED_LOOP": "1"}
LEFT = ("tasks", "descriptors", "sessions")


class Arena:
    """What an attack may use: the daemon's `home`, its `socket`, `port` of the provider."""

    def __init__(self, home: Home, daemon: Watched, port: int) -> None:
        self.home = home
        self.daemon = daemon
        self.port = port
        self.socket = home.socket

    async def connect(self) -> Peer:
        """Return a connected client."""
        return await Peer.connect(self.socket)

    def memory_mb(self, what: str = "VmRSS") -> float:
        """Return the daemon's resident memory; `VmHWM` is the largest so far."""
        status = Path(f"/proc/{self.daemon.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith(what)]
        return int(line.split()[1]) / 1024


@contextmanager
def start_process(module: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """Run a module of the tests, which ends with this process."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(
        command,
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # asyncio writes to it whenever a peer has gone
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 -- one system call
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_line(process: "subprocess.Popen[str]") -> str:
    """Wait for the next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@asynccontextmanager
async def _observer(arena: Arena, figures: Figures) -> AsyncIterator[None]:
    """Ping and chat meanwhile; add the figures at the end."""
    with start_process("hardness.observer", arena.socket, arena.daemon.process.pid) as process:
        assert await trio.to_thread.run_sync(read_line, process) == "ready"
        yield
        assert process.stdin is not None
        process.stdin.close()
        figures |= json.loads(await trio.to_thread.run_sync(read_line, process))


@asynccontextmanager
async def _unobserved() -> AsyncIterator[None]:
    yield


@contextmanager
def open_arena(attack: Attack) -> Iterator[Arena]:
    """Start the providers and the daemon."""
    with (
        start_process("hardness.upstream") as upstream,
        start_process("hardness.upstream") as quick,
        open_home({**attack.environ, **WATCHED}) as home,
    ):
        port = int(read_line(upstream))
        config = (PROVIDERS + attack.config).replace("{port}", str(port))
        home.write_config(config.replace("{quick}", read_line(quick)))
        home.preexec = die_with_parent
        attack.prepare(home)
        yield Arena(home, start_watched(home, nofile=attack.nofile), port)


async def carry_out(attack: Attack, size: int) -> Figures:
    """Attack a daemon of its own; return all figures."""
    figures: Figures = {}
    with open_arena(attack) as arena:
        before, memory = await _warm_up(arena), arena.memory_mb()
        started = time.monotonic()
        observer = _observer(arena, figures) if attack.is_observed else _unobserved()
        async with observer:
            with trio.move_on_after(attack.longest) as scope:
                figures |= await attack.run(arena, size) or {}
            took = attack.longest if scope.cancelled_caught else time.monotonic() - started
        figures |= {"took_s": round(took, 2), "unfinished": float(scope.cancelled_caught)}
        figures["loop_cpu_max"] = round((await arena.daemon.count())["loop_us"] / 1000, 1)
        figures |= await _memory(arena, attack, memory)
        await trio.sleep(SETTLE_SECONDS)
        after = await _count(arena)
        figures |= {f"{what}_left": after[what] - before[what] for what in LEFT}
    return figures


async def _warm_up(arena: Arena) -> dict[str, int]:
    """Have the daemon load what it loads once; return what it holds then."""
    await trio.sleep(2 * START_DELAY)  # what starts after the daemon is ready
    async with await arena.connect() as peer:
        for number, (method, params) in enumerate(ONCE):
            await peer.call(number, method, **params)
    return await _count(arena)


async def _count(arena: Arena) -> dict[str, int]:
    found = await arena.daemon.settled()
    return {**found, "descriptors": found["descriptors"] - found["connections"]}


async def _memory(arena: Arena, attack: Attack, before: float) -> Figures:
    peak = arena.memory_mb("VmHWM")
    kept = arena.memory_mb() - before
    bound = attack.at_most.get("memory_kept_mb")
    if bound is not None:
        with trio.move_on_after(GIVE_BACK_SECONDS):
            while kept > bound:
                await trio.sleep(0.1)
                kept = min(kept, arena.memory_mb() - before)
    found = {"memory_mb": peak, "memory_grown_mb": peak - before, "memory_kept_mb": kept}
    return {name: round(value, 1) for name, value in found.items()}
