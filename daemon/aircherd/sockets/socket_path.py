"""A Unix socket at a path, for the holder of the daemon's locks."""

import errno
import os
import socket
import stat
from pathlib import Path

from aircher_wire import address

BACKLOG = 512
"""Clients that may wait to be accepted: enough for a burst of editors and scripts."""


class InUse(Exception):
    """Another program listens at the path."""


def remove_stale_socket(path: Path) -> None:
    """Remove the socket of a killed daemon. We hold the locks, so no running daemon uses it.

    Raises:
        InUse: another program listens there, or that is not known.
        AddressError: something else is in the way.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise address.AddressError(
            f"{path} is in the way: it is not a socket. Move it away, or set AIRCHER_SOCKET"
        )
    # Of another type, so that it is not a connection: for one, systemd would start a service.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            if error.errno != errno.EPROTOTYPE:
                raise InUse(f"cannot tell whether {path} is in use: {error}") from None
    raise InUse(f"another program that is not aircherd listens on {path}")


def listen_at(path: Path) -> socket.socket:
    """Return a socket that listens at `path`, with mode 0600.

    Raises:
        OSError: it cannot be bound.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(os.fspath(path))
        # No client can connect before listen(), and the directory has mode 0700.
        path.chmod(0o600)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from one that replaced it; None if there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
