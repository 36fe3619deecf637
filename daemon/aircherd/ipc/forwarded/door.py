"""The extra socket: opened beside the daemon's own, for a forwarder to carry elsewhere.

On failure: where it cannot be opened, or its file was removed, this is a line in the log and in
`status`, and is tried again; the daemon runs on. Peers of other users are disconnected; a session
that crashes is logged and ends alone. At a shutdown its clients are drained as all others are.
"""

import math
import os
from pathlib import Path

import structlog
import trio

from aircher_wire.address import AddressError, check_length
from aircher_wire.peer import peer_of
from aircherd.access.peer import Peer
from aircherd.api.services import Services
from aircherd.ipc.drain import drain_sessions
from aircherd.ipc.session import Session
from aircherd.sockets.limited_listener import LimitedListener
from aircherd.sockets.places import Places
from aircherd.sockets.socket_path import InUse, file_identity, listen_at, remove_stale_socket

RETRY_SECONDS = 10.0
"""Between two attempts to open the socket where that failed."""

log = structlog.get_logger()


class ExtraDoor:
    """The extra socket at `path`; `sessions` are its clients.

    Half of all `places` may be taken by them.
    """

    def __init__(self, path: Path, places: Places) -> None:
        self.path = path
        self.problem: str | None = None
        self.sessions: set[Session] = set()
        self._places = Places(max(1, places.capacity // 2), places)
        self._clients: LimitedListener | None = None
        self._identity: tuple[int, int] | None = None
        self._accepting = trio.CancelScope()
        self._closed = trio.Event()

    def state(self) -> dict[str, object]:
        """Return the row of `status`."""
        problem = {"problem": self.problem} if self.problem else {}
        return {"socket": str(self.path), **problem, "clients": len(self.sessions)}

    @property
    def idle_seconds(self) -> float:
        """Seconds since a client was connected."""
        return math.inf if self._clients is None else self._clients.idle_seconds

    def bind(self) -> None:
        """Open the socket, so that clients can connect; they are served by `serve`."""
        try:
            check_length(self.path)
            remove_stale_socket(self.path)
            sock = listen_at(self.path)
        except (AddressError, InUse) as error:
            self._note_problem(str(error))
        except OSError as error:
            self._note_problem(f"{self.path} cannot be opened: {error.strerror}")
        else:
            self.problem = None
            self._identity = file_identity(self.path)
            self._clients = LimitedListener(sock, self._places)

    async def serve(self, services: Services) -> None:
        """Serve clients until `shutdown` is requested and all of them are drained."""
        services.watcher.add_check(self._is_displaced, self._note_displaced)
        shutdown = services.shutdown
        try:
            async with trio.open_nursery() as clients:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._keep_open, services, clients)
                    await shutdown.requested.wait()
                    nursery.cancel_scope.cancel()
                await drain_sessions(self.sessions, shutdown.forced)
                clients.cancel_scope.cancel()
        finally:
            self._close()
            self._closed.set()

    async def wait_closed(self) -> None:
        """Wait until all clients are drained."""
        await self._closed.wait()

    async def _keep_open(self, services: Services, clients: trio.Nursery) -> None:
        """Accept clients, again and again: the file may be removed, or not be ours to open yet."""
        while True:
            if self._clients is None:
                self.bind()
            if self._clients is None:
                await trio.sleep(RETRY_SECONDS)
                continue
            await self._accept(self._clients, services, clients)
            self._close()

    async def _accept(
        self, listener: LimitedListener, services: Services, clients: trio.Nursery
    ) -> None:
        """Accept clients until the file is displaced, or this is cancelled."""

        async def serve(stream: trio.SocketStream) -> None:
            listener.note_started()
            try:
                await self._serve_client(stream, services)
            finally:
                listener.note_closed()

        listener.note_accepting()
        try:
            with trio.CancelScope() as self._accepting:
                await trio.serve_listeners(serve, [listener], handler_nursery=clients)
        finally:
            listener.is_stopped = True
            with trio.CancelScope(shield=True):
                while listener.are_starting:  # an accepted client has its session a moment later
                    await trio.lowlevel.checkpoint()

    async def _serve_client(self, stream: trio.SocketStream, services: Services) -> None:
        async with stream:
            pid, uid = peer_of(stream.socket)
            if uid not in (os.getuid(), 0):
                log.warning("peer_rejected", uid=uid, pid=pid)
                services.audit.count("refused_peer", None, None, ("uid", str(uid)))
                return
            # Imported with the first client or at a quiet moment: a start does without it.
            try:
                from aircherd.ipc.forwarded.session import ForwardedSession  # noqa: PLC0415
            except ImportError as error:  # the installation is gone
                log.warning("forwarded_not_loaded", reason=str(error))
                return
            session = ForwardedSession(stream, services, Peer(pid, uid))
            self.sessions.add(session)
            try:
                await session.serve()
            except Exception:  # the edge: one client must not end the others
                log.exception("session_crashed", client=session.caller.client)
            finally:
                self.sessions.discard(session)

    def _is_displaced(self) -> bool:
        return self._identity is not None and file_identity(self.path) != self._identity

    def _note_displaced(self) -> None:
        """Open another one, unless another program has the path now."""
        if self._identity is not None:
            log.warning("extra_socket_displaced", socket=str(self.path))
            self._identity = None
            self._accepting.cancel()

    def _note_problem(self, problem: str) -> None:
        if problem != self.problem:
            log.error("extra_socket_not_open", reason=problem)
        self.problem = problem

    def _close(self) -> None:
        """Close the socket; remove its file if that is still ours."""
        if self._clients is not None:
            self._clients.socket.close()
            self._clients = None
        if self._identity is not None and not self._is_displaced():
            self._identity = None
            self.path.unlink(missing_ok=True)

    def __repr__(self) -> str:
        return f"<ExtraDoor at {self.path}, {len(self.sessions)} clients>"
