"""Measures the daemon while a tenth of 500 clients does not read for a minute.

    .venv/bin/python tests/bench/stalled.py [CLIENTS] [SECONDS]

Every client has one timed stream with ten events a second. In the first run all clients read. In
the second, a tenth sleeps; each has such a stream and further ones of 29 MB in total, which fill
its outbox before the others start. Printed are the p99 lag (from sending to receiving) of the
clients that read in both runs and its ratio, the memory per sleeping client, and whether their text
is complete when they wake. The timed upstream and the reading clients have their own processes.
Exits with 1 if anything was lost.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from aircherd.ipc.outbox import MERGE_ABOVE  # noqa: E402 - the path comes first
from aircherd.testing.simulator import open_simulator  # noqa: E402
from helpers.daemon.load import (  # noqa: E402
    LONG,
    LONG_CHATS,
    Peer,
    Watched,
    read_everything,
    request_without_reading,
    watched_daemon,
)
from helpers.daemon.real_daemon import PATIENCE, home  # noqa: E402

CONFIG = """
[providers.ticks]
kind = "openai"
base_url = "http://127.0.0.1:{port}/t/{events}/{ms}/v1"
auth = "none"
"""
PACE = 0.1
"""Seconds between two events of a timed stream."""
Figures = dict[str, float]
TIMED = LONG_CHATS
"""The number of a sleeper's timed stream."""


def show(what: str, value: object) -> None:
    """Print a line."""
    print(f"{what:<44}{value}", flush=True)


@contextmanager
def upstream() -> Iterator[int]:
    """Run the upstream; yield its port."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "upstream.py")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def read_all(path: Path, clients: int, events: int, name: str) -> Figures:
    """Let clients in another process read timed streams to the end; print and return the lag."""
    command = [sys.executable, str(HERE / "streams.py"), "many"]
    numbers = map(str, (clients, 1, events))
    done = await trio.run_process(
        [*command, str(path), "ticks/m", *numbers], capture_stdout=True, check=True
    )
    figures: Figures = json.loads(done.stdout)
    show(f"{name}: events that came, of", f"{figures['arrived']} of {figures['expected']}")
    show(f"{name}: median, p99 lag", f"{figures['median_ms']:.1f} ms, {figures['p99_ms']:.1f} ms")
    return figures


async def all_asleep(daemon: Watched, count: int) -> list[Peer]:
    """Return clients that do not read, once the daemon queues nothing more for them."""
    peers = [await Peer.connect(daemon.home.socket) for _ in range(count)]
    for peer in peers:
        await peer.chat(TIMED, "ticks/m", "go")
        await request_without_reading(peer)
    with trio.fail_after(10 * PATIENCE):
        while await daemon.steady_bytes() < count * MERGE_ABOVE:
            pass
    return peers


async def all_awake(peers: list[Peer], events: int) -> int:
    """Let them read to the end, five at a time; return how many have everything."""
    limit, whole = trio.CapacityLimiter(5), 0

    async def read(peer: Peer) -> None:
        nonlocal whole
        async with limit, peer:
            is_whole = await read_everything(peer)
            (timed,) = await peer.wait_end(TIMED)
            is_timed = timed.error is None and timed.is_in_order
            whole += is_whole and is_timed and len(timed.text.split()) == events
            peer.records.clear()

    async with trio.open_nursery() as nursery:
        for peer in peers:
            nursery.start_soon(read, peer)
    return whole


async def measure(daemon: Watched, clients: int, events: int) -> bool:
    """Run both rounds and print; return whether nothing was lost."""
    path, sleepers = daemon.home.socket, clients // 10
    alone = await read_all(path, clients - sleepers, events, "all read")
    before = daemon.resident_kib()
    peers = await all_asleep(daemon, sleepers)
    asleep = daemon.resident_kib()
    show("waiting for the sleepers", f"{(await daemon.count())['waiting_bytes'] / 2**20:.0f} MiB")
    beside = await read_all(path, clients - sleepers, events, f"{sleepers} asleep")
    show("p99 with sleepers / without", f"{beside['p99_ms'] / alone['p99_ms']:.2f}")
    show("grown by, for each sleeper", f"{(asleep - before) / 1024 / max(1, sleepers):.1f} MiB")
    whole = await all_awake(peers, events)
    show("woke and have all their text", f"{whole} of {sleepers}")
    sizes = [before, asleep, daemon.resident_kib()]
    show("resident before, asleep, after", ", ".join(f"{kib / 1024:.0f} MiB" for kib in sizes))
    lost = [figures["expected"] - figures["arrived"] for figures in (alone, beside)]
    return lost == [0, 0] and whole == sleepers


async def main(clients: int, seconds: float) -> bool:
    """Run everything."""
    events = round(seconds / PACE)
    with upstream() as port, home() as made:
        more = CONFIG.format(port=port, events=events, ms=round(PACE * 1000))
        async with open_simulator() as sim:
            sim.behave(events_per_write=4, text=LONG, repeat_answers=True)
            async with watched_daemon(made, sim, more_config=more) as daemon:
                return await measure(daemon, clients, events)


if __name__ == "__main__":
    many, long = int(sys.argv[1]) if sys.argv[1:] else 500, float((sys.argv[2:] or ["60"])[0])
    sys.exit(0 if trio.run(main, many, long) else 1)
