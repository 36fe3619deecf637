"""Listening sockets of a port, on this machine's own addresses only."""

import errno
import socket
from collections.abc import Sequence

BACKLOG = 512
ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
ATTEMPTS = 20
"""Ports that are tried for both addresses, if the system chooses."""
_NO_SUCH_ADDRESS = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})


def listen(port: int) -> list[socket.socket]:
    """Return sockets that listen at a port, 0 for one that the system chooses.

    It is the same port at both addresses, or none: `localhost` may mean either, and a program of
    another user at one of them would get what is meant for us, tokens included. Without IPv6 it is
    127.0.0.1 alone.

    Raises:
        OSError: it is in use, or may not be used.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _listen(port)
        except OSError as error:
            if port or error.errno != errno.EADDRINUSE or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def _listen(port: int) -> list[socket.socket]:
    found: list[socket.socket] = []
    try:
        for family, host in ADDRESSES:
            if (sock := _bound(family, host, port)) is not None:
                found.append(sock)
                port = port_of(found)
    except BaseException:
        close(found)
        raise
    return found


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket | None:
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        if _is_missing(family, error):
            return None
        raise
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except BaseException as error:
        sock.close()
        if _is_missing(family, error):
            return None
        raise
    return sock


def _is_missing(family: socket.AddressFamily, error: BaseException) -> bool:
    """Return whether the machine has no IPv6."""
    is_v6 = family == socket.AF_INET6
    return is_v6 and isinstance(error, OSError) and error.errno in _NO_SUCH_ADDRESS


def port_of(sockets: Sequence[socket.socket]) -> int:
    """Return the port at which they listen."""
    port: int = sockets[0].getsockname()[1]
    return port


def close(sockets: Sequence[socket.socket]) -> None:
    """Close them."""
    for sock in sockets:
        sock.close()


def problem_of(port: int, error: OSError) -> str:
    """Return why a port cannot be opened, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is in use by another program (see it with 'ss -ltnp sport = :{port}'): "
            "end it, or set [http] port to another one; if it is another user's, revoke the tokens "
            "that tools have sent there"
        )
    if error.errno == errno.EACCES:
        return f"port {port} may not be used by a user's program: set [http] port to one above 1023"
    return f"port {port} cannot be opened: {error.strerror}"
