"""Opens a connection where no daemon listens: starts its service, or the daemon itself."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence

from aircher_client.connection import Connection, connect
from aircher_client.errors import START_HINT, DaemonUnreachable
from aircher_wire.forward_record import ended_message, read_record

REPLACED_SECONDS = 0.2
"""systemd removes the file of an existing socket before it makes its own."""


def open_connection(
    environ: Mapping[str, str],
    path: str,
    *,
    timeout: float,
    command: Sequence[str] | None,
    on_wait: Callable[[str], object] | None,
) -> Connection:
    """Start a daemon and connect to it.

    No process listens on `path`; the other arguments are those of `Client.connect`.

    Raises:
        DaemonUnreachable: it may not be started, or could not be.
    """
    from aircher_client import autostart as starter  # noqa: PLC0415 -- brings subprocess

    forward = read_record(environ, path)
    if not starter.is_enabled(environ):
        # `daemon install` may be replacing the file of a running daemon's socket.
        time.sleep(REPLACED_SECONDS)
        if (sock := connect(path, time.monotonic() + timeout)) is not None:
            return Connection(sock)
        if forward is not None:
            raise DaemonUnreachable(ended_message(forward))
        raise DaemonUnreachable(
            f"aircherd is not running: no process listens on {path}, and AIRCHER_AUTOSTART is "
            f"off. {START_HINT}"
        )
    starter.check_directories(environ)
    sock = None if command else _connect_through_systemd(environ, path, timeout, on_wait)
    if sock is None and forward is not None:
        raise DaemonUnreachable(ended_message(forward))
    sock = sock or starter.start(
        environ,
        lambda: connect(path, time.monotonic() + timeout),
        timeout=timeout,
        command=command,
        on_wait=on_wait,
    )
    return Connection(sock)


def _connect_through_systemd(
    environ: Mapping[str, str],
    path: str,
    timeout: float,
    on_wait: Callable[[str], object] | None,
) -> socket.socket | None:
    """Return a connection to the socket of an installed service; None if there is no service."""
    from aircher_client import systemd_socket  # noqa: PLC0415 -- only where no daemon answers

    unit = systemd_socket.find_socket_unit(environ)
    if unit is None or not systemd_socket.start_socket(environ):
        return None

    def try_connect() -> socket.socket | None:
        return connect(path, time.monotonic() + timeout)

    # systemd listens, but the file of its socket may have been removed.
    return try_connect() or systemd_socket.restart_socket(
        environ, unit, try_connect, on_wait=on_wait
    )
