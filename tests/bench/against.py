"""Compares this tree's daemon with another commit's: `tests/bench --against COMMIT`.

Both are installed like a user's (see `builds.py`), each has its own home, and they have the same
configuration, upstream and load generators. A pair is one short window of each, and every second
pair starts with the other one, so that other load on the machine affects both alike. Printed are
the medians of each side, and the median of the pairs' ratios with its quartiles; for two equal
trees these show the noise of the machine. CPU is that of all threads of the daemon, over all
requests of the window including the warm-up. Bytecodes and instructions (`count.py`) have no noise;
instructions need valgrind.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from statistics import median, quantiles

from builds import build_commit, build_here, check_install, different_versions
from processes import HERE, Figures, cpu_us, resident_mb, run, upstream, wall_ms

from helpers.daemon.real_daemon import Home, home

PARTS = ("bytecodes", "instructions", "start", "ask", "requests", "streams", "open")
CONFIG = """\
[providers.{name}]
kind = "openai"
base_url = "http://127.0.0.1:{port}{path}/v1"
"""
EVENTS = 64 * 3200
"""Stream events of a window, over all its streams."""
STREAMS = (1, 8)
TICKS = 40
"""Events of each of the 1,000 open streams, ten a second."""
BARE_INTERPRETER = ["-I", "-c", "import socket, msgpack"]

Rows = dict[str, dict[str, float]]


class Side:
    """One of the two sides: an install, a home, and what else its configuration has."""

    def __init__(self, name: str, python: Path, made: Home, *, more: str = "") -> None:
        self.name = name
        self.python = python
        self.home = made
        self.more = more

    @property
    def pid(self) -> int:
        """The process id of the daemon."""
        process = self.home.process
        assert process is not None
        return process.pid

    def start(self, port: int) -> None:
        """Start the daemon, with a key for each provider."""
        ways = {"up": "", "ticks": f"/t/{TICKS}/100"}
        ways |= {f"flood{streams}": f"/s/{EVENTS // streams}" for streams in STREAMS}
        config = [CONFIG.format(name=name, port=port, path=path) for name, path in ways.items()]
        self.home.write_config("\n".join([*config, self.more]))
        # Users have cached bytecode; some environments turn it off.
        self.home.environ["PYTHONDONTWRITEBYTECODE"] = ""
        self.home.start(log_level="info")
        for name in ways:
            self.home.login(name, "bench-key-0123456789", "--no-verify")


Sides = tuple[Side, Side]
Measure = Callable[[Side], Figures]


def restart(side: Side) -> Figures:
    """Measure the start of the daemon."""
    side.home.stop()
    started = time.perf_counter()
    side.home.start(log_level="info")
    ready = time.perf_counter() - started
    time.sleep(1)
    return {"exec to ready, ms": 1000 * ready, "resident idle, MB": resident_mb(side.pid)}


def ask(side: Side) -> Figures:
    """Measure a whole command."""
    command = [str(side.python.with_name("aircher-cli")), "ask", "--no-stream", "-m", "up/m", "hi"]
    bare = wall_ms([str(side.python), *BARE_INTERPRETER], side.home.environ)
    taken = wall_ms(command, side.home.environ)
    return {"exec to exit, ms": taken, "to a bare interpreter": taken / bare}


def load(in_flight: int, seconds: float) -> Measure:
    """Send many small requests."""

    def window(side: Side) -> Figures:
        before = cpu_us(side.pid)
        found = run("load.py", "daemon", side.home.socket, in_flight, seconds)
        return {
            "daemon CPU a request, us": (cpu_us(side.pid) - before) / found["requests"],
            "requests/s": found["per_second"],
            "median ms": found["median_ms"],
            "p99 ms": found["p99_ms"],
        }

    return window


def flood(streams: int) -> Measure:
    """Read streams as fast as they arrive."""

    def window(side: Side) -> Figures:
        before = cpu_us(side.pid)
        found = run("streams.py", "flood", side.home.socket, f"flood{streams}/m", streams)
        return {
            "daemon CPU an event, us": (cpu_us(side.pid) - before) / found["events"],
            "events/s": found["events_per_second"],
        }

    return window


def open_streams(side: Side) -> Figures:
    """Hold a thousand streams open, ten events a second each."""
    before = cpu_us(side.pid)
    found = run("streams.py", "many", side.home.socket, "ticks/m", 200, 5, TICKS)
    return {
        "daemon CPU an event, us": (cpu_us(side.pid) - before) / found["arrived"],
        "lag, median ms": found["median_ms"],
        "lag, p99 ms": found["p99_ms"],
        "lost": found["expected"] - found["arrived"],
    }


def count(side: Side) -> Figures:
    """Count bytecodes, in a separate daemon."""
    return run("count.py", "--json", python=str(side.python))


def count_instructions(side: Side) -> Figures:
    """Count CPU instructions of the daemon alone."""
    return run("count.py", "--instructions", "--json", python=str(side.python))


def by_turns(sides: Sides, pairs: int, measure: Measure) -> Rows:
    """Measure both sides in turn; return the comparison."""
    taken: dict[Side, list[Figures]] = {side: [] for side in sides}
    for number in range(pairs):
        for side in sides[:: -1 if number % 2 else 1]:
            taken[side].append(measure(side))
    old, new = (taken[side] for side in sides)
    names = [name for name in new[0] if name in old[0]]
    return {name: compare([p[name] for p in old], [p[name] for p in new]) for name in names}


def compare(old: list[float], new: list[float]) -> dict[str, float]:
    """Return the medians, and the ratios of the pairs."""
    row = {"old": median(old), "new": median(new)}
    ratios = [n / o for o, n in zip(old, new, strict=True) if o]
    if ratios:
        low, middle, high = quantiles(ratios, method="inclusive") if ratios[1:] else ratios * 3
        row |= {"ratio": middle, "low": low, "high": high}
    return row


@contextmanager
def both(commit: str) -> Iterator[Sides]:
    """Install and start both sides."""
    pythons = {commit: build_commit(commit), "here": build_here()}
    for python in pythons.values():
        check_install(python)
    if different := different_versions(*pythons.values()):
        print(
            f"not the same: {', '.join(different)}; remove the folder and run it again",
            file=sys.stderr,
        )
    with upstream() as port, ExitStack() as stack:
        old, new = (
            Side(name, python, stack.enter_context(home(python=str(python))))
            for name, python in pythons.items()
        )
        for side in (old, new):
            side.start(port)
        yield old, new


def measure(
    sides: Sides, parts: tuple[str, ...], pairs: int, seconds: float
) -> Iterator[tuple[str, Rows]]:
    """Run the requested measurements, in the order of the table."""
    few = max(1, pairs // 5)
    if "bytecodes" in parts:
        yield "bytecodes a request", by_turns(sides, 1, count)
    if "instructions" in parts and which("valgrind"):
        yield "instructions a request", by_turns(sides, 1, count_instructions)
    if "start" in parts:
        yield "start", by_turns(sides, max(3, pairs // 2), restart)
    if "ask" in parts:
        by_turns(sides, 1, ask)
        yield "aircher-cli ask", by_turns(sides, 2 * pairs, ask)
    for in_flight in (1, 16, 64) if "requests" in parts else ():
        yield f"{in_flight} in flight", by_turns(sides, pairs, load(in_flight, seconds))
    for streams in STREAMS if "streams" in parts else ():
        yield f"{streams} streams", by_turns(sides, pairs, flood(streams))
    if "open" in parts:
        yield "1000 open streams", by_turns(sides, few, open_streams)
    if {"requests", "streams", "open"} & {*parts}:
        resident = by_turns(sides, 1, lambda side: {"resident, MB": resident_mb(side.pid)})
        yield "memory, after load", resident


def against(
    commit: str, parts: tuple[str, ...], pairs: int, seconds: float, *, quiet: bool
) -> dict[str, Rows]:
    """Compare this tree with a commit; print each row as it arrives unless `quiet`."""
    os.chdir(HERE)  # without an `aircherd` package, which Python would import
    table = {}
    with both(commit) as sides:
        for name, rows in measure(sides, parts, pairs, seconds):
            table[name] = rows
            if not quiet:
                show(name, rows, [side.name for side in sides])
    return table


def show(name: str, rows: Rows, sides: list[str]) -> None:
    """Print rows."""
    print(f"\n{name:<36}{sides[0][:10]:>12}{sides[1]:>12}{'ratio':>8}   half of the pairs")
    for what, row in rows.items():
        spread = "{ratio:>8.3f}   {low:.3f} to {high:.3f}".format_map(row) if "ratio" in row else ""
        print(f"  {what:<34}{row['old']:>12,.2f}{row['new']:>12,.2f}{spread}", flush=True)
