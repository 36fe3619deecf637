"""One connected socket: sends bytes, receives frames, and raises the client's own errors."""

import errno
import os
import socket
import time
from collections import deque

from aircher_client.errors import ConnectionLost, DaemonUnreachable, NoAnswer
from aircher_client.peer_check import is_daemon, is_systemd
from aircher_wire import address
from aircher_wire.frames import Decoder, Frame
from aircher_wire.peer import peer_of

READ_SIZE = 65_536
POLL_SECONDS = 0.01
"""Seconds between two attempts to connect."""


class Connection:
    """The transport of a conversation. Deadlines are `time.monotonic()` values; None means none.

    Failures: after an interrupted or failed `send` the peer may have received half a frame, so the
    connection closes itself; `is_send_lost` tells that the peer was gone. `receive` fails for good
    once the peer has closed the connection or broken the protocol.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._decoder = Decoder()
        self._inbox: deque[Frame] = deque()
        self.has_received = False
        self.last_heard = 0.0  # when bytes last arrived
        self.is_send_lost = False
        self.is_closed = False

    def send(self, data: bytes, deadline: float | None) -> None:
        """Send all of `data`.

        Raises:
            ConnectionLost: the daemon closed the connection.
            NoAnswer: the daemon does not read before the deadline.
        """
        try:
            self._set_deadline(deadline)
            self._sock.sendall(data)
        except TimeoutError:
            self.close()
            raise NoAnswer("aircherd does not read its socket") from None
        except OSError as error:
            self.is_send_lost = True
            raise self._lost(error) from None
        except BaseException:
            self.close()
            raise

    def send_if_possible(self, data: bytes) -> None:
        """Send a small frame unless the kernel has no room; `receive` reports a lost connection.

        The kernel takes a few bytes whole or not at all.
        """
        try:
            self._sock.settimeout(0)
            self._sock.send(data)
        except OSError:
            return

    def receive(self, deadline: float | None) -> Frame:
        """Return the next frame.

        Raises:
            ConnectionLost: the daemon closed the connection, or sent an invalid frame.
            NoAnswer: the deadline has passed; the connection remains usable.
        """
        while not self._inbox:
            if self._decoder.error is not None:
                self.close()
                raise ConnectionLost(f"aircherd sent an invalid frame: {self._decoder.error}")
            self._inbox += self._decoder.feed(self._read(deadline))
        return self._inbox.popleft()

    @property
    def has_pending(self) -> bool:
        """Whether a frame has been received that `receive` has not returned yet."""
        return bool(self._inbox)

    def fileno(self) -> int:
        """Return the descriptor of the socket, for `select`."""
        return self._sock.fileno()

    def _read(self, deadline: float | None) -> bytes:
        try:
            self._set_deadline(deadline)
            data = self._sock.recv(READ_SIZE)
        except TimeoutError:
            raise NoAnswer("aircherd did not answer in time") from None
        except OSError as error:
            raise self._lost(error) from None
        if not data:
            raise self._lost(None)
        self.has_received = True
        self.last_heard = time.monotonic()
        return data

    def _set_deadline(self, deadline: float | None) -> None:
        if deadline is None:
            self._sock.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)

    def _lost(self, error: OSError | None) -> ConnectionLost:
        self.close()
        return ConnectionLost(f"aircherd closed the connection{f': {error}' if error else ''}")

    def peer_pid(self) -> int | None:
        """Return the process id of the daemon; None if the system does not tell."""
        try:
            return peer_of(self._sock)[0] or None
        except OSError:
            return None

    def path(self) -> str:
        """Return the path of the socket that this connects to; "" if the system does not tell."""
        try:
            return os.fsdecode(self._sock.getpeername())
        except (OSError, TypeError):
            return ""

    def is_to_systemd(self) -> bool:
        """Tell whether systemd, not the daemon, has opened the socket that this connects to."""
        return is_systemd(self.peer_pid() or 0)

    def abort(self) -> None:
        """End the connection from another thread: closing the socket would not end its wait."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it is closed already

    def close(self) -> None:
        """Close the socket; the daemon cancels its requests. Idempotent."""
        self.is_closed = True
        self._sock.close()

    def __repr__(self) -> str:
        return f"<Connection {'closed' if self.is_closed else 'open'}, {len(self._inbox)} frames>"


def try_connect(path: str) -> socket.socket | None:
    """Connect to the daemon's socket; return None if no daemon listens.

    Nothing is sent before it is known that the daemon of this user answers.

    Raises:
        DaemonUnreachable: the socket or its directory is unsafe or cannot be used, or another
            process answers.
    """
    try:
        address.check_length(path)
        address.check_directory(os.path.dirname(path), os.getuid())  # noqa: PTH120 -- see address
    except FileNotFoundError:
        return None
    except address.AddressError as error:
        raise DaemonUnreachable(str(error)) from None
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(0)  # a local socket connects at once unless its queue is full
        sock.connect(path)
        is_ours = is_daemon(sock, path)
    except (FileNotFoundError, ConnectionRefusedError):
        sock.close()
        return None
    except BlockingIOError:
        sock.close()
        raise
    except OSError as error:
        sock.close()
        raise DaemonUnreachable(f"cannot connect to {path}: {error.strerror}") from None
    except BaseException:
        sock.close()
        raise
    if not is_ours:
        sock.close()
        return None
    return sock


def connect(path: str, deadline: float) -> socket.socket | None:
    """Connect as `try_connect`; while the daemon's queue is full, retry until `deadline`.

    Raises:
        DaemonUnreachable: as `try_connect`.
        NoAnswer: the queue stayed full.
    """
    while True:
        try:
            return try_connect(path)
        except BlockingIOError as error:
            if error.errno != errno.EAGAIN or time.monotonic() >= deadline:
                raise NoAnswer(
                    f"aircherd at {path} accepts no connection: too many are waiting, or it hangs"
                ) from None
        time.sleep(POLL_SECONDS)
