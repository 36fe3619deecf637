"""Instructions of the processor that the daemon carries out for a request, counted by valgrind.

They tell what bytecodes do not: the work inside of C. A daemon is run twice, once for more requests
than the other time, and the difference is theirs; all its threads are in it.
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
    """Instructions of one request."""
    with upstream() as port:
        few, many = (_life(port, in_flight, WARM_UP + more) for more in (0, REQUESTS))
    return (many - few) / REQUESTS


def _life(port: int, in_flight: int, requests: int) -> int:
    """Run a daemon for so many requests; return its instructions from start to end."""
    with fresh_home() as path:
        write_config({"up": port})
        log = path.parent.parent / "daemon.log"
        # Sets and dicts of text are in the same order in every life.
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
        for number in (0, requests):  # none at first: the daemon is there when they are answered
            asking.stdin.write(f"{number}\n")
            asking.stdin.flush()
            assert asking.stdout.readline(), "the clients gave up"
            if not number:
                log_in("up")
        asking.stdin.close()
