"""One client's connection: receives requests, executes plans, and notices that the client left.

A single task serves a connection. Every pause is a read with a deadline: data that the client sends
early is kept for the next request, and an end of file ends the response at once. (A client that
shuts down only its sending half counts as gone; no HTTP client does that.)
"""

import math
import socket
import struct

import trio
import trio.abc

from aircherd.testing.simulator.http.response_plan import Plan, Step
from aircherd.testing.simulator.http.wire import CONTINUE, Request, RequestReader

RECEIVE_SIZE = 65_536
BROKEN = (trio.BrokenResourceError, trio.ClosedResourceError)


class ClientGone(Exception):
    """The client closed its connection."""


class Connection:
    """A stream with a request reader. `raw` is the TCP stream below any TLS."""

    def __init__(self, number: int, stream: trio.abc.Stream, raw: trio.SocketStream) -> None:
        self.number = number
        self._stream = stream
        self._raw = raw
        self._reader = RequestReader()

    def __repr__(self) -> str:
        return f"<Connection {self.number}, {len(self._reader.requests)} requests waiting>"

    async def receive_request(self) -> Request | None:
        """Return the next request, None when the client closed instead.

        Waits without a deadline: a client may keep an idle connection open.

        Raises:
            BadHttp: the data is not HTTP.
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

    async def execute(self, plan: Plan) -> None:
        """Execute the plan, including its ending.

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
        """Send data. Waits without a deadline while the client does not read.

        Raises:
            ClientGone: the client closed the connection.
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
        """Close with a TCP reset (SO_LINGER with zero seconds)."""
        self._raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._raw.socket.close()
