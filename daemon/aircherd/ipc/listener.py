"""Accepts clients, and drains them at shutdown.

On failure: a peer of another user is disconnected; a session that crashes is logged and ends alone;
with too many open files trio retries later, while connected clients are served; if the socket file
was removed or replaced, the daemon stops, because no client could connect.
"""

import os
import resource
import socket
import struct

import structlog
import trio

from aircherd.api.methods import METHODS
from aircherd.api.services import Services
from aircherd.ipc.drain import drain_sessions
from aircherd.ipc.session import Session
from aircherd.ipc.socket_file import BoundSocket

DISPLACED_CHECK_INTERVAL = 5.0
"""Seconds between checks that the socket file is still ours."""

log = structlog.get_logger()


class Listener:
    """The clients of one socket; `sessions` is updated as they come and go."""

    def __init__(self, bound: BoundSocket, services: Services, sessions: set[Session]) -> None:
        self._bound = bound
        self._services = services
        self._sessions = sessions
        # Sessions outlive it: they drain while no new client is accepted.
        self._accepting = trio.CancelScope()
        self._closed = trio.Event()
        self._slots = trio.Semaphore(client_capacity())

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve clients until `shutdown` is requested and all of them are drained."""
        async with trio.open_nursery() as sessions:
            sessions.start_soon(self._accept, sessions)
            sessions.start_soon(self._watch_socket_file)
            task_status.started()
            await self._services.shutdown.requested.wait()
            self._accepting.cancel()
            await drain_sessions(self._sessions, self._services.shutdown.forced)
            sessions.cancel_scope.cancel()
        self._closed.set()

    async def wait_closed(self) -> None:
        """Wait until all clients are drained, which takes little more than `DRAIN_TIMEOUT`."""
        await self._closed.wait()

    async def _accept(self, sessions: trio.Nursery) -> None:
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(self._bound.sock))
        limited = LimitedListener(listener, self._slots)
        with self._accepting:
            await trio.serve_listeners(self._serve_client, [limited], handler_nursery=sessions)

    async def _serve_client(self, stream: trio.SocketStream) -> None:
        try:
            await self._serve_accepted(stream)
        finally:
            self._slots.release()

    async def _serve_accepted(self, stream: trio.SocketStream) -> None:
        async with stream:
            uid = _peer_uid(stream)
            if uid not in (os.getuid(), 0):
                log.warning("peer_rejected", uid=uid)
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
        # There is no notification when the file is removed.
        while not self._bound.is_displaced():  # noqa: ASYNC110
            await trio.sleep(DISPLACED_CHECK_INTERVAL)
        log.error("socket_displaced", socket=str(self._bound.path))
        self._services.shutdown.requested.set()

    def __repr__(self) -> str:
        return f"<Listener on {self._bound.path}, {len(self._sessions)} clients>"


class LimitedListener(trio.abc.Listener[trio.SocketStream]):
    """Accepts clients while there are slots; others wait in the kernel's queue."""

    def __init__(self, listener: trio.SocketListener, slots: trio.Semaphore) -> None:
        self._listener = listener
        self._slots = slots
        self.socket = listener.socket  # for trio's own log

    async def accept(self) -> trio.SocketStream:
        """Wait for room and for a client; see `trio.abc.Listener`."""
        await self._slots.acquire()
        try:
            return await self._listener.accept()
        except BaseException:
            self._slots.release()
            raise

    async def aclose(self) -> None:
        """Close the listener."""
        await self._listener.aclose()


def client_capacity() -> int:
    """Return how many clients may be connected at once.

    A quarter of the file descriptors, at least 16, is reserved for connections to providers:
    without them, connected clients could not be served.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, soft - max(16, soft // 4))


def _peer_uid(stream: trio.SocketStream) -> int:
    """Return the user id of the peer, from the kernel."""
    layout = "3i"  # struct ucred: pid, uid, gid
    data = stream.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(layout))
    _pid, uid, _gid = struct.unpack(layout, data)
    return int(uid)
