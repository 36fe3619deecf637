"""How many connections may be open at once, through all doors together.

What is left of the file descriptors is for the daemon's own files and for connections to providers:
without them, connected clients could not be served.
"""

import resource
from collections.abc import Callable

import trio

ROOM_SECONDS = 0.1
"""Between two attempts to make room."""
MIN_RESERVED = 32
"""File descriptors that clients do not use."""


def client_capacity() -> int:
    """Return how many clients may be connected at once.

    A quarter of the file descriptors, at least 32, is reserved for the daemon's own files, which
    are 16, and for connections to providers.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, soft - max(MIN_RESERVED, soft // 4))


class Places:
    """Places for connections. Those of a part of them take one of the `whole`, too.

    `make_room` is called when all are taken and another connection waits: it may close one that is
    idle.
    """

    def __init__(self, capacity: int, whole: "Places | None" = None) -> None:
        self.capacity = capacity
        self.taken = 0
        self.make_room: Callable[[], None] = _nothing
        self._whole = whole
        self._freed: trio.lowlevel.ParkingLot = (
            trio.lowlevel.ParkingLot() if whole is None else whole._freed  # noqa: SLF001 -- of its own kind
        )

    @property
    def are_taken(self) -> bool:
        """Whether there is no room for another one."""
        whole = self._whole
        return self.taken >= self.capacity or (whole is not None and whole.are_taken)

    async def acquire(self) -> None:
        """Wait for a place and take it. No deadline: a listener waits as long as it takes."""
        await trio.lowlevel.checkpoint()
        while self.are_taken:
            self.make_room()
            # A connection that becomes idle meanwhile does not tell.
            with trio.move_on_after(ROOM_SECONDS):
                await self._freed.park()
        self.taken += 1
        if self._whole is not None:
            self._whole.taken += 1

    def release(self) -> None:
        """Give a place back."""
        self.taken -= 1
        if self._whole is not None:
            self._whole.taken -= 1
        self._freed.unpark_all()

    def __repr__(self) -> str:
        return f"<Places {self.taken} of {self.capacity} taken>"


def _nothing() -> None:
    pass
