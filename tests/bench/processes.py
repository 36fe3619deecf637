"""The processes of a measurement: load generators, the upstream, and the daemon's resources.

Only uses the standard library, because it may measure another commit or another gateway.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
LONGEST = 180.0
CPU_OF_PROCESS = 2
"""Linux's number for the CPU clock of a whole process, with the lower bits' meaning."""

MESSAGES = [{"role": "user", "content": "Hello, how are you?"}]
"""The small request of every load generator."""
WARM_UP = 0.5
"""Seconds before anything is counted: connections are opened, code is warmed. In a short run it is
a third of its seconds."""

Figures = dict[str, float]


class Run:
    """One run of a load generator: counts replies and keeps latencies."""

    def __init__(self, seconds: float) -> None:
        self.start = time.perf_counter() + min(WARM_UP, seconds / 3)
        self.end = self.start + seconds
        self.latencies: list[float] = []
        self.requests = 0
        self.cpu_before = time.process_time()

    def note(self, sent: float) -> bool:
        """Count the reply to the request sent at `sent`; return whether to continue."""
        now = time.perf_counter()
        self.requests += 1
        if now >= self.start:
            self.latencies.append(now - sent)
        return now < self.end

    def report(self) -> Figures:
        """Return the figures; `requests` and the generator's own CPU include the warm-up."""
        ordered = sorted(self.latencies)
        cpu = time.process_time() - self.cpu_before
        return {
            "per_second": len(ordered) / (self.end - self.start),
            "median_ms": 1000 * ordered[len(ordered) // 2],
            "p99_ms": 1000 * ordered[int(len(ordered) * 0.99)],
            "requests": self.requests,
            "client_cpu_us": 1e6 * cpu / self.requests,
        }


def run(script: str, *arguments: object, python: str = sys.executable) -> Figures:
    """Run a script of this folder to its end; return its figures."""
    done = subprocess.run(
        [python, str(HERE / script), *map(str, arguments)],
        env=own_environ(),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{script} {arguments} failed:\n{done.stderr}")
    figures: Figures = json.loads(done.stdout)
    return figures


def own_environ() -> dict[str, str]:
    """Return an environment in which each Python imports its own modules and caches bytecode."""
    given = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return {**given, "PYTHONDONTWRITEBYTECODE": ""}


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


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def cpu_us(pid: int) -> float:
    """CPU that a process has taken, all its threads with it, those that ended too.

    It is the clock of `clock_getcpuclockid`: in nanoseconds, where /proc/PID/stat has 10 ms.
    """
    return time.clock_gettime_ns((~pid << 3) | CPU_OF_PROCESS) / 1000


def wall_ms(command: list[str], environ: dict[str, str]) -> float:
    """Return the milliseconds from exec to exit of a command."""
    started = time.perf_counter()
    subprocess.run(
        command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
    )
    return 1000 * (time.perf_counter() - started)
