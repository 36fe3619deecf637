"""Counts the CPU time of a daemon that has nothing to do, its watch of files included.

    .venv/bin/python tests/bench/background/idle.py [SECONDS]

It waits until the watcher dozes, then counts for SECONDS (600 by default). Printed are seconds of
CPU an hour, from the kernel's count for each thread in nanoseconds, and how often a thread woke up.
Linux only.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from aircherd.config.watcher.watch_thread import DOZE_AFTER_SECONDS
from helpers.daemon.real_daemon import home

CONFIG = '[providers.ollama]\nbase_url = "http://127.0.0.1:1"\n'


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of all threads so far."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) for file in files) / 1e9


def wake_ups(pid: int) -> int:
    """Return how often a thread of the process began to run."""
    lines = [
        line
        for file in Path(f"/proc/{pid}/task").glob("*/status")
        for line in file.read_text().splitlines()
    ]
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt"))


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    with home() as made:
        made.write_config(CONFIG)
        made.start(log_level="info")
        assert made.process is not None
        pid = made.process.pid
        time.sleep(DOZE_AFTER_SECONDS + 15)
        before, woken = cpu_seconds(pid), wake_ups(pid)
        time.sleep(seconds)
        used, woken = cpu_seconds(pid) - before, wake_ups(pid) - woken
    print(f"{used / seconds * 3600:.3f} s of CPU an hour, {woken / seconds:.2f} wake-ups a second")


if __name__ == "__main__":
    main()
