"""Accepting clients, and seeing them off at the end.

What happens on each failure: a peer of another user is turned away; a session that crashes is
logged and ends alone; too many open files make trio wait and try again while the clients that are
there go on; a socket file that was removed or replaced ends the daemon, for nobody could reach it.
"""

import os
import resource
import socket
import struct

import structlog
import trio

from aircherd.api.methods import METHODS
from aircherd.api.services import Services
from aircherd.ipc.session import Session
from aircherd.ipc.socket_file import BoundSocket

DRAIN_TIMEOUT = 18.0
"""Seconds that requests under way have when the daemon is asked to stop."""
DISPLACED_CHECK_INTERVAL = 5.0
"""Seconds between two looks at whether the socket file is still ours."""

log = structlog.get_logger()


class Listener:
    """The clients of one socket; `sessions` is kept up to date for whoever counts them."""

    def __init__(self, bound: BoundSocket, services: Services, sessions: set[Session]) -> None:
        self._bound = bound
        self._services = services
        self._sessions = sessions
        # Sessions outlive the accepting: they drain while nobody new is let in.
        self._accepting = trio.CancelScope()
        self._closed = trio.Event()
        self._places = trio.Semaphore(client_capacity())

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve clients until `shutdown` is asked for and everybody has been seen off."""
        async with trio.open_nursery() as sessions:
            sessions.start_soon(self._accept, sessions)
            sessions.start_soon(self._watch_socket_file)
            task_status.started()
            await self._services.shutdown.requested.wait()
            self._accepting.cancel()
            await self._see_everybody_off()
            sessions.cancel_scope.cancel()
        self._closed.set()

    async def wait_closed(self) -> None:
        """Wait until everybody has been seen off, which takes little more than `DRAIN_TIMEOUT`."""
        await self._closed.wait()

    async def _accept(self, sessions: trio.Nursery) -> None:
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(self._bound.sock))
        door = LimitedListener(listener, self._places)
        with self._accepting:
            await trio.serve_listeners(self._serve_client, [door], handler_nursery=sessions)

    async def _serve_client(self, stream: trio.SocketStream) -> None:
        try:
            await self._serve_accepted(stream)
        finally:
            self._places.release()

    async def _serve_accepted(self, stream: trio.SocketStream) -> None:
        async with stream:
            uid = _peer_uid(stream)
            if uid not in (os.getuid(), 0):
                log.warning("peer_refused", uid=uid)
                return
            session = Session(stream, self._services, METHODS)
            self._sessions.add(session)
            try:
                await session.serve()
            except Exception:  # the edge: one client must not end the others
                log.exception("session_crashed", client=session.caller.client)
            finally:
                self._sessions.discard(session)

    async def _watch_socket_file(self) -> None:
        # Nobody tells us when the file goes; a look now and then does.
        while not self._bound.is_displaced():  # noqa: ASYNC110
            await trio.sleep(DISPLACED_CHECK_INTERVAL)
        log.error("socket_displaced", socket=str(self._bound.path))
        self._services.shutdown.requested.set()

    async def _see_everybody_off(self) -> None:
        with trio.move_on_after(DRAIN_TIMEOUT) as patience:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._lose_patience, patience)
                await self._drain()
                nursery.cancel_scope.cancel()
        async with trio.open_nursery() as nursery:
            for session in self._sessions:
                nursery.start_soon(session.close)

    async def _drain(self) -> None:
        async with trio.open_nursery() as nursery:
            for session in self._sessions:
                nursery.start_soon(session.wait_drained)

    async def _lose_patience(self, patience: trio.CancelScope) -> None:
        await self._services.shutdown.forced.wait()
        patience.cancel()

    def __repr__(self) -> str:
        return f"<Listener on {self._bound.path}, {len(self._sessions)} clients>"


class LimitedListener(trio.abc.Listener[trio.SocketStream]):
    """Lets clients in while there are places; the others wait in the kernel's queue."""

    def __init__(self, listener: trio.SocketListener, places: trio.Semaphore) -> None:
        self._listener = listener
        self._places = places
        self.socket = listener.socket  # for trio's own log

    async def accept(self) -> trio.SocketStream:
        """Wait for room and for a client; see `trio.abc.Listener`."""
        await self._places.acquire()
        try:
            return await self._listener.accept()
        except BaseException:
            self._places.release()
            raise

    async def aclose(self) -> None:
        """Close the listener."""
        await self._listener.aclose()


def client_capacity() -> int:
    """Return how many clients may be connected at once.

    A quarter of our files, at least 16, are kept back: for providers, or those who are connected
    could not be served.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, soft - max(16, soft // 4))


def _peer_uid(stream: trio.SocketStream) -> int:
    """Return the user at the other end, as the kernel knows it."""
    form = "3i"  # struct ucred: pid, uid, gid
    data = stream.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(form))
    _pid, uid, _gid = struct.unpack(form, data)
    return int(uid)
