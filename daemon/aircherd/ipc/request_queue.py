"""Requests of one client that came together: they are started a few at a time.

One write can hold thousands of requests. If all were started at once, other clients would wait
until all are served, and their results would be in memory before the client can read the first.
A request that waits here costs its bytes, which are counted if they are many. It can be cancelled,
and the client's other frames are handled meanwhile.
"""

from collections import OrderedDict
from typing import TYPE_CHECKING

import trio

from aircherd.ipc.request_reader import ReadyRequest
from aircherd.memory.budget import MemoryShare
from aircherd.vocabulary.chat import ChatRequest

if TYPE_CHECKING:
    from aircherd.ipc.session import Session

FEW = 8
"""Requests of one client that are started in one turn of the event loop."""
MANY = 64
"""Likewise, of all clients that have used little, while the turns are long."""
MAX_TOGETHER = 32
"""Requests from here, except chats, that are served at the same time."""


class RequestQueue:
    """Starts the requests of a session in their order, while the client reads its responses."""

    def __init__(self, memory: MemoryShare) -> None:
        self._memory = memory
        self._waiting: OrderedDict[int, ReadyRequest] = OrderedDict()
        self._started: set[int] = set()
        self.is_active = False
        """Whether `run` has begun and not ended. Until then all requests have to go through it."""

    def __len__(self) -> int:
        """Return how many requests wait."""
        return len(self._waiting)

    def __contains__(self, msgid: int) -> bool:
        """Return whether a request waits."""
        return msgid in self._waiting

    def add(self, request: ReadyRequest) -> None:
        """Add a request; its session runs `run`."""
        self._waiting[request.msgid] = request

    def remove(self, msgid: int) -> bool:
        """Remove a request; return whether it waited."""
        request = self._waiting.pop(msgid, None)
        if request is None:
            return False
        self._memory.give_back(request.memory)
        return True

    def clear(self) -> list[int]:
        """Remove all requests; return their numbers."""
        numbers = list(self._waiting)
        self._waiting.clear()
        return numbers

    async def run(self, session: "Session") -> None:
        """Start requests until none is left."""
        turns = session.turns
        try:
            while self._waiting:
                if turns.is_congested:
                    # Turns are long: one that owes little must not fall behind.
                    has_waited = await turns.enter(session.share)
                    many = max(MANY // max(turns.active, 1), 1)
                    count = 1 if session.share.is_greedy else FEW if has_waited else many
                else:
                    # One write of each of many clients would make one long turn.
                    count = FEW if await turns.wait_to_start() else 1
                for _ in range(count):
                    # Results are made when there is room for them, not before.
                    await session.outbox.wait_for_room()
                    await self._wait_until_few(session)
                    if not self._waiting:
                        return
                    _, request = self._waiting.popitem(last=False)
                    if request.method.params is not ChatRequest:
                        self._started.add(request.msgid)
                    await session.start(request)
                if turns.is_congested:
                    await trio.lowlevel.checkpoint()
        finally:
            self.is_active = False
            session.note_end()

    async def _wait_until_few(self, session: "Session") -> None:
        """Wait while many of the requests from here are under way. They have their deadlines."""
        while len(self._started) >= MAX_TOGETHER:
            self._started = {each for each in self._started if session.is_served(each)}
            if len(self._started) >= MAX_TOGETHER:
                await session.wait_for_end()

    def __repr__(self) -> str:
        return f"<RequestQueue of {len(self._waiting)}>"
