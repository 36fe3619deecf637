"""The connections of a transport: idle ones by origin, last in first out, and those in use.

A connection is in one place at a time. The last used is taken first, so that the others age and are
closed. Each request does a constant amount of work, however many connections there are.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass

import trio

from aircherd.providers.transport.connection import Connection
from aircherd.providers.transport.request import Origin
from aircherd.sharing.share import Share

KEEPALIVE_SECONDS = 60.0
"""How long an idle connection is kept; a server that closes earlier is noticed before reuse."""
MAX_IDLE = 100
"""Idle connections kept for each origin."""


@dataclass(frozen=True, slots=True)
class TransportStatistics:
    """Connections of a transport now, and counts since it was opened."""

    idle: int
    in_use: int
    opened: int
    reused: int
    retried: int


class ConnectionPool:
    """Idle connections, and a record of those in use.

    Nothing here waits for a peer. After `close`, connections that come back are closed.
    """

    def __init__(self, *, keepalive: float = KEEPALIVE_SECONDS, max_idle: int = MAX_IDLE) -> None:
        self._keepalive = keepalive
        self._max_idle = max_idle
        self._idle: dict[Origin, list[Connection]] = {}
        self._in_use: set[Connection] = set()
        self._retired: set[Connection] = set()  # in use for the last time
        self._opened = self._reused = 0
        self._sweep_at = 0.0
        self._now: Callable[[], float] = trio.current_time
        self.is_closed = False

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else self.statistics()
        return f"<ConnectionPool {state}>"

    def statistics(self, *, retried: int = 0) -> TransportStatistics:
        """Return a snapshot of the counts."""
        return TransportStatistics(
            idle=sum(map(len, self._idle.values())),
            in_use=len(self._in_use),
            opened=self._opened,
            reused=self._reused,
            retried=retried,
        )

    def owners(self) -> list[Share | None]:
        """Return the client of each connection in use."""
        return [each.share for each in self._in_use]

    def take(self, origin: Origin) -> Connection | None:
        """Return the connection used last if it can be reused as it is.

        On None, `take_drained` looks at it closer, and at those before it.
        """
        connections = self._idle.get(origin)
        if not connections:
            return None
        connection = connections[-1]
        if self._now() - connection.idle_since >= self._keepalive or not connection.is_quiet():
            return None
        del connections[-1]
        self._in_use.add(connection)
        self._reused += 1
        return connection

    async def take_drained(self, origin: Origin) -> Connection | None:
        """Return the connection used last that is still usable, closing the others before it.

        Never waits for a peer.
        """
        while connections := self._idle.get(origin):
            connection = connections.pop()
            self._in_use.add(connection)
            try:
                is_young = self._now() - connection.idle_since < self._keepalive
                is_usable = is_young and await connection.drain()
            except BaseException:
                self.discard(connection)
                raise
            if is_usable and not self.is_closed:
                self._reused += 1
                return connection
            self.discard(connection)
        return None

    def add(self, connection: Connection) -> None:
        """Record a connection that was just opened and is in use."""
        self._now = connection.now
        self._opened += 1
        self._in_use.add(connection)

    def keep(self, connection: Connection) -> None:
        """Take a connection back whose response is over."""
        if self.is_closed or (self._retired and connection in self._retired):
            self.discard(connection)
            return
        self._in_use.discard(connection)
        now = connection.idle_since = connection.now()
        connections = self._idle.get(connection.origin)
        if connections is None:
            connections = self._idle[connection.origin] = []
        connections.append(connection)
        if len(connections) > self._max_idle:
            connections.pop(0).close()
        if now >= self._sweep_at:
            self.close_expired()

    def discard(self, connection: Connection) -> None:
        """Close a connection at once."""
        self._in_use.discard(connection)
        self._retired.discard(connection)
        connection.close()

    def close_expired(self) -> None:
        """Close what has been idle for too long, and forget the origins that have nothing left."""
        now = self._now()
        self._sweep_at = now + self._keepalive / 4
        for origin, connections in list(self._idle.items()):
            young = [each for each in connections if now - each.idle_since < self._keepalive]
            for each in connections[: len(connections) - len(young)]:  # the oldest are in front
                each.close()
            connections[:] = young
            if not young:
                del self._idle[origin]

    def close_idle(self, origins: Container[Origin] | None = None) -> None:
        """Close the idle connections to `origins`, or all; those in use after their response."""
        self._retired.update(
            each for each in self._in_use if origins is None or each.origin in origins
        )
        for origin in [each for each in self._idle if origins is None or each in origins]:
            for connection in self._idle.pop(origin):
                connection.close()

    def close(self) -> None:
        """Close every connection at once; bodies being read end in `httpx.ReadError`."""
        self.is_closed = True
        for connection in [*self._in_use, *(each for kept in self._idle.values() for each in kept)]:
            connection.close()
        self._idle.clear()
        self._in_use.clear()
