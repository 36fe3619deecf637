"""A disk that is full, and a data directory that is read-only, under requests and at a restart."""

import os
import re
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import chat
from helpers.daemon.load import Peer, start_watched
from helpers.daemon.real_daemon import Home
from helpers.ledger.read_only import read_only

IN_FLIGHT = 16
SIZE = "size=6m,mode=0700"
RECOVERY = 15.0
_LACKS = re.compile(r"may lack ([\d,]+) attempts")


async def _send(arena: Arena, size: int) -> int:
    """Have `size` requests answered, 16 at a time; return how many were."""
    answered = 0

    async def client(number: int) -> None:
        nonlocal answered
        async with await arena.connect() as peer:
            await peer.call(0, "hello", client={"name": f"client-{number}"})
            for call in range(1, size // IN_FLIGHT + 1):
                record = await peer.call(call, "chat", **chat("quick/m"))
                answered += record.error is None

    async with trio.open_nursery() as nursery:
        for number in range(IN_FLIGHT):
            nursery.start_soon(client, number)
    return answered


async def _restart(arena: Arena, meanwhile: Callable[[], object] = lambda: None) -> float:
    """Stop the daemon by SIGTERM, and start the next; return the seconds until the first ended."""
    began = time.monotonic()
    await trio.to_thread.run_sync(arena.home.stop)
    took = time.monotonic() - began
    (arena.home.root / "count.json").unlink(missing_ok=True)  # of that daemon
    meanwhile()
    arena.daemon = await trio.to_thread.run_sync(start_watched, arena.home)
    return took


async def _ledger(peer: Peer) -> dict[str, str]:
    number = len(peer.records) + 1
    state = await peer.call(number, "status", keyring=False)
    found: dict[str, str] = state.result["ledger"]
    return found


async def _recorded(arena: Arena, at_least: int) -> tuple[int, int, float]:
    """Wait until the ledger works again; return what it has, what it says is lost, and seconds."""
    began = time.monotonic()
    async with await arena.connect() as peer:
        with trio.move_on_after(RECOVERY):
            while (await _ledger(peer))["state"] != "ok":  # noqa: ASYNC110 - it is elsewhere
                await trio.sleep(0.1)
        took = time.monotonic() - began
        said = _LACKS.search((await _ledger(peer)).get("reason", ""))
        report = await peer.call(len(peer.records) + 1, "usage.report")
        assert report.error is None, report.error
    lost = int(said[1].replace(",", "")) if said else 0
    return report.result["totals"]["requests"], lost, took


async def _fill(arena: Arena, size: int) -> Figures:
    """Fill the disk, answer `size` requests, stop, start on the full disk, and make room."""
    filler = arena.home.data / "filler"
    before = await _send(arena, IN_FLIGHT)
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    answered = await _send(arena, size)
    async with await arena.connect() as peer:
        degraded = (await _ledger(peer))["state"] != "ok"
    stop = await _restart(arena)
    filler.unlink()
    kept, lost, recover = await _recorded(arena, answered)
    unsaid = answered + before + 1 - kept - lost  # one request of the arena's own
    return {
        "answered": answered,
        "kept": kept,
        "said_lost": lost,
        "unsaid": unsaid,
        "degraded": float(degraded),
        "stop_s": round(stop, 2),
        "recover_s": round(recover, 2),
    }


async def _lock(arena: Arena, size: int) -> Figures:
    """Start with a read-only data directory, answer `size` requests, and make it writable."""
    with ExitStack() as stack:
        await _restart(arena, lambda: stack.enter_context(read_only(arena.home.data)))
        answered = await _send(arena, size)
        async with await arena.connect() as peer:
            degraded = (await _ledger(peer))["state"] != "ok"
    kept, lost, recover = await _recorded(arena, answered)
    stop = await _restart(arena)
    return {
        "answered": answered,
        "unsaid": answered + 1 - kept - lost,
        "degraded": float(degraded),
        "stop_s": round(stop, 2),
        "recover_s": round(recover, 2),
    }


def _mount(home: Home) -> None:
    home.data.mkdir(parents=True, mode=0o700)
    command = ["mount", "-t", "tmpfs", "-o", SIZE, "tmpfs", str(home.data)]
    subprocess.run(command, check=True)
    home.at_end = lambda: subprocess.run(["umount", "--lazy", str(home.data)], check=True)


def _may_mount() -> bool:
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    with suppress(OSError):
        done = subprocess.run(command, check=False, capture_output=True)
        return os.getuid() == 0 and not done.returncode
    return False


_FULL = Attack(
    "full-disk",
    "the disk of the ledger fills up, the daemon is stopped and started on it",
    _fill,
    short=600,
    whole=30_000,
    prepare=_mount,
    at_most={"unsaid": 0, "stop_s": 20, "recover_s": 10, "unfinished": 0},
    at_least={"degraded": 1, "answered": 500},
    is_observed=False,
)
_READ_ONLY = Attack(
    "read-only-data",
    "the daemon starts with a data directory that cannot be written",
    _lock,
    short=100,
    whole=5000,
    at_most={"unsaid": 0, "stop_s": 20, "recover_s": 10, "unfinished": 0},
    at_least={"degraded": 1, "answered": 96},
    is_observed=False,
)
ATTACKS = [_FULL, _READ_ONLY] if _may_mount() else []
"""Only root may mount file systems."""
