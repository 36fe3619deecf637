"""Who holds the daemon's locks: the process that a daemon of ours found in its way.

A daemon writes its process and its socket into its lock files. The locks themselves are not tried:
for the moment we had one, a daemon that starts just then would find it taken.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aircher_wire import address

MAX_BYTES = 8192
"""Bytes of a lock file that are read; a process id and a path are far fewer."""


class LockHolder(NamedTuple):
    """A living daemon: its process id and the socket it serves, or served until it was stopped."""

    pid: int
    socket: str

    def serves(self, path: str) -> bool:
        """Whether `path` is this daemon's socket, by whatever name its directory is called."""
        return os.path.realpath(self.socket) == os.path.realpath(path)


def find_lock_holder(environ: Mapping[str, str]) -> LockHolder | None:
    """Return who holds the locks of a daemon for this environment; None if nobody alive does.

    To be asked once a daemon has found the locks taken: an old file may name a process whose number
    somebody else has by now.
    """
    for file in address.lock_files(environ):
        holder = read_lock_holder(file)
        if holder is not None and not is_gone(holder.pid):
            return holder
    return None


def read_lock_holder(lock_file: Path) -> LockHolder | None:
    """Return what a lock file says; None if it is not there, or not written yet."""
    try:
        descriptor = os.open(lock_file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        text = os.read(descriptor, MAX_BYTES).decode(errors="surrogateescape")
    except OSError:
        return None
    finally:
        os.close(descriptor)
    pid, _, rest = text.partition("\n")
    socket = rest.removesuffix("\n")
    return LockHolder(int(pid), socket) if pid.isdecimal() and int(pid) > 0 and socket else None


def is_gone(pid: int) -> bool:
    """Tell whether a process of ours has ended.

    One that has ended but was not waited for, as happens where process 1 is no real init, counts as
    gone: it holds no lock and no socket any more.
    """
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError, OverflowError):
        return True  # a number that somebody else has by now, or that none can have, is gone too
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[:1] == [b"Z"]
    except OSError:
        return False
