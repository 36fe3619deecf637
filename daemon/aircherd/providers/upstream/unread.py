"""What has come for one call of a link and was not taken yet.

    put ... put, end    the deltas, then the response
    fail                the link broke, or the client has no memory left for it

What comes after an end is ignored. What came before a failure is still taken.
"""

from collections import deque
from collections.abc import Callable, Mapping

import trio

from aircher_wire.frames import Response
from aircherd.errors import AircherError, Busy
from aircherd.memory.request_memory import RequestMemory
from aircherd.memory.sizes import size_of

Delta = Mapping[str, object]


class Unread:
    """The frames of one call; `size` is what they take in memory.

    `has_begun`: something has come. `on_change(bytes)` gets a note when its size changes.
    """

    __slots__ = (
        "_arrived",
        "_deltas",
        "_error",
        "_memory",
        "_on_change",
        "_response",
        "has_begun",
        "has_ended",
        "size",
    )

    def __init__(self, memory: RequestMemory, on_change: Callable[[int], None]) -> None:
        self._memory = memory
        self._on_change = on_change
        self._deltas: deque[tuple[Delta, int]] = deque()
        self._response: Response | None = None
        self._error: AircherError | None = None
        self._arrived = trio.Event()
        self.size = 0
        self.has_begun = False
        self.has_ended = False

    @property
    def is_starving(self) -> bool:
        """Whether its reader waits for more."""
        return not self._deltas and not self.has_ended

    def put(self, delta: Delta) -> bool:
        """Add a delta; return False if the client's share of memory has no room: the call fails."""
        if self.has_ended:
            return True
        size = size_of(delta)
        if not self._hold(size):
            return False
        self._deltas.append((delta, size))
        self._wake()
        return True

    def end(self, response: Response) -> None:
        """Add the response, which is the last."""
        if not self.has_ended and self._hold(size_of(response.result)):
            self._response = response
            self.has_ended = True
            self._wake()

    def fail(self, error: AircherError) -> None:
        """End the call."""
        if not self.has_ended:
            self._error = error
            self.has_ended = True
            self._arrived.set()

    def give_up(self, error: AircherError) -> None:
        """End the call, and forget what was not taken: it was there for too long."""
        self.drop()
        self._error = error

    async def wait(self) -> None:
        """Wait until something can be taken."""
        if not self._deltas and not self.has_ended:
            self._arrived = trio.Event()
            await self._arrived.wait()

    async def take(self, limit: int) -> list[Delta]:
        """Wait for deltas; return at most `limit`, [] when only the response is left.

        Raises:
            AircherError: there is none, and none will come.
        """
        await self.wait()
        taken: list[Delta] = []
        size = 0
        while self._deltas and len(taken) < limit:
            delta, each = self._deltas.popleft()
            taken.append(delta)
            size += each
        self._release(size)
        if not taken and self._error is not None:
            raise self._error
        return taken

    def take_response(self) -> Response:
        """Return the response; `take` has returned []."""
        response, self._response = self._response, None
        assert response is not None
        self._release(self.size)
        return response

    def drop(self) -> None:
        """Forget what was not taken: nothing wants it any more."""
        self._deltas.clear()
        self._response, self.has_ended = None, True
        self._release(self.size)

    def _hold(self, size: int) -> bool:
        try:
            self._memory.grow(size)
        except Busy as error:
            self.fail(error)
            return False
        self.size += size
        self._on_change(size)
        return True

    def _release(self, size: int) -> None:
        if size:
            self._memory.shrink(size)
            self.size -= size
            self._on_change(-size)

    def _wake(self) -> None:
        self.has_begun = True
        self._arrived.set()

    def __repr__(self) -> str:
        return f"<Unread {self.size} bytes{', ended' if self.has_ended else ''}>"
