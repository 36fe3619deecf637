"""One client's connection: requests in, steps of a plan out, and noticing that the client left.

There is no task beside the one that answers. Every pause is a read with a deadline: whatever the
client sends early is kept for the next request, and its end of file ends the answer at once. (A
client that shuts down only its sending half counts as gone; no HTTP client does that.)
"""

import math
import socket
import struct

import trio
import trio.abc

from aircherd.testing.simulator.http.delivery import Plan, Step
from aircherd.testing.simulator.http.wire import CONTINUE, Request, RequestReader

RECEIVE_SIZE = 65_536
BROKEN = (trio.BrokenResourceError, trio.ClosedResourceError)


class ClientGone(Exception):
    """The client closed its connection."""


class Connection:
    """A stream with a request reader on it. `raw` is the TCP stream below any TLS."""

    def __init__(self, number: int, stream: trio.abc.Stream, raw: trio.SocketStream) -> None:
        self.number = number
        self._stream = stream
        self._raw = raw
        self._reader = RequestReader()

    def __repr__(self) -> str:
        return f"<Connection {self.number}, {len(self._reader.requests)} requests waiting>"

    async def receive_request(self) -> Request | None:
        """Return the next request, None when the client closed instead.

        Waits without a deadline: an idle connection may be kept for the simulator's whole life.

        Raises:
            BadHttp: what came is not HTTP.
        """
        while not self._reader.requests:
            try:
                await self._receive()
                if self._reader.wants_continue:
                    self._reader.wants_continue = False
                    await self._stream.send_all(CONTINUE)
            except (ClientGone, *BROKEN):
                return None
        return self._reader.requests.pop(0)

    async def carry_out(self, plan: Plan) -> None:
        """Do what the plan says; the ending as well.

        Raises:
            ClientGone: the client closed before the end.
        """
        for step in plan.steps:
            await self._take(step)
        if plan.ending == "reset":
            self._reset()

    async def aclose(self) -> None:
        """Close without waiting."""
        await trio.aclose_forcefully(self._stream)

    async def send(self, data: bytes) -> None:
        """Send; waits as long as the client does not read, which ends with the simulator.

        Raises:
            ClientGone: it closed.
        """
        try:
            await self._stream.send_all(data)
        except BROKEN:
            raise ClientGone from None

    async def _take(self, step: Step) -> None:
        if isinstance(step, bytes):
            await self.send(step)
        else:
            await self._pause(step)

    async def _pause(self, seconds: float) -> None:
        with trio.move_on_after(seconds) if seconds < math.inf else trio.CancelScope():
            while True:
                await self._receive()

    async def _receive(self) -> None:
        try:
            data = await self._stream.receive_some(RECEIVE_SIZE)
        except BROKEN:
            raise ClientGone from None
        if not data:
            raise ClientGone
        self._reader.feed(bytes(data))

    def _reset(self) -> None:
        """Close with a TCP reset: linger on, zero seconds."""
        self._raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._raw.socket.close()
