"""A TCP socket for trio, without trio's own layer: what HTTP needs to know is asked of it directly.

Connecting stays trio's business (`trio.open_tcp_stream`: all addresses of a host, in parallel).
"""

import math
import select
import socket
from collections.abc import Callable

import trio

from aircherd.providers.transport.deadline_scheduler import deadline_scheduler

READ_SIZE = 64 * 1024
BROKEN = (trio.BrokenResourceError, trio.ClosedResourceError)
"""What reading and writing raise when the connection is no more."""


class NothingThere(Exception):
    """A read that may not wait found nothing."""


class DeadlineExceeded(Exception):
    """A read or a send had to wait, and waited for longer than it may."""


class TcpStream(trio.abc.Stream):
    """A TCP socket as a trio stream, with the things HTTP needs beside.

    It can look for bytes without waiting (`may_wait = False`), and give up sending without breaking
    the TLS session on top of it. `on_progress` is called whenever the peer took a part of what is
    being sent.

    It has its own deadlines, for they cost something only where it waits: reads are over at the
    time `read_by`, a send when the peer took nothing for `send_seconds`.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._fd = sock.fileno()
        self._news = select.poll()  # a third of the cost of a read that finds nothing
        self._news.register(self._fd, select.POLLIN)
        # Whether a read would most likely find nothing, so that it need not be tried first.
        self._seems_empty = False
        self._giving_up: trio.CancelScope | None = None
        self._gave_up = False
        self.may_wait = True
        self.read_by = math.inf
        self.send_seconds = math.inf
        self.on_progress: Callable[[], None] | None = None

    def __repr__(self) -> str:
        state = "closed" if self._fd == -1 else f"fd={self._fd}"
        return f"<Wire {state}{' gave up sending' if self._gave_up else ''}>"

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send everything, or drop what is left once `give_up_sending` is called.

        Raises:
            Overdue: the peer took nothing for `send_seconds`.
        """
        if self._gave_up:
            return
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise trio.BrokenResourceError(error.strerror) from None
        self._seems_empty = True  # an answer takes its time
        if sent < len(data):
            with trio.CancelScope() as self._giving_up:
                await self._send_rest(memoryview(data)[sent:], self._giving_up)
            if self._giving_up.cancelled_caught and not self._gave_up:
                raise DeadlineExceeded

    async def _send_rest(self, rest: memoryview, scope: trio.CancelScope) -> None:
        while rest:
            if self.send_seconds < math.inf:
                scope.deadline = trio.current_time() + self.send_seconds
            await trio.lowlevel.wait_writable(self._fd)
            try:
                rest = rest[self._sock.send(rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise trio.BrokenResourceError(error.strerror) from None
            if self.on_progress is not None:
                self.on_progress()

    def give_up_sending(self) -> None:
        """Let the `send_all` under way return as if all had gone out. Reading goes on."""
        self._gave_up = True
        if self._giving_up is not None:
            self._giving_up.cancel()

    @property
    def gave_up_sending(self) -> bool:
        """Whether the peer lacks a part of what it was promised."""
        return self._gave_up

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until the socket takes data."""
        await trio.lowlevel.wait_writable(self._fd)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Return what is there, after waiting for it; b"" at the end.

        Raises:
            NothingThere: it would have to wait, and may not.
            Overdue: it is later than `read_by`, and nothing is there.
        """
        size = max_bytes or READ_SIZE
        has_waited = is_late = False
        while True:
            if self._seems_empty and self.may_wait and not is_late:
                # Who was stopped himself, by a signal or a busy machine, is late although the
                # bytes are there: they are looked for once more before giving up.
                is_late = await self._wait_readable()
                has_waited = True
            try:
                data = self._sock.recv(size)
            except BlockingIOError:
                if is_late:
                    raise DeadlineExceeded from None
                if not self.may_wait:
                    raise NothingThere from None
                self._seems_empty = True
            except OSError as error:
                raise trio.BrokenResourceError(error.strerror) from None
            else:
                self._seems_empty = len(data) < size
                if not has_waited:
                    # A server that is always faster than us must not keep the others waiting.
                    await trio.lowlevel.checkpoint()
                return data

    async def _wait_readable(self) -> bool:
        """Wait for news from the peer; return whether it got too late instead."""
        if self.read_by == math.inf:
            await trio.lowlevel.wait_readable(self._fd)
            return False
        keeper, is_late = deadline_scheduler(), False
        keeper.watch(self, self.read_by)
        try:
            await trio.lowlevel.wait_readable(self._fd)
        except trio.ClosedResourceError:
            pass  # it was interrupted, or is closed, and then the next read says so
        finally:
            is_late = keeper.forget(self)
        return is_late

    def interrupt(self) -> None:
        """End the wait for bytes: it lasted too long."""
        if self._fd != -1:
            trio.lowlevel.notify_closing(self._fd)

    def has_news(self) -> bool:
        """Whether the peer sent bytes, closed, or reset; found out without waiting."""
        return bool(self._news.poll(0))

    def close(self) -> None:
        """Close the socket at once; whoever waits on it gets ClosedResourceError."""
        if self._fd != -1:
            trio.lowlevel.notify_closing(self._fd)
            self._sock.close()
            self._fd = -1
            self._seems_empty = False  # the next read finds the closed socket, and says so

    async def aclose(self) -> None:
        """Close, for who knows this only as a trio stream."""
        self.close()
        await trio.lowlevel.checkpoint()
