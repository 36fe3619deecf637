"""Decides about a process that answers at the socket and is not the one in the lock file."""

import os
from pathlib import Path

from aircher_client.errors import DaemonUnreachable
from aircher_client.lock_holder import is_gone, lock_line, read_lock_holder


def is_holder(pid: int, path: str) -> bool:
    """Tell whether `pid`, which answers at the socket `path`, holds its lock; False if it is gone.

    Raises:
        DaemonUnreachable: it does not hold the lock, so it is not the daemon.
    """
    lock_file = Path(path + ".lock")
    line = lock_line(lock_file)
    # A daemon in a container writes the process id that it has there; the kernel translates it.
    if line is not None and f" {pid} " in line:
        return True
    holder = read_lock_holder(lock_file)
    if holder is None or is_gone(pid):  # one daemon has ended, and the next one starts
        return False
    if pid in (holder.pid, holder.listener):
        return True
    what = f"process {pid}{_program(pid)} answers at {path}, and it is not aircherd"
    if line is not None:
        what += f", which runs as process {holder.pid}"
        cure = f"end it (kill {pid}), then run 'aircher-cli daemon restart'"
    else:
        cure = f"end it (kill {pid}); if you trust it, remove {lock_file}"
    raise DaemonUnreachable(f"{what}: nothing was sent. {cure[0].upper()}{cure[1:]}")


def _program(pid: int) -> str:
    try:
        return f" ({os.readlink(f'/proc/{pid}/exe')})"  # noqa: PTH115 -- a text
    except OSError:
        return ""
