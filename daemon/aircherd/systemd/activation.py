"""The sockets that the service manager opened for this process, as in sd_listen_fds(3).

They are the descriptors 3, 4, ... of the process in LISTEN_PID; LISTEN_FDNAMES has their names,
separated by colons. The manager keeps them open when the daemon ends, so clients that connect
meanwhile wait for the next daemon.
"""

import os
import socket
from collections.abc import MutableMapping, Sequence
from pathlib import Path

import structlog

from aircher_wire.address import AddressError

VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
FIRST_DESCRIPTOR = 3
MAX_SOCKETS = 256
"""More than any unit has; a higher number is garbage."""

NAMES = ("aircher", "aircher.socket", "aircherd.socket")
"""What units call the socket of clients: `FileDescriptorName=`, by default the unit's own name."""

HTTP_NAME = "aircher-http"
"""`FileDescriptorName=` of a unit of its own for HTTP clients. In ours, the path tells."""

UNIT = "aircherd.socket"

log = structlog.get_logger()


class PassedSocket:
    """A passed socket and its name."""

    def __init__(self, name: str, sock: socket.socket) -> None:
        self.name = name
        self.sock = sock

    def is_for_http(self, path: Path) -> bool:
        """Return whether it is meant for HTTP clients, by its name or because it is at `path`."""
        if self.name == HTTP_NAME:
            return True
        if self.sock.family != socket.AF_UNIX:
            return False
        return _is_same(os.fsdecode(self.sock.getsockname()), path)

    def problem(self, path: Path) -> str | None:
        """Return why it cannot serve clients at `path`, None if it can."""
        sock = self.sock
        if not (sock.family == socket.AF_UNIX and sock.type == socket.SOCK_STREAM):
            return f"is not a Unix stream socket: write ListenStream={path}"
        if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return "does not listen: write Accept=no"
        bound = os.fsdecode(sock.getsockname()).replace("\0", "@")  # of an abstract socket
        if not _is_same(bound, path):
            return f"listens on {bound}, but clients connect to {path}: write ListenStream={path}"
        if not path.is_socket():
            return f"has lost its file {path}: run 'systemctl --user restart {UNIT}'"
        return None

    def __repr__(self) -> str:
        return f"<PassedSocket {self.name}: {self.sock!r}>"


def take_sockets(environ: MutableMapping[str, str], pid: int) -> list[PassedSocket]:
    """Return the sockets passed to this process; child processes will not inherit them.

    The variables are removed. What is passed to another process, and descriptors that are no
    sockets, are ignored.
    """
    owner, number, names = (environ.pop(name, "") for name in VARIABLES)
    if owner != str(pid):
        return []
    if not (number.isascii() and number.isdigit() and int(number[:9]) <= MAX_SOCKETS):
        log.warning("passed_sockets_ignored", LISTEN_FDS=number[:40])
        return []
    labels = names.split(":") if names else []
    passed = []
    for index in range(int(number)):
        name = labels[index] if index < len(labels) else "unknown"
        sock = _adopt(FIRST_DESCRIPTOR + index, name)
        if sock is not None:
            passed.append(PassedSocket(name, sock))
    return passed


def choose_socket(passed: Sequence[PassedSocket], path: Path) -> socket.socket | None:
    """Return the socket for clients at `path`, None if no socket was passed; close the others.

    It is chosen by its name. A single socket may have any name.

    Raises:
        AddressError: none of the passed sockets can serve these clients.
    """
    if not passed:
        return None
    chosen = next((each for each in passed if each.name in NAMES), passed[0])
    if chosen.name not in NAMES and len(passed) > 1:
        listed = ", ".join(each.name for each in passed)
        _close(passed)
        raise AddressError(
            f"none of the sockets that systemd passed ({listed}) is named {NAMES[0]}: write "
            f"FileDescriptorName={NAMES[0]} in the socket unit of {path}"
        )
    others = [each for each in passed if each is not chosen]
    if others:
        log.warning("passed_sockets_ignored", names=[each.name for each in others])
    _close(others)
    if problem := chosen.problem(path):
        _close([chosen])
        raise AddressError(
            f"the socket {chosen.name} that systemd passed {problem} (see it with "
            f"'systemctl --user cat {UNIT}')"
        )
    chosen.sock.setblocking(False)
    return chosen.sock


def split_sockets(
    passed: Sequence[PassedSocket], http_path: Path
) -> tuple[list[PassedSocket], list[PassedSocket]]:
    """Return the sockets for the daemon's own clients, and those for HTTP clients."""
    for_http = [each for each in passed if each.is_for_http(http_path)]
    return [each for each in passed if each not in for_http], for_http


def choose_http_socket(passed: Sequence[PassedSocket], path: Path) -> socket.socket | None:
    """Return the socket for HTTP clients at `path`, None if none was passed, or it cannot serve."""
    _, for_http = split_sockets(passed, path)
    if not for_http:
        return None
    chosen = for_http[0]
    _close(for_http[1:])
    if problem := chosen.problem(path):
        log.warning("passed_socket_ignored", name=chosen.name, error=problem)
        _close([chosen])
        return None
    chosen.sock.setblocking(False)
    return chosen.sock


def _adopt(descriptor: int, name: str) -> socket.socket | None:
    try:
        os.set_inheritable(descriptor, False)
        return socket.socket(fileno=descriptor)
    except OSError as error:
        log.warning("passed_socket_ignored", name=name, descriptor=descriptor, error=str(error))
        return None


def _is_same(bound: str, path: Path) -> bool:
    """Return whether two paths are the same, symlinked directories included."""
    return bound == str(path) or os.path.realpath(bound) == os.path.realpath(path)


def _close(passed: Sequence[PassedSocket]) -> None:
    for each in passed:
        each.sock.close()
