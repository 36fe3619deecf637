"""Counts the CPU instructions that the daemon executes per request, with valgrind.

Unlike bytecodes they include the work in C. A daemon is run twice with different numbers of
requests, and the difference is counted; it includes all threads.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from processes import HERE, upstream

from counting.inside import fresh_home, log_in, write_config

VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
FOUND = re.compile(r"I\s+refs:\s+([\d,]+)")
WARM_UP = 200
REQUESTS = 2000
"""So many more in the second life: a start's instructions are not the same every time."""


def instructions(in_flight: int) -> float:
    """Return the instructions of one request."""
    with upstream() as port:
        few, many = (_run_daemon(port, in_flight, WARM_UP + more) for more in (0, REQUESTS))
    return (many - few) / REQUESTS


def _run_daemon(port: int, in_flight: int, requests: int) -> int:
    """Run a daemon for as many requests; return its instructions from start to end."""
    with fresh_home() as path:
        write_config({"up": port})
        log = path.parent.parent / "daemon.log"
        # Sets of strings have the same order in every run.
        environ = {**os.environ, "PYTHONHASHSEED": "0"}
        with (
            log.open("w") as output,
            subprocess.Popen(
                [*VALGRIND, sys.executable, "-m", "aircherd"], env=environ, stderr=output, cwd=HERE
            ) as daemon,
        ):
            try:
                _ask(path, in_flight, requests)
            finally:
                daemon.send_signal(signal.SIGTERM)
        found = FOUND.search(log.read_text())
        if found is None:
            raise SystemExit(f"valgrind has counted nothing:\n{log.read_text()}")
        return int(found[1].replace(",", ""))


def _ask(path: Path, in_flight: int, requests: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "counting.asking", str(path), "up/m", str(in_flight)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HERE,
    ) as asking:
        assert asking.stdin is not None
        assert asking.stdout is not None
        for number in (0, requests):  # zero first: waits until the daemon runs
            asking.stdin.write(f"{number}\n")
            asking.stdin.flush()
            assert asking.stdout.readline(), "the clients gave up"
            if not number:
                log_in("up")
        asking.stdin.close()
