"""Finds the process that holds the daemon's locks.

A daemon writes its process id and its socket into its lock files. The locks themselves are not
tried: a daemon that starts while we held one would find it taken.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aircher_wire import address

MAX_BYTES = 8192
"""Bytes to read of a lock file; a process id and a path need far less."""


FORWARD = "forward from "
"""How the fourth line begins if the holder is a forward: the machine of the daemon follows."""


class LockHolder(NamedTuple):
    """A daemon that is running or stopping: its process id and its socket.

    `listener` is the process that has opened the socket, if it is another one.
    """

    pid: int
    socket: str
    listener: int | None = None

    def serves(self, path: str) -> bool:
        """Tell whether `path` is this daemon's socket; symbolic links are resolved."""
        return os.path.realpath(self.socket) == os.path.realpath(path)


def find_lock_holder(environ: Mapping[str, str]) -> LockHolder | None:
    """Return the live process that holds the locks for this environment; None if there is none.

    Call it only after a daemon has found the locks taken: an old lock file may name a process id
    that another process has by now.
    """
    for file in address.lock_files(environ):
        holder = read_lock_holder(file)
        if holder is not None and not is_gone(holder.pid):
            return holder
    return None


def find_draining_daemon(environ: Mapping[str, str]) -> LockHolder | None:
    """Return the daemon that holds the locks although none listens; None if there is none.

    It finishes its requests before it stops, is not ready yet, or serves another socket.
    """
    for file in address.lock_files(environ):
        holder = read_lock_holder(file)
        if holder is not None and not is_gone(holder.pid) and _is_locked(file):
            return holder
    return None


def explain_elsewhere(holder: LockHolder, socket_path: str) -> str:
    """Say which socket a running daemon serves instead of `socket_path`, and what to do."""
    return (
        f"another aircherd (process {holder.pid}) holds your keys and serves {holder.socket}, "
        f"not {socket_path}: set AIRCHER_SOCKET={holder.socket}, or use the same "
        "XDG_RUNTIME_DIR. 'aircher-cli daemon restart' starts one here instead"
    )


def _is_locked(file: Path) -> bool:
    """Tell whether a process holds the lock. An old lock file may name a reused process id."""
    return lock_line(file) is not None


def lock_line(file: Path) -> str | None:
    """Return the kernel's line about the lock on a file, with the process; None if it is free."""
    try:
        locks = Path("/proc/locks").read_text(encoding="ascii")
        found = file.stat()
    except OSError:
        return None
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    return next((line for line in locks.splitlines() if f" {device} " in line), None)


def forward_origin(lock_file: Path) -> str | None:
    """Return the machine that a forward leads to, None if the holder is a daemon, or unknown."""
    line = next(iter(read_lines(lock_file)[3:4]), "")
    return line.removeprefix(FORWARD) if line.startswith(FORWARD) else None


def find_forward(environ: Mapping[str, str]) -> str | None:
    """Return the machine whose daemon is used here through a forward; None if there is none."""
    for file in address.lock_files(environ):
        origin = forward_origin(file)
        if origin is not None and _is_locked(file):
            return origin
    return None


def read_lines(lock_file: Path) -> list[str]:
    """Return the lines of a lock file; none if it cannot be read."""
    try:
        descriptor = os.open(lock_file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return []
    try:
        return os.read(descriptor, MAX_BYTES).decode(errors="surrogateescape").split("\n")
    except OSError:
        return []
    finally:
        os.close(descriptor)


def read_lock_holder(lock_file: Path) -> LockHolder | None:
    """Parse a lock file; return None if it is missing or not written yet."""
    pid, socket, listener = (*read_lines(lock_file), "", "", "")[:3]
    if not (pid.isdecimal() and int(pid) > 0 and socket):
        return None
    return LockHolder(int(pid), socket, int(listener) if listener.isdecimal() else None)


def is_gone(pid: int) -> bool:
    """Tell whether a process of this user has ended.

    A zombie counts as gone, since it holds no locks and no sockets. There are zombies where process
    1 is not a real init, as in some containers.
    """
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError, OverflowError):
        return True  # the id was reused by another user's process, or is out of range
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[:1] == [b"Z"]
    except OSError:
        return False
