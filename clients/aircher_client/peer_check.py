# ruff: noqa: PTH123 -- no pathlib on the way to the socket
"""Checks which process answers at the socket, before anything is sent to it.

1. It runs as this user or as root. Root may read everything of this user anyway, and opens the
   sockets of a system's service manager.
2. It is the daemon: the process that the lock file next to the socket names, or the service manager
   that listens for it. A program that took the daemon's place at the socket is refused.

The second check stops mistakes and simple tricks only: a hostile program of the same user can write
the lock file, too.
"""

from __future__ import annotations

import os
import socket

from aircher_client.errors import DaemonUnreachable
from aircher_wire.owners import ROOT
from aircher_wire.peer import peer_of

MAX_BYTES = 512
"""Bytes to read of a lock file: two process ids and the path of a socket."""
INIT = 1
"""The process that is the service manager of the system: systemd, launchd."""


def is_daemon(sock: socket.socket, path: str) -> bool:
    """Tell whether the daemon answers at the socket `path`; False if the process has just ended.

    Raises:
        DaemonUnreachable: a process of another user answers, or one that is not the daemon.
    """
    try:
        pid, uid = peer_of(sock)
    except OSError as error:
        raise DaemonUnreachable(
            f"cannot tell which process answers at {path} ({error.strerror}): nothing was sent"
        ) from None
    if uid not in (os.getuid(), ROOT):
        raise DaemonUnreachable(
            f"a process of another user (uid {uid}) answers at {path}: nothing was sent. Remove "
            "that file, or set AIRCHER_SOCKET to a path that only you can write"
        )
    named = _named_in(path + ".lock")
    # A process in another container has no id here. Without a lock file there is no other daemon.
    if not named or pid in named or pid in (0, INIT) or is_systemd(pid):
        return True
    from aircher_client.impostor import is_holder  # noqa: PLC0415 -- rarely needed

    return is_holder(pid, path)


def is_systemd(pid: int) -> bool:
    """Tell whether a process is a systemd, which listens for the daemon."""
    try:
        with open(f"/proc/{pid}/comm", "rb") as file:
            return file.read(16).strip() == b"systemd"
    except OSError:
        return False


def _named_in(lock_file: str) -> tuple[int, ...]:
    """Return the processes in a lock file: the daemon, and the one that opened its socket."""
    try:
        descriptor = os.open(lock_file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return ()
    try:
        lines = os.read(descriptor, MAX_BYTES).split(b"\n")
    except OSError:
        return ()
    finally:
        os.close(descriptor)
    return tuple(int(line) for line in (lines[0], *lines[2:3]) if line.isdigit())
