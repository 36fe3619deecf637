"""Sends messages to the service manager: one datagram each, to the socket in NOTIFY_SOCKET.

The protocol is described in sd_notify(3). Sending never waits and never raises: the daemon serves
its clients whether or not the manager listens.
"""

import os
import socket
from collections import deque
from collections.abc import MutableMapping

import structlog

VARIABLE = "NOTIFY_SOCKET"
MAX_UNSENT = 64
"""Messages that are kept while the manager does not read; older ones are dropped."""

log = structlog.get_logger()


class Notifier:
    """Sends messages to one address: a path, or the name of an abstract socket after an `@`.

    If the manager's queue is full, messages are kept until the next call. The first failure is
    logged, later ones are not.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket_name = b"\0" + os.fsencode(address[1:]) if address[0] == "@" else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._unsent: deque[bytes] = deque(maxlen=MAX_UNSENT)
        self._has_failed = False

    def send(self, *assignments: str) -> None:
        """Send one message with assignments such as `READY=1`; a line break would begin another."""
        lines = (" ".join(assignment.splitlines()) for assignment in assignments)
        self._unsent.append("\n".join(lines).encode(errors="replace"))
        self.flush()

    def flush(self) -> None:
        """Send the messages that the manager had no room for."""
        while self._unsent:
            try:
                # By name each time: a manager that was updated has a new socket there.
                self._socket.sendto(self._unsent[0], self._socket_name)
            except BlockingIOError:
                return
            except OSError as error:
                self._unsent.clear()
                self._log_failure(error)
                return
            self._unsent.popleft()

    def _log_failure(self, error: OSError) -> None:
        if not self._has_failed:
            log.warning("service_manager_unreachable", socket=self.address, error=str(error))
        self._has_failed = True

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __repr__(self) -> str:
        return f"<Notifier of {self.address}, {len(self._unsent)} unsent>"


def take_notifier(environ: MutableMapping[str, str]) -> Notifier | None:
    """Return the notifier of this process, None if no manager listens.

    The variable is removed, so that no child process sends messages in the daemon's name.
    """
    address = environ.pop(VARIABLE, "")
    if not address:
        return None
    if address[0] not in "/@" or len(address) == 1:
        log.warning("service_manager_unreachable", socket=address, error="not a path or @name")
        return None
    return Notifier(address)
