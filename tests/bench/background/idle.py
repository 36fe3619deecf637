"""Counts the CPU time of a daemon that has nothing to do, its watch of files included.

    .venv/bin/python tests/bench/background/idle.py

It waits until the watcher dozes, then counts for ten minutes. Printed are seconds of
CPU an hour, from the kernel's count for each thread in nanoseconds, and how often a thread woke up.
Linux only.
"""

import argparse
import json
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0, help="how long to count")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    seconds = options.seconds
    with home() as made:
        made.write_config(CONFIG)
        made.start(log_level="info")
        assert made.process is not None
        pid = made.process.pid
        time.sleep(DOZE_AFTER_SECONDS + 15)
        before, woken = cpu_seconds(pid), wake_ups(pid)
        time.sleep(seconds)
        used, woken = cpu_seconds(pid) - before, wake_ups(pid) - woken
    figures = {"cpu_s_an_hour": used / seconds * 3600, "wake_ups_a_second": woken / seconds}
    text = "{cpu_s_an_hour:.3f} s of CPU an hour, {wake_ups_a_second:.2f} wake-ups a second"
    print(json.dumps(figures) if options.json else text.format(**figures))


if __name__ == "__main__":
    main()
