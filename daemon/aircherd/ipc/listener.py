"""Accepts clients, and drains them at shutdown.

On failure: a peer of another user is disconnected; a session that crashes is logged and ends alone;
with too many open files, or after another error of the socket, it retries later, while connected
clients are served; if the socket file was removed or replaced, the daemon stops, because no client
could connect.

At a shutdown no client is accepted any more, and every accepted one is drained. Those that connect
to a socket of the service manager wait there for the next daemon.
"""

import math
import os
from collections.abc import Callable

import structlog
import trio

from aircher_wire.peer import peer_of
from aircherd.access.peer import Peer
from aircherd.api.methods import METHODS
from aircherd.api.services import Services
from aircherd.events import Event
from aircherd.ipc.drain import drain_sessions
from aircherd.ipc.session import Session
from aircherd.ipc.socket_file import BoundSocket
from aircherd.sockets.limited_listener import LimitedListener
from aircherd.sockets.places import Places, client_capacity

IDLE_CHECK_INTERVAL = 60.0
"""Seconds between two checks, since clients come and go without an event."""

log = structlog.get_logger()


class Listener:
    """The clients of one socket; `sessions` is updated as they come and go.

    `places` are shared with the other doors of the daemon; `others_idle` returns for how many
    seconds no client has been connected there.
    """

    def __init__(
        self,
        bound: BoundSocket,
        services: Services,
        sessions: set[Session],
        places: Places | None = None,
        others_idle: Callable[[], float] = lambda: math.inf,
    ) -> None:
        self._bound = bound
        self._services = services
        self._sessions = sessions
        # Sessions outlive it: they drain while no new client is accepted.
        self._accepting = trio.CancelScope()
        self._closed = trio.Event()
        services.watcher.add_check(bound.is_displaced, self._note_displaced)
        self._others_idle = others_idle
        self._clients = LimitedListener(bound.sock, places or Places(client_capacity()))

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve clients until `shutdown` is requested and all of them are drained."""
        async with trio.open_nursery() as sessions:
            sessions.start_soon(self._accept, sessions)
            self._clients.note_accepting()
            if self._bound.is_passed:
                sessions.start_soon(self._stop_when_idle)
            task_status.started()
            await self._services.shutdown.requested.wait()
            self._stop_accepting()
            # An accepted client has its session a moment later.
            while self._clients.are_starting:
                await trio.lowlevel.checkpoint()
            await drain_sessions(self._sessions, self._services.shutdown.forced)
            sessions.cancel_scope.cancel()
        self._closed.set()

    async def wait_closed(self) -> None:
        """Wait until all clients are drained, which takes little more than `DRAIN_TIMEOUT`."""
        await self._closed.wait()

    async def _accept(self, sessions: trio.Nursery) -> None:
        with self._accepting:
            await trio.serve_listeners(
                self._serve_client, [self._clients], handler_nursery=sessions
            )

    def _stop_accepting(self) -> None:
        self._clients.is_stopped = True
        self._accepting.cancel()

    async def _stop_when_idle(self) -> None:
        """Request a shutdown when no client has been connected for the configured time.

        The service manager starts the daemon again for the next client. There is no checkpoint
        between the check and the end of accepting, so no client is accepted and then left.
        """
        changed = trio.Event()

        def note_changed(_: Event) -> None:
            changed.set()

        with self._services.bus.subscribed_inside("config", note_changed):
            while (left := self._idle_seconds_left()) > 0:
                changed = trio.Event()
                with trio.move_on_after(min(left, IDLE_CHECK_INTERVAL)):
                    await changed.wait()
        self._stop_accepting()
        log.info("idle_exit", idle_s=round(self._clients.idle_seconds))
        self._services.shutdown.requested.set()

    def _idle_seconds_left(self) -> float:
        limit = self._services.config.current.daemon.idle_exit
        if limit is None:
            return math.inf
        return limit - min(self._clients.idle_seconds, self._others_idle())

    async def _serve_client(self, stream: trio.SocketStream) -> None:
        self._clients.note_started()
        try:
            await self._serve_accepted(stream)
        finally:
            self._clients.note_closed()

    async def _serve_accepted(self, stream: trio.SocketStream) -> None:
        async with stream:
            pid, uid = peer_of(stream.socket)
            if uid not in (os.getuid(), 0):
                log.warning("peer_rejected", uid=uid, pid=pid)
                self._services.audit.count("refused_peer", None, None, ("uid", str(uid)))
                return
            session = Session(stream, self._services, METHODS, peer=Peer(pid, uid))
            session.decide_rights()
            self._sessions.add(session)
            try:
                await session.serve()
            except Exception:  # the edge: one client must not end the others
                log.exception("session_crashed", client=session.caller.client)
            finally:
                self._sessions.discard(session)

    def _note_displaced(self) -> None:
        if self._services.shutdown.requested.is_set():
            return
        # A new daemon would get the same socket, which no client can reach.
        cure = {"hint": "systemctl --user restart aircherd.socket"} if self._bound.is_passed else {}
        successor = self._successor()
        log.error("socket_displaced", socket=str(self._bound.path), **cure, **successor)
        self._services.audit.note("displaced", None, None, **successor)
        self._services.shutdown.requested.set()

    def _successor(self) -> dict[str, object]:
        """Return which program has taken our place, and record it for the next daemon."""
        from aircherd.access import displacement  # noqa: PLC0415 -- rare; `preload` imports it

        found = displacement.find_successor(self._bound.path)
        if found is None:
            return {}
        try:
            displacement.record(self._services.about.paths.data, found)
        except OSError as error:
            log.warning("displacement_not_recorded", reason=error.strerror)
        return {"by_pid": found.pid, "by_program": found.program}

    def __repr__(self) -> str:
        return f"<Listener on {self._bound.path}, {len(self._sessions)} clients>"
