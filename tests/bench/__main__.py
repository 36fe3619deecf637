"""One command, one table: what the daemon costs, against a bare client in the same run.

    .venv/bin/python tests/bench            everything, about two minutes
    .venv/bin/python tests/bench --quick    shorter runs, for a look
    .venv/bin/python tests/bench --json     the figures for a script

`docs/performance.md` says how to read it. Nothing here asserts a time; a person compares.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from helpers.running import Home, home  # noqa: E402 - the path comes first

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
FLOOD = 64 * 1600
"""Events of one stream in the flood."""
BARE_INTERPRETER = ["-I", "-c", "import socket, msgpack"]

Figures = dict[str, float]


def run(script: str, *arguments: object) -> Figures:
    """Run a load generator to its end; return what it measured."""
    done = subprocess.run(
        [sys.executable, str(HERE / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{script} {arguments} failed:\n{done.stderr}")
    figures: Figures = json.loads(done.stdout)
    return figures


@contextmanager
def upstream() -> Iterator[int]:
    """Run the upstream; give its port."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "upstream.py")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def resident_mb(made: Home) -> float:
    """Resident memory of the daemon."""
    assert made.process is not None
    status = Path(f"/proc/{made.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def wall(command: list[str], environ: dict[str, str], times: int) -> list[float]:
    """Run a command `times` times; return the milliseconds of each, the first one left out."""
    taken = []
    for _ in range(times + 1):
        started = time.perf_counter()
        subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
        )
        taken.append(1000 * (time.perf_counter() - started))
    return taken[1:]


def measure_requests(made: Home, port: int, seconds: float) -> Iterator[tuple[str, Figures]]:
    """Requests per second and latencies, side by side."""
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
    """Stream events per second, side by side."""
    for streams in (1, 8):
        bare = run("streams.py", "direct", port, f"/s/{FLOOD}/v1/chat/completions", streams)
        ours = run("streams.py", "flood", made.socket, "flood/m", streams)
        yield (
            f"{streams} streams",
            {
                "bare events/s": bare["events_per_second"],
                "ours events/s": ours["events_per_second"],
                "ratio": ours["events_per_second"] / bare["events_per_second"],
            },
        )


def measure_open_streams(made: Home, ticks: int) -> tuple[str, Figures]:
    """A thousand streams at once, ten events a second each."""
    before = resident_mb(made)
    script, size = HERE / "streams.py", ("200", "5", str(ticks))
    with subprocess.Popen(
        [sys.executable, script, "many", made.socket, "ticks/m", *size],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        time.sleep(ticks / 10 / 2)
        during = resident_mb(made)
        assert process.stdout is not None
        figures: Figures = json.loads(process.stdout.read())
    return "1000 open streams", {
        **figures,
        "lost": figures["expected"] - figures["arrived"],
        "KiB a stream": (during - before) * 1024 / figures["streams"],
    }


def measure_start(made: Home, times: int) -> Iterator[tuple[str, Figures]]:
    """What a person waits for: a command, and the daemon's own start."""
    environ = {**made.environ, "PYTHONDONTWRITEBYTECODE": ""}
    bare = median(wall([sys.executable, *BARE_INTERPRETER], environ, times))
    command = str(Path(sys.executable).with_name("aircher-cli"))
    ask = median(wall([command, "ask", "--no-stream", "-m", "up/m", "hi"], environ, times))
    yield "aircher-cli ask", {"bare interpreter ms": bare, "ask ms": ask, "ratio": ask / bare}
    ready = []
    for _ in range(3):
        made.stop()
        started = time.perf_counter()
        made.start(log_level="info")
        ready.append(time.perf_counter() - started)
    yield "exec to ready", {"ms": 1000 * min(ready)}
    time.sleep(1)
    yield "memory, idle", {"MB resident": resident_mb(made)}


def measure(*, quick: bool) -> Iterator[tuple[str, Figures]]:
    """All measurements, in the order of the table."""
    ticks = 40 if quick else 100
    yield "a plan, microseconds", run("plan.py", "--json")
    with upstream() as port, home() as made:
        made.write_config(CONFIG.format(port=port, flood=FLOOD, ticks=ticks))
        # Bytecode is cached on a user's machine; some environments turn that off.
        made.environ["PYTHONDONTWRITEBYTECODE"] = ""
        made.start(log_level="info")
        for provider in ("up", "flood", "ticks"):
            made.login(provider, "bench-key-0123456789", "--no-verify")
        yield from measure_start(made, 5 if quick else 20)
        yield from measure_requests(made, port, 1.5 if quick else 5)
        yield from measure_streams(made, port)
        yield measure_open_streams(made, ticks)
        yield "memory, after load", {"MB resident": resident_mb(made)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter runs, for a look")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    table = {}
    if not options.json:
        python = sys.version.split()[0]
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {python}")
    for name, figures in measure(quick=options.quick):
        table[name] = figures
        if not options.json:
            print(f"\n{name}")
            for what, figure in figures.items():
                print(f"  {what:<36}{figure:>14,.2f}", flush=True)
    if options.json:
        print(json.dumps(table))


if __name__ == "__main__":
    main()
