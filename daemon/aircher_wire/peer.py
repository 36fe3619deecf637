"""Asks the kernel which process is at the other end of a Unix socket.

For a client it is the process that called `listen`, even if another one accepts the connection. For
the daemon it is the one that called `connect`.
"""

from __future__ import annotations

import socket
import sys

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object

_SOL_LOCAL = 0  # macOS, <sys/un.h>
_LOCAL_PEERCRED = 1
_LOCAL_PEERPID = 2


class Socket(Protocol):
    """Any socket: Python's or trio's."""

    def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes:
        """Return an option as bytes."""


def peer_of(sock: Socket) -> tuple[int, int]:
    """Return the process id and the user id of the peer.

    The process id is 0 if this process cannot see it, because it is in another container.

    Raises:
        OSError: the system does not tell.
    """
    order = sys.byteorder
    if sys.platform == "darwin":
        # struct xucred: a version, the user id, and groups.
        found = sock.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, 76)
        pid = sock.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID, 4)
        return int.from_bytes(pid, order), int.from_bytes(found[4:8], order)
    # struct ucred: pid, uid, gid.
    found = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(found[:4], order), int.from_bytes(found[4:8], order)
