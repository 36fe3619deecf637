"""Counts the bytecodes that the daemon executes per request: a figure without noise.

    python tests/bench/count.py                           one or two seconds per hundred requests
    python tests/bench/count.py --by module [--top 30]    by module or by function
    python tests/bench/count.py --http                    of requests over HTTP
    python tests/bench/count.py --instructions            CPU instructions; needs valgrind
    python tests/bench/count.py --json

Run it with the Python of the install to count: it imports nothing of `aircherd` but `main`, so any
commit works. The requests are those of `load.py`: small, not streamed, 16 in flight over 8
connections. After a warm-up it counts

- one process: the event loop's thread with daemon, clients and upstream, split into the steps of
  the daemon's tasks, those of other tasks, and trio's loop;
- alone: the event loop's thread, with clients and upstream in other processes; `--by` shows this
  one. It is the figure of `docs/performance.md`, 7,350 for the commit before routing;
- the ledger's thread, while the loop is not traced, so that its batches have their usual size. It
  is not part of the figures above;
- instructions: all threads of the daemon, with clients and upstream in other processes; about 20
  seconds.

Figures of different Python versions cannot be compared.
"""

import argparse
import json
import socket
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from subprocess import PIPE

import trio
from counting.asking import Clients, clients_of
from counting.inside import fresh_home, log_in, run_daemon_beside, serve, write_config
from counting.instructions import instructions
from counting.opcodes import Count, Opcodes
from processes import HERE, Figures, upstream

SIDES = {
    "daemon": "its tasks",
    "loop": "trio's loop",
    "peers": "clients and upstream",
}
IN_FLIGHT = 16
WARM_UP = 200
FREE = 2000
"""Requests at full speed while the other threads are counted."""
AFTERWARDS = 0.1
"""Seconds until the work after the last response is done, and the ledger's last batch."""


class Counting:
    """All counts of one run of the daemon."""

    def __init__(self, path: Path, requests: int, kind: str) -> None:
        self._path = str(path)
        self._requests = requests
        self._kind = kind
        self.figures: Figures = {}
        self.counts: list[Count] = []

    async def run(self, listener: socket.socket, threads: Opcodes) -> None:
        """Count in the loop that runs the daemon as well."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve, listener)
            clients = clients_of(self._kind, "up/m", IN_FLIGHT)
            await clients.connect(self._path)
            await trio.to_thread.run_sync(log_in, "up", "far")
            await self._together(clients)
            await self._threads(clients, threads)
            await self._alone()
            nursery.cancel_scope.cancel()

    async def _together(self, clients: Clients) -> None:
        counted = Opcodes(str(HERE))
        await clients.ask(WARM_UP)
        with counted:
            await clients.ask(self._requests)
            await trio.sleep(AFTERWARDS)
        self._note_sides("one process", counted, "daemon", "loop", "peers")

    async def _threads(self, clients: Clients, counted: Opcodes) -> None:
        counted.aside(True)
        await clients.ask(FREE)
        await trio.sleep(AFTERWARDS)
        counted.aside(False)
        for side in sorted({count.side for count in counted.counts}):
            of = [count for count in counted.counts if count.side == side]
            self._note(f"thread {side}", of, FREE)

    async def _alone(self) -> None:
        counted = Opcodes(str(HERE))
        asking = ["counting.asking", self._path, "far/m", str(IN_FLIGHT), self._kind]
        command = [sys.executable, "-m", *asking]
        async with trio.open_nursery() as nursery:
            start = partial(trio.run_process, command, stdin=PIPE, stdout=PIPE, cwd=HERE)
            process = await nursery.start(start)
            await _send_requests(process, WARM_UP)
            with counted:
                await _send_requests(process, self._requests)
                await trio.sleep(AFTERWARDS)
            await process.stdin.aclose()
        self._note_sides("alone", counted, "daemon", "loop")
        self.counts = counted.counts

    def _note_sides(self, name: str, counted: Opcodes, *sides: str) -> None:
        self._note(name, counted.counts)
        for side in sides:
            of = [count for count in counted.counts if count.side == side]
            self._note(f"{name}, {SIDES[side]}", of)
        self.figures[f"{name}, steps of its tasks"] = counted.steps["daemon"] / self._requests

    def _note(self, name: str, counts: list[Count], requests: int = 0) -> None:
        self.figures[name] = sum(count.ran for count in counts) / (requests or self._requests)


async def _send_requests(process: trio.Process, requests: int) -> None:
    """Let a process of `counting.asking` send as many requests."""
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdin.send_all(b"%d\n" % requests)
    assert await process.stdout.receive_some()


def count(requests: int, *, over_http: bool = False) -> Counting:
    """Count everything, through the socket or through that of the HTTP side."""
    threads = Opcodes(str(HERE))
    with upstream() as far, fresh_home() as path:
        listener = socket.create_server(("127.0.0.1", 0))
        write_config({"up": listener.getsockname()[1], "far": far})
        door = path.with_name("http.sock") if over_http else path
        counting = Counting(door, requests, "http" if over_http else "socket")
        threads.watch_threads()
        run_daemon_beside(partial(counting.run, listener, threads))
    return counting


def largest(counts: list[Count], by: str, requests: int) -> list[tuple[str, float, float]]:
    """Return the bytecodes and calls per request of each module or function."""
    ran, entered = Counter[str](), Counter[str]()
    for each in counts:
        name = each.module if by == "module" else each.function
        ran[name] += each.ran
        entered[name] += each.entered
    return [(name, n / requests, entered[name] / requests) for name, n in ran.most_common()]


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=500, help="how many are counted")
    parser.add_argument("--by", choices=("module", "function"), help="print where they are, too")
    parser.add_argument("--top", type=int, default=40, help="so many of these")
    parser.add_argument("--instructions", action="store_true", help="count these, and nothing else")
    parser.add_argument("--http", action="store_true", help="of requests over HTTP, verbatim")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    if options.instructions:
        each = instructions(IN_FLIGHT)
        print(json.dumps({"all threads": each}) if options.json else f"{each:,.0f} instructions")
        return
    counting = count(options.requests, over_http=options.http)
    if options.json:
        print(json.dumps(counting.figures))
        return
    print(f"bytecodes a request, Python {sys.version.split()[0]}")
    for name, figure in counting.figures.items():
        print(f"  {name:<36}{figure:>10,.1f}")
    if options.by:
        print(f"\n{f'alone, by {options.by}':<72}bytecodes  entered")
        for name, ran, entered in largest(counting.counts, options.by, options.requests)[
            : options.top
        ]:
            print(f"  {name:<70}{ran:>9,.1f}{entered:>9,.2f}")


if __name__ == "__main__":
    main()
