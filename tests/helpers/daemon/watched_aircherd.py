"""`aircherd` that writes counts of its resources to the JSON file `WATCHED_FILE` on SIGUSR1.

A process that is not dumpable shows its descriptors only to itself and root, and its tasks to no
other process, so it counts them itself. `WATCHED_NOFILE` limits its descriptors at startup.
Started by `helpers.daemon.load.watched_daemon`.
"""

import gc
import itertools
import json
import os
import resource
import signal
import sys
from pathlib import Path
from types import FrameType

import trio

from aircherd.__main__ import main
from aircherd.ipc.outbox import Outbox
from aircherd.ipc.session import Session
from aircherd.providers.transport.connection import Connection

NUMBERS = itertools.count(1)


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
        "waiting_bytes": sum(each.size for each in found if type(each) is Outbox),
    }


def write_count(_number: int, _frame: FrameType | None) -> None:
    """Write the counts to the file atomically."""
    target = Path(os.environ["WATCHED_FILE"])
    part = target.with_suffix(".part")
    part.write_text(json.dumps(count()))
    part.replace(target)


if __name__ == "__main__":
    if limit := os.environ.get("WATCHED_NOFILE"):
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(limit), int(limit)))
    signal.signal(signal.SIGUSR1, write_count)
    sys.exit(main())
