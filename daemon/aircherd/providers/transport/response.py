"""A response over a pooled connection: its body piece by piece, and the connection's way back.

receive_some() -> bytes ... -> b""     the whole body: the connection went back by itself
receive_some() -> bytes ... finish()   the rest is not needed: the connection goes back
receive_some() -> bytes ... aclose()   nothing wants the rest: the connection is closed at once
"""

import httpx

from aircherd.providers.transport.connection import Connection, why_broken
from aircherd.providers.transport.pool import ConnectionPool
from aircherd.providers.transport.tcp import BROKEN, READ_SIZE, DeadlineExceeded
from aircherd.providers.transport.timeouts import Phase, Timeouts


class PooledResponse:
    """An `HttpResponse` whose body is read in the pieces in which it arrives.

    The connection goes back to the pool as soon as the last byte has arrived, before anything is
    closed. Any failure, cancellation included, closes it.
    """

    __slots__ = ("_connection", "_has_begun", "_pending", "_pool", "_timeouts", "headers", "status")

    def __init__(
        self, pool: ConnectionPool, connection: Connection, pending: bytes, timeouts: Timeouts
    ) -> None:
        self.status = connection.parser.status
        self.headers = connection.parser.headers
        self._pool = pool
        self._connection: Connection | None = connection
        self._pending = pending
        self._timeouts = timeouts
        # The deadline of the first byte began when the request was sent: `tcp.read_by` has it.
        self._has_begun = bool(pending)
        if connection.parser.is_complete:
            self._release(connection)

    def __repr__(self) -> str:
        return f"<PooledResponse {self.status} of {self._connection!r}>"

    def take_whole(self) -> bytes | None:
        """Return the whole body if it has already arrived, else None and change nothing."""
        if self._connection is not None:
            return None
        body, self._pending = self._pending, b""
        return body

    async def receive_some(self) -> bytes:
        """Return the next piece; b"" at the end.

        Raises:
            httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError: the response broke off.
        """
        if self._pending:
            piece, self._pending = self._pending, b""
            return piece
        connection = self._connection
        if connection is None:
            return b""
        if self._has_begun:
            connection.tcp.read_by = connection.now() + self._timeouts.read
        parser, stream = connection.parser, connection.stream
        try:
            while not parser.is_complete:
                data = await stream.receive_some(READ_SIZE)
                if not data:
                    parser.feed_eof()
                elif piece := parser.feed(data):
                    self._has_begun = True
                    if connection.parser.is_complete:
                        self._release(connection)
                    return piece
        except DeadlineExceeded:
            self._abort()
            phase: Phase = "read" if self._has_begun else "first_byte"
            raise self._timeouts.error(phase, connection.peer) from None
        except BROKEN as error:
            self._abort()
            reason = why_broken(error)
            raise httpx.ReadError(f"the connection broke within a reply: {reason}") from None
        except BaseException:
            self._abort()
            raise
        self._release(connection)
        return b""

    def finish(self) -> None:
        """Declare that the rest of the body is not needed.

        A stream's last event comes before the end of its HTTP body. The connection is kept: what
        has arrived of the rest when it is reused is dropped; if that is not all, it is closed.
        """
        if self._connection is not None:
            self._pool.keep(self._connection)
            self._connection = None
        self._pending = b""

    async def aclose(self) -> None:
        """Close the connection at once unless the response is over."""
        self._abort()

    def _release(self, connection: Connection) -> None:
        self._connection = None
        if connection.can_reuse:
            self._pool.keep(connection)
        else:
            self._pool.discard(connection)

    def _abort(self) -> None:
        if self._connection is not None:
            self._pool.discard(self._connection)
            self._connection = None
