"""The body of one reply: pieces as they arrive, and the connection's way home.

receive_some() -> bytes ... -> b""     the whole reply: the connection went back by itself
receive_some() -> bytes ... finish()   its meaning is over: the connection goes back
receive_some() -> bytes ... aclose()   nobody wants the rest: the connection is closed at once
"""

from collections.abc import AsyncIterator

import httpx

from aircherd.providers.transport.connection import Connection
from aircherd.providers.transport.pool import ConnectionPool
from aircherd.providers.transport.tcp import DeadlineExceeded
from aircherd.providers.transport.timeouts import RequestDeadlines


class ReplyBody(httpx.AsyncByteStream):
    """The body of one reply, in the pieces in which it arrives.

    The connection goes back to the pool as soon as the last byte is here, before anybody closes
    anything. Any failure, cancellation included, closes it.
    """

    __slots__ = (
        "_connection",
        "_deadlines",
        "_first_ends_at",
        "_pending",
        "_pool",
    )

    def __init__(
        self,
        pool: ConnectionPool,
        connection: Connection,
        deadlines: RequestDeadlines,
        pending: bytes,
    ) -> None:
        self._pool = pool
        self._connection: Connection | None = connection
        self._deadlines = deadlines
        self._pending = pending
        # The deadline for the first byte of all began when the request was out: it goes on.
        self._first_ends_at = None if pending else deadlines.answer_by
        self._let_go_if_over()

    def __repr__(self) -> str:
        return f"<ReplyBody of {self._connection!r}>"

    async def receive_some(self) -> bytes:
        """Return the next piece; b"" at the end.

        Raises:
            httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError: the reply broke off.
        """
        if self._pending:
            piece, self._pending = self._pending, b""
            return piece
        if self._connection is None:
            return b""
        has_begun = self._first_ends_at is None
        ends_at = self._first_ends_at or self._deadlines.ends_at("read")
        try:
            piece = await self._connection.receive(ends_at)
        except DeadlineExceeded:
            self._abort()
            raise self._deadlines.error("read" if has_begun else "first_byte") from None
        except BaseException:
            self._abort()
            raise
        self._first_ends_at = None
        self._let_go_if_over()
        return piece

    def finish(self) -> None:
        """Say that the reply's meaning is over, whatever bytes are still to come.

        A stream's last event comes before the end of its HTTP body. The connection is put back; if
        the rest is there when it is wanted again it is dropped, else the connection is closed.
        """
        if self._connection is not None:
            self._pool.keep(self._connection)
            self._connection = None
        self._pending = b""

    async def aclose(self) -> None:
        """Close the connection at once unless the reply is over."""
        self._abort()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self.receive_some():
            yield piece

    def _let_go_if_over(self) -> None:
        connection = self._connection
        if connection is None or not connection.reply.is_complete:
            return
        self._connection = None
        if connection.can_reuse:
            self._pool.keep(connection)
        else:
            self._pool.discard(connection)

    def _abort(self) -> None:
        if self._connection is not None:
            self._pool.discard(self._connection)
            self._connection = None
