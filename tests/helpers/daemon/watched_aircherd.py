"""`aircherd` that writes counts of its resources to the JSON file `WATCHED_FILE` on SIGUSR1.

A process that is not dumpable shows its descriptors only to itself and root, and its tasks to no
other process, so it counts them itself. `WATCHED_NOFILE` limits its descriptors at startup. With
`WATCHED_LOOP`, the longest turn of the event loop since the last count is measured, in CPU time.
Started by `helpers.daemon.load.watched_daemon`.
"""

import functools
import gc
import itertools
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import trio

from aircherd.__main__ import main
from aircherd.ipc.outbox import Outbox
from aircherd.ipc.session import Session
from aircherd.providers.transport.connection import Connection

NUMBERS = itertools.count(1)


class LongestTurn(trio.abc.Instrument):
    """The most CPU time, in seconds, between two looks of the event loop for what has happened."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def after_io_wait(self, timeout: float) -> None:
        self._began = time.thread_time()

    def before_io_wait(self, timeout: float) -> None:
        self.seconds = max(self.seconds, time.thread_time() - self._began)

    def take(self) -> int:
        """Return the microseconds, and begin again."""
        found, self.seconds = self.seconds, 0.0
        return round(1e6 * found)

    def leave_out(self, seconds: float) -> None:
        """Leave out time of the turn under way."""
        self._began += seconds


LOOP = LongestTurn()


def count() -> dict[str, int]:
    """Return the live objects; garbage is collected first, because it is no leak."""
    gc.collect()
    found = gc.get_objects()
    return {
        "number": next(NUMBERS),
        "tasks": trio.lowlevel.current_statistics().tasks_living,
        "descriptors": len(list(Path("/proc/self/fd").iterdir())) - 1,  # less the one for looking
        "sessions": sum(type(each) is Session for each in found),
        "connections": sum(type(each) is Connection for each in found),
        "loop_us": LOOP.take(),  # 0 unless it is measured
        "waiting_bytes": sum(each.size for each in found if type(each) is Outbox),
    }


def write_count(_number: int, _frame: FrameType | None) -> None:
    """Write the counts to the file atomically."""
    began = time.thread_time()
    target = Path(os.environ["WATCHED_FILE"])
    part = target.with_suffix(".part")
    part.write_text(json.dumps(count()))
    part.replace(target)
    LOOP.leave_out(time.thread_time() - began)


if __name__ == "__main__":
    if limit := os.environ.get("WATCHED_NOFILE"):
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(limit), int(limit)))
    if "WATCHED_LOOP" in os.environ:
        trio.run = functools.partial(trio.run, instruments=[LOOP])
    signal.signal(signal.SIGUSR1, write_count)
    sys.exit(main())
