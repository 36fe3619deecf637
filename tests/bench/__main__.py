"""Measures what the daemon costs, compared with a bare client in the same run.

    .venv/bin/python tests/bench            everything, about two minutes
    .venv/bin/python tests/bench --quick    shorter runs
    .venv/bin/python tests/bench --json     the figures for a script
    .venv/bin/python tests/bench --against COMMIT [--pairs N] [--seconds S] [--only PART ...]
                                            this tree and that commit in turn, about four minutes
    .venv/bin/python tests/bench --http [--litellm-python PATH] [--portkey-dir DIR]
                                        [--tensorzero-python PATH] [--pairs N] [--seconds S]
                                            the HTTP side, the upstream alone and other gateways
    .venv/bin/python tests/bench --shared [--pairs N] [--seconds S]
                                            limits that a fleet shares, and those of one machine

`docs/performance.md` explains the table. No time is asserted: people compare.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))

from against import BARE_INTERPRETER, PARTS, against
from over_http.measure import over_http
from peers import absolute_path
from processes import HERE, Figures, resident_mb, run, upstream, wall_ms
from shared_state.measure import with_shared

from helpers.daemon.real_daemon import Home, home

CONFIG = """\
[providers.up]
kind = "openai"
base_url = "http://127.0.0.1:{port}/v1"

[providers.flood]
kind = "openai"
base_url = "http://127.0.0.1:{port}/s/{flood}/v1"

[providers.ticks]
kind = "openai"
base_url = "http://127.0.0.1:{port}/t/{ticks}/100/v1"
"""
PEERS = {
    "--litellm-python": "a Python that has `litellm[proxy]`",
    "--portkey-dir": "where npm installed @portkey-ai/gateway",
    "--tensorzero-python": "a Python that has `tensorzero`",
}
FLOOD = 64 * 1600
"""Events of one stream in the flood."""


def pid_of(made: Home) -> int:
    """Return the process id of the daemon."""
    assert made.process is not None
    return made.process.pid


def measure_requests(made: Home, port: int, seconds: float) -> Iterator[tuple[str, Figures]]:
    """Measure requests per second and latencies, for the daemon and the bare client."""
    for in_flight in (1, 16, 64):
        bare = run("load.py", "bare", port, in_flight, seconds)
        ours = run("load.py", "daemon", made.socket, in_flight, seconds)
        yield (
            f"{in_flight} in flight",
            {
                "bare req/s": bare["per_second"],
                "ours req/s": ours["per_second"],
                "ratio": ours["per_second"] / bare["per_second"],
                "bare median ms": bare["median_ms"],
                "ours median ms": ours["median_ms"],
                "added median ms": ours["median_ms"] - bare["median_ms"],
                "ours p99 ms": ours["p99_ms"],
            },
        )


def measure_streams(made: Home, port: int) -> Iterator[tuple[str, Figures]]:
    """Measure stream events per second, for the daemon and the bare client."""
    for streams in (1, 8):
        bare = run("streams.py", "direct", port, f"/s/{FLOOD}/v1/chat/completions", streams)
        ours = run("streams.py", "flood", made.socket, "flood/m", streams)
        yield (
            f"{streams} streams",
            {
                "bare events/s": bare["events"] / bare["seconds"],
                "ours events/s": ours["events_per_second"],
                "ratio": ours["events_per_second"] * bare["seconds"] / bare["events"],
            },
        )


def measure_open_streams(made: Home, ticks: int) -> tuple[str, Figures]:
    """Measure a thousand concurrent streams with ten events a second each."""
    before = resident_mb(pid_of(made))
    script, size = HERE / "streams.py", ("200", "5", str(ticks))
    with subprocess.Popen(
        [sys.executable, script, "many", made.socket, "ticks/m", *size],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        time.sleep(ticks / 10 / 2)
        during = resident_mb(pid_of(made))
        assert process.stdout is not None
        figures: Figures = json.loads(process.stdout.read())
    return "1000 open streams", {
        **figures,
        "lost": figures["expected"] - figures["arrived"],
        "KiB a stream": (during - before) * 1024 / figures["streams"],
    }


def measure_start(made: Home, times: int) -> Iterator[tuple[str, Figures]]:
    """Measure the start of a command and of the daemon."""
    environ = {**made.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = str(Path(sys.executable).with_name("aircher-cli"))

    def wall(command: list[str]) -> float:
        return median([wall_ms(command, environ) for _ in range(times + 1)][1:])

    bare = wall([sys.executable, *BARE_INTERPRETER])
    ask = wall([command, "ask", "--no-stream", "-m", "up/m", "hi"])
    yield "aircher-cli ask", {"bare interpreter ms": bare, "ask ms": ask, "ratio": ask / bare}
    ready = []
    for _ in range(3):
        made.stop()
        started = time.perf_counter()
        made.start(log_level="info")
        ready.append(time.perf_counter() - started)
    yield "exec to ready", {"ms": 1000 * min(ready)}
    time.sleep(1)
    yield "memory, idle", {"MB resident": resident_mb(pid_of(made))}


def measure(*, quick: bool) -> Iterator[tuple[str, Figures]]:
    """Run all measurements, in the order of the table."""
    ticks = 40 if quick else 100
    yield "a plan, microseconds", run("plan.py", "--json")
    yield "bytecodes a request", run("count.py", "--json")
    with upstream() as port, home() as made:
        made.write_config(CONFIG.format(port=port, flood=FLOOD, ticks=ticks))
        # Users have cached bytecode; some environments turn it off.
        made.environ["PYTHONDONTWRITEBYTECODE"] = ""
        made.start(log_level="info")
        for provider in ("up", "flood", "ticks"):
            made.login(provider, "bench-key-0123456789", "--no-verify")
        yield from measure_start(made, 5 if quick else 20)
        yield from measure_requests(made, port, 1.5 if quick else 5)
        yield from measure_streams(made, port)
        yield measure_open_streams(made, ticks)
        yield "memory, after load", {"MB resident": resident_mb(pid_of(made))}


def main() -> None:
    """Measure and print."""
    options = parse()
    if not options.json:
        python = sys.version.split()[0]
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {python}", flush=True)
    if options.http:
        over_http(options)
        return
    if options.shared:
        with_shared(options)
        return
    if options.against:
        parts = tuple(options.only or PARTS)
        how = (options.pairs, options.seconds)
        compared = against(options.against, parts, *how, quiet=options.json)
        if options.json:
            print(json.dumps(compared))
        return
    table = {}
    for name, figures in measure(quick=options.quick):
        table[name] = figures
        if not options.json:
            print(f"\n{name}")
            for what, figure in figures.items():
                print(f"  {what:<36}{figure:>14,.2f}", flush=True)
    if options.json:
        print(json.dumps(table))


def parse() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser("tests/bench", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter runs")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--against", metavar="COMMIT", help="compare with that commit's daemon")
    parser.add_argument("--http", action="store_true", help="the HTTP side, and other gateways")
    parser.add_argument("--shared", action="store_true", help="what limits of a fleet add")
    for name, where in PEERS.items():
        parser.add_argument(name, type=absolute_path, metavar="PATH", help=f"with --http: {where}")
    parser.add_argument(
        "--pairs", type=int, default=10, help="how often, with --against, --http, --shared"
    )
    parser.add_argument("--seconds", type=float, default=0.7, help="of a window, likewise")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
