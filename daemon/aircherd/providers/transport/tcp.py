"""A TCP socket for trio, bypassing trio's own stream: HTTP needs to know more about the socket.

Connecting is left to `trio.open_tcp_stream`, which tries all addresses of a host in parallel.
"""

import math
import select
import socket
from collections.abc import Callable

import trio

from aircherd.providers.transport.deadline_scheduler import deadline_scheduler

READ_SIZE = 64 * 1024
BROKEN = (trio.BrokenResourceError, trio.ClosedResourceError)
"""What reading and writing raise when the connection is gone."""


class WouldBlock(Exception):
    """A read that may not wait found nothing."""


class DeadlineExceeded(Exception):
    """A read or a send waited for longer than it may."""


class TcpStream(trio.abc.Stream):
    """A TCP socket as a trio stream, with what HTTP needs in addition.

    It can read without waiting (`may_wait = False`), and give up sending without breaking the TLS
    session on top of it. `on_progress` is called whenever the peer took a part of what is sent.

    It has deadlines of its own, which cost something only where it waits: a read ends at `read_by`,
    on trio's clock, and a send when the peer took nothing for `send_seconds`.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._fd = sock.fileno()
        self._poll = select.poll()  # a third of the cost of a read that finds nothing
        self._poll.register(self._fd, select.POLLIN)
        self._scheduler = deadline_scheduler()
        # Whether a read would probably find nothing, so that it is not tried before waiting.
        self._seems_empty = False
        self._giving_up: trio.CancelScope | None = None
        self._gave_up = False
        self.may_wait = True
        self.read_by = math.inf
        self.send_seconds = math.inf
        self.on_progress: Callable[[], None] | None = None

    def __repr__(self) -> str:
        state = "closed" if self._fd == -1 else f"fd={self._fd}"
        return f"<TcpStream {state}{' gave up sending' if self._gave_up else ''}>"

    # ------------------------------------------------------------ sending

    def send_now(self, data: bytes | bytearray | memoryview) -> int:
        """Send what the kernel takes without waiting; return how many bytes that is.

        Raises:
            trio.BrokenResourceError: the connection is gone.
        """
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise trio.BrokenResourceError(error.strerror) from None
        self._seems_empty = True  # a response takes its time
        return sent

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send everything, or drop the rest once `give_up_sending` is called.

        Raises:
            DeadlineExceeded: the peer took nothing for `send_seconds`.
            trio.BrokenResourceError: the connection is gone.
        """
        if self._gave_up:
            return
        sent = self.send_now(data)
        if sent < len(data):
            with trio.CancelScope() as self._giving_up:
                await self._send_rest(memoryview(data)[sent:], self._giving_up)
            if self._giving_up.cancelled_caught and not self._gave_up:
                raise DeadlineExceeded

    async def _send_rest(self, rest: memoryview, scope: trio.CancelScope) -> None:
        while rest:
            if self.send_seconds < math.inf:
                scope.deadline = trio.current_time() + self.send_seconds
            await self.wait_send_all_might_not_block()
            sent = self.send_now(rest)
            rest = rest[sent:]
            if sent and self.on_progress is not None:
                self.on_progress()

    def give_up_sending(self) -> None:
        """Make the `send_all` under way return as if everything was sent. Reading goes on."""
        self._gave_up = True
        if self._giving_up is not None:
            self._giving_up.cancel()

    @property
    def gave_up_sending(self) -> bool:
        """Whether the peer did not get all that it was promised."""
        return self._gave_up

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until the socket takes data.

        Raises:
            trio.BrokenResourceError: the system cannot wait, for example without memory.
        """
        try:
            await trio.lowlevel.wait_writable(self._fd)
        except OSError as error:
            raise trio.BrokenResourceError(error.strerror) from None

    # ------------------------------------------------------------ receiving

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Return what has arrived, after waiting for it; b"" at the end.

        Raises:
            WouldBlock: nothing has arrived, and it may not wait.
            DeadlineExceeded: nothing has arrived by `read_by`.
            trio.BrokenResourceError: the connection is gone.
        """
        size = max_bytes or READ_SIZE
        has_waited = is_late = False
        while True:
            if self._seems_empty and self.may_wait and not is_late:
                has_waited = True
                scheduler, read_by = self._scheduler, self.read_by
                scheduler.deadlines[self] = read_by
                if read_by < scheduler.wakes_at:
                    scheduler.wake(read_by)
                try:
                    await trio.lowlevel.wait_readable(self._fd)
                except trio.ClosedResourceError:
                    pass  # interrupted, or closed, and then the next read says so
                except OSError as error:  # the system cannot wait, for example without memory
                    raise trio.BrokenResourceError(error.strerror) from None
                finally:
                    # A process that was stopped is late although bytes have arrived: look again.
                    is_late = scheduler.deadlines.pop(self, None) is None
            try:
                data = self._sock.recv(size)
            except BlockingIOError:
                if is_late:
                    raise DeadlineExceeded from None
                if not self.may_wait:
                    raise WouldBlock from None
                self._seems_empty = True
            except OSError as error:
                raise trio.BrokenResourceError(error.strerror) from None
            else:
                self._seems_empty = len(data) < size
                if not has_waited:
                    # A server that is always faster than us must not block the other tasks.
                    await trio.lowlevel.checkpoint()
                return data

    def interrupt(self) -> None:
        """End the wait for bytes: it lasted too long."""
        if self._fd != -1:
            trio.lowlevel.notify_closing(self._fd)

    def is_readable(self) -> bool:
        """Return whether the peer sent bytes, closed, or reset; never waits."""
        return bool(self._poll.poll(0))

    # ------------------------------------------------------------ closing

    def close(self) -> None:
        """Close the socket at once; a task that waits on it gets ClosedResourceError."""
        if self._fd != -1:
            trio.lowlevel.notify_closing(self._fd)
            self._sock.close()
            self._fd = -1
            self._seems_empty = False  # the next read finds the closed socket, and says so

    async def aclose(self) -> None:
        """Close, as trio's streams do."""
        self.close()
        await trio.lowlevel.checkpoint()
