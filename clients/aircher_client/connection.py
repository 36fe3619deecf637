"""One connected socket: bytes out, frames in, deadlines, each failure in the client's words."""

import errno
import os
import socket
import sys
import time
from collections import deque

from aircher_client.errors import ConnectionLost, DaemonUnreachable, NoAnswer
from aircher_wire import address
from aircher_wire.frames import Decoder, Frame

READ_SIZE = 65_536
POLL_SECONDS = 0.01
"""Seconds between two looks at a socket that is not there yet."""


class Connection:
    """A conversation's transport. Deadlines are `time.monotonic()` values; None means none.

    Failure: after an interrupted or failed `send` the peer may have half a frame, so the connection
    closes itself; `receive` fails for good once the peer has gone or has broken the protocol.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._decoder = Decoder()
        self._inbox: deque[Frame] = deque()
        self.has_received = False
        self.is_closed = False

    def send(self, data: bytes, deadline: float | None) -> None:
        """Send all of `data`.

        Raises:
            ConnectionLost: the daemon has gone.
            NoAnswer: it does not read.
        """
        try:
            self._set_deadline(deadline)
            self._sock.sendall(data)
        except TimeoutError:
            self.close()
            raise NoAnswer("aircherd does not read what it is sent") from None
        except OSError as error:
            raise self._lost(error) from None
        except BaseException:
            self.close()
            raise

    def receive(self, deadline: float | None) -> Frame:
        """Return the next frame.

        Raises:
            ConnectionLost: the daemon has gone, or sent something that is not the protocol.
            NoAnswer: the deadline has passed; the connection is as good as before.
        """
        while not self._inbox:
            if self._decoder.error is not None:
                self.close()
                raise ConnectionLost(f"aircherd sent a broken frame: {self._decoder.error}")
            self._inbox += self._decoder.feed(self._read(deadline))
        return self._inbox.popleft()

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
        """Return the process that listens at the other end; None where the system does not say."""
        try:
            credentials = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        except OSError:
            return None
        # struct ucred: pid, uid, gid. A pid of 0 is one that our namespace cannot see.
        return int.from_bytes(credentials[:4], sys.byteorder) or None

    def close(self) -> None:
        """Close the socket; the daemon cancels what this connection asked for. Idempotent."""
        self.is_closed = True
        self._sock.close()

    def __repr__(self) -> str:
        return f"<Connection {'closed' if self.is_closed else 'open'}, {len(self._inbox)} frames>"


def try_connect(path: str) -> socket.socket | None:
    """Connect to the daemon's socket; return None where no daemon listens.

    Raises:
        DaemonUnreachable: the socket or its directory must not or cannot be used.
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
        sock.settimeout(0)  # a local socket connects at once, or its queue is full
        sock.connect(path)
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
    return sock


def connect(path: str, deadline: float) -> socket.socket | None:
    """Connect as `try_connect`, waiting for a place in the daemon's queue until `deadline`.

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
                    f"aircherd at {path} takes no connection: too many are waiting, or it hangs"
                ) from None
        time.sleep(POLL_SECONDS)
