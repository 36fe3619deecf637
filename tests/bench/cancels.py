"""Cancels 10,000 chats at random points, and checks that the daemon keeps nothing of them.

    .venv/bin/python tests/bench/cancels.py [TOTAL]

Prints what the daemon keeps before and after (the lines must be equal), how the chats ended, and
chats per second before and after. Exits with 1 if something is left.
`tests/e2e/daemon/test_load.py` does the same with fewer.
"""

import sys
from collections import Counter
from pathlib import Path

import trio

sys.path.insert(0, str(Path(__file__).parent.parent))

from aircherd.testing.simulator import Simulator, open_simulator
from helpers.daemon import cancels
from helpers.daemon.load import Peer, Watched, each_at_once, wait_for, watched_daemon
from helpers.daemon.real_daemon import home

CLIENTS = 50
ROUNDS = 40
"""Chats of each client when the speed is measured."""


def show(what: str, value: object) -> None:
    """Print a line."""
    print(f"{what:<28}{value}", flush=True)


async def speed(path: Path, sim: Simulator) -> float:
    """Return the chats per second of `CLIENTS` clients with one in flight each."""
    sim.behave(delay=0)

    async def chats(_number: int, peer: Peer) -> None:
        for chat in range(ROUNDS):
            records = await peer.ask(chat, "work/m", "one two")
            assert records.text == "one two"

    started = trio.current_time()
    await each_at_once(CLIENTS, path, chats)
    return CLIENTS * ROUNDS / (trio.current_time() - started)


async def measure(
    daemon: Watched, sim: Simulator, silent: cancels.SilentServer, total: int
) -> bool:
    """Run the measurement and print; return whether nothing is left."""
    path, storm = daemon.home.socket, cancels.CancelStorm(daemon.home.socket, seed=total)
    cancels.prepare(sim)
    await storm.run(CLIENTS * 4, CLIENTS)
    before = await daemon.settled()
    show("held before", before)
    show("resident KiB before", daemon.resident_kib())
    storm.outcomes.clear()
    sim.requests.clear()
    started = trio.current_time()
    await storm.run(total, CLIENTS)
    seconds = trio.current_time() - started
    await wait_for(
        lambda: not sim.open_connections and not silent.open_connections,
        f"the provider has no client any more: {sim}, {silent.open_connections} at the silent one",
    )
    after = await daemon.settled()
    show("held after", after)
    show("resident KiB after", daemon.resident_kib())
    report(storm, sim, seconds)
    sim.faults.clear()
    show("chats per second after", round(await speed(path, sim)))
    return after == before


def report(storm: cancels.CancelStorm, sim: Simulator, seconds: float) -> None:
    """Print how the chats ended."""
    show("broken off", f"{storm.outcomes.total()} in {seconds:.1f} s")
    ends: Counter[str] = Counter()
    for outcome, times in storm.outcomes.items():
        ends[outcome.split()[1]] += times
        show(f"  {outcome}", times)
    show("all of them", dict(ends))
    seen = sum(request.disconnected.is_set() for request in sim.requests)
    show("seen by the simulator", f"{len(sim.requests)}, of which {seen} saw their client leave")


async def main(total: int) -> bool:
    """Run everything."""
    with home() as made, cancels.dark_port() as dark:
        async with open_simulator(keep=total) as sim, cancels.open_silent_server() as silent:
            more = cancels.CONFIG.format(dark=dark, silent=silent.port)
            async with watched_daemon(made, sim, more_config=more) as daemon:
                show("chats per second before", round(await speed(made.socket, sim)))
                return await measure(daemon, sim, silent, total)


if __name__ == "__main__":
    number = int(sys.argv[1]) if sys.argv[1:] else 10_000
    sys.exit(0 if trio.run(main, number) else 1)
