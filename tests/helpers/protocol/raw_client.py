"""One connection to a real daemon, with msgpack only: frames as they are."""

import socket
from collections import deque
from pathlib import Path
from typing import Any, Self

import msgpack

PATIENCE = 10.0


class RawClient:
    """Sends and receives frames. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.settimeout(PATIENCE)
        self._sock.connect(str(path))
        self._unpacker = msgpack.Unpacker()
        self._inbox: deque[Any] = deque()

    def send(self, frame: object) -> None:
        """Send a frame."""
        self._sock.sendall(msgpack.packb(frame))

    def receive(self) -> Any:
        """Return the next frame, None at the end of the connection."""
        while not self._inbox:
            data = self._sock.recv(65536)
            if not data:
                return None
            self._unpacker.feed(data)
            self._inbox += self._unpacker
        return self._inbox.popleft()

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
