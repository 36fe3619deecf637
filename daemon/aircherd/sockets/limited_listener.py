"""Accepts connections while there are places for them, whatever the door they come through.

Others wait in the kernel's queue. With too many open files, or after another error of the socket,
it tries again later.
"""

import errno
import math
import socket

import structlog
import trio

from aircherd.logging_setup import ACCEPT_LOG_SECONDS
from aircherd.sockets.places import Places

RETRY_SECONDS = 0.1
CAPACITY = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
"""Errors that `trio.serve_listeners` logs, and accepts again after the same time."""

MAX_GONE = 32
"""Clients that have disconnected already and are dropped in one turn of the event loop."""

log = structlog.get_logger()


class LimitedListener(trio.abc.Listener[trio.SocketStream]):
    """Accepts clients while there are places, and counts them.

    Once `is_stopped` is set, no client is accepted.
    """

    def __init__(self, sock: socket.socket, places: Places) -> None:
        self.socket = trio.socket.from_stdlib_socket(sock)  # trio's own log needs it, too
        self.is_stopped = False
        self._sock = sock
        self._places = places
        self._connected = 0
        self._starting = 0
        self._logs_failures_from = -math.inf
        self._idle_since = trio.current_time()

    async def accept(self) -> trio.SocketStream:
        """Wait for room and for a client; see `trio.abc.Listener`."""
        await self._places.acquire()
        try:
            accepted = await self._accept_patiently()
        except BaseException:
            self._places.release()
            raise
        self._connected += 1
        self._starting += 1
        return trio.SocketStream(trio.socket.from_stdlib_socket(accepted))

    async def _accept_patiently(self) -> socket.socket:
        """Try again after errors that `trio.serve_listeners` would end at."""
        while True:
            try:
                return await self._accept()
            except OSError as error:
                if error.errno in CAPACITY:
                    raise
                self._note_failed(error)
            await trio.sleep(RETRY_SECONDS)

    async def _accept(self) -> socket.socket:
        # Not trio's `accept`, which has a checkpoint after the system call: an accepted client that
        # is not counted yet would be lost at a shutdown.
        gone = 0
        while not self.is_stopped:
            try:
                accepted = self._sock.accept()[0]
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self._sock)
                continue
            if not _has_gone(accepted):
                return accepted
            # A session would take a hundred times longer, while others wait in the queue.
            accepted.close()
            gone += 1
            if not gone % MAX_GONE:
                await trio.lowlevel.checkpoint()
        # The task is about to be cancelled.
        await trio.sleep_forever()
        raise AssertionError

    def _note_failed(self, error: OSError) -> None:
        """Log it at most once per interval. `EEXIST` of a wait only hides the error before it."""
        if self._logs_failures_from > (now := trio.current_time()):
            return
        self._logs_failures_from = now + ACCEPT_LOG_SECONDS
        first = error.__context__ if isinstance(error, FileExistsError) else error
        log.error("accept_failed", reason=str(first or error), retry_s=RETRY_SECONDS)

    @property
    def are_starting(self) -> bool:
        """Whether an accepted client waits for its task."""
        return self._starting > 0

    @property
    def idle_seconds(self) -> float:
        """For how long no client has been connected."""
        return 0.0 if self._connected else trio.current_time() - self._idle_since

    def note_accepting(self) -> None:
        """Note that clients are accepted: time before that is not idle, since they may wait."""
        self._idle_since = trio.current_time()

    def note_started(self) -> None:
        """Note that the task of an accepted client runs."""
        self._starting -= 1

    def note_closed(self) -> None:
        """Note that a client has gone."""
        self._connected -= 1
        self._idle_since = trio.current_time()
        self._places.release()

    async def aclose(self) -> None:
        """Close the listener."""
        self.socket.close()
        await trio.lowlevel.checkpoint()


def _has_gone(sock: socket.socket) -> bool:
    """Return whether the client has disconnected and sent nothing."""
    try:
        return not sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except ConnectionError:
        return True
    except OSError:
        return False  # nothing has arrived, or there is no memory, and the session tries again
