"""Remembers that another program took the daemon's place at its socket.

The daemon notices it, logs it and stops, because no client can reach it. The record is for the next
one: a notice for clients, once, and a finding of `doctor` for a month.
"""

import os
import socket
import time
from pathlib import Path

import msgspec

from aircher_wire.atomic_file import write_data
from aircher_wire.peer import peer_of
from aircherd.access.peer import Peer

CODE = "socket_displaced"
"""The code of the notice."""
FILE = "displaced.json"
KEEP_SECONDS = 30 * 86_400
MAX_BYTES = 8192


class Displacement(msgspec.Struct, frozen=True):
    """A program that answered at the daemon's socket. `at` is a Unix time."""

    at: float
    pid: int
    program: str | None = None

    @property
    def message(self) -> str:
        """What happened, for people."""
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.at))
        program = f" ({self.program})" if self.program else ""
        return (
            f"on {when}, process {self.pid}{program} took the place of aircherd at its socket; the "
            "daemon stopped, and clients refuse such a program. If you do not know it, find out "
            "what it is: it runs as you"
        )


def find_successor(path: Path) -> Displacement | None:
    """Return which program listens at the socket instead of us; None if it is a service manager."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(0)
        try:
            sock.connect(os.fspath(path))
            pid, uid = peer_of(sock)
        except OSError:
            return None
    peer = Peer(pid, uid)
    if pid in (0, 1, os.getpid()) or (peer.program or "").endswith("/systemd"):
        return None
    return Displacement(peer.since, pid, peer.script or peer.program)


def record(folder: Path, found: Displacement) -> None:
    """Write it for the next daemon.

    Raises:
        OSError: it cannot be written.
    """
    write_data(folder / FILE, msgspec.json.encode(found))


def read_record(folder: Path) -> Displacement | None:
    """Return what an earlier daemon recorded in the last month; None without a usable record."""
    try:
        with (folder / FILE).open("rb") as file:
            found = msgspec.json.decode(file.read(MAX_BYTES), type=Displacement)
    except (OSError, ValueError):
        return None
    return found if time.time() - found.at < KEEP_SECONDS else None


def unseen_notice(folder: Path, shown: Path) -> str | None:
    """Return the notice of a record that is newer than `shown`, the file of the last notice."""
    found = read_record(folder)
    if found is None:
        return None
    try:
        is_seen = shown.stat().st_mtime >= found.at
    except OSError:
        is_seen = False
    return None if is_seen else found.message
