"""What waits to be written to one client: bytes in order, counted.

The bound is in bytes, not in time: a pager or a stopped process may sleep for an hour. Those who
can wait (chats) wait for room; those who cannot (events) look at `is_full` and drop.
"""

from collections import deque

import trio

BUFFER_LIMIT = 8 * 1024 * 1024
"""Bytes that may wait for one client."""


class Outbox:
    """One client's queue of frames. Everything but the two waits is synchronous."""

    def __init__(self) -> None:
        self.size = 0
        self._frames: deque[bytes] = deque()
        self._filled = trio.lowlevel.ParkingLot()
        self._emptied = trio.lowlevel.ParkingLot()

    @property
    def is_full(self) -> bool:
        """Whether the client is too far behind to be told more."""
        return self.size >= BUFFER_LIMIT

    def put(self, data: bytes) -> None:
        """Add bytes without waiting; answers are always added, whatever the size."""
        self._frames.append(data)
        self.size += len(data)
        self._filled.unpark_all()

    async def wait_for_room(self) -> None:
        """Wait while the client is too far behind. No deadline here: the chat's own one holds."""
        while self.is_full:
            await self._emptied.park()

    async def take(self) -> bytes:
        """Wait for bytes and return all there are. No deadline: a quiet client is a normal one."""
        while not self._frames:
            await self._filled.park()
        data = b"".join(self._frames)
        self._frames.clear()
        return data

    def written(self, size: int) -> None:
        """Say that `size` bytes, once taken, have left."""
        self.size -= size
        self._emptied.unpark_all()

    async def wait_empty(self) -> None:
        """Wait until everything has left. The caller sets the deadline."""
        while self.size:
            await self._emptied.park()

    def __repr__(self) -> str:
        return f"<Outbox {self.size} bytes waiting>"
