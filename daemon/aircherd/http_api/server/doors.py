"""The doors: a private socket beside that of the daemon, and a port while one is wanted.

    [http] port          opened, moved and closed with the configuration
    open_port()          open while something holds it, as a tool that was started with `run`
    private socket       always; opened again if its file was removed

They are bound before the daemon is ready, and cost nothing until a client connects: what serves the
connections is imported with the first one.

On failure: a port in use, or a path that cannot be bound, is a line in the log, in `status` and in
`doctor`, and is tried again; the daemon runs on. Peers of other users are disconnected. At a
shutdown idle connections are closed, requests under way have their time, and new ones are refused.
"""

import math
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import trio

from aircher_wire.address import AddressError, check_length
from aircher_wire.peer import peer_of
from aircherd.access.peer import Peer
from aircherd.api.services import Services
from aircherd.events import Event
from aircherd.http_api.server import ports
from aircherd.http_api.server.bounds import DRAIN_SECONDS
from aircherd.http_api.server.guard import NoTokens
from aircherd.http_api.tokens.token import TokenTable
from aircherd.sockets.limited_listener import LimitedListener
from aircherd.sockets.places import Places
from aircherd.sockets.socket_path import InUse, file_identity, listen_at, remove_stale_socket

if TYPE_CHECKING:
    from aircherd.http_api.server.connection import Connection
    from aircherd.http_api.server.http_client import ClientTable

RETRY_SECONDS = 10.0
"""Between two attempts to open a door that could not be opened."""
SWEEP_SECONDS = 1.0
"""Between two looks at connections that are idle or slow, while there are any."""

log = structlog.get_logger()


class _Door:
    """Listening sockets. `port` is None for the private one; `holders` keep a port open."""

    def __init__(self, sockets: list[socket.socket], places: Places, port: int | None) -> None:
        self.port = port
        self.holders = 0
        self.listeners = [LimitedListener(sock, places) for sock in sockets]
        self.accepting = trio.CancelScope()
        self.connections: set[Connection] = set()
        self._sockets = sockets

    def close(self) -> None:
        """Accept no more connections; those that are idle are closed."""
        for listener in self.listeners:
            listener.is_stopped = True
        self.accepting.cancel()
        for connection in tuple(self.connections):
            connection.drain()

    def close_sockets(self) -> None:
        """Close what listens, after nothing is accepted any more."""
        ports.close(self._sockets)

    def __repr__(self) -> str:
        return f"<_Door {self.port or 'private'}, {len(self.connections)} connections>"


class HttpDoors:
    """All doors for HTTP clients; `path` is the private socket's.

    `all_places` are those of all connections of the daemon, of which half may be HTTP clients'.
    """

    def __init__(
        self,
        path: Path,
        places: Places,
        tokens: TokenTable | None = None,
        passed: socket.socket | None = None,
    ) -> None:
        self.path = path
        self.tokens = tokens or NoTokens()
        self.socket_problem: str | None = None
        self.port_problem: str | None = None
        self._passed = passed
        self.all_places = places
        self._places = Places(max(1, places.capacity // 2), places)
        self._places.make_room = self._make_room
        places.make_room = self._make_room
        self._private: _Door | None = None
        self._connections: set[Connection] = set()
        self._identity: tuple[int, int] | None = None
        self._ports: dict[int, _Door] = {}
        self._changed = trio.Event()
        self._connected = trio.Event()
        self._started = trio.Event()
        self._closed = trio.Event()
        self._services: Services | None = None
        self._nursery: trio.Nursery | None = None
        self._clients: ClientTable | None = None
        self._loading = trio.Lock()
        self._make: Callable[[trio.SocketStream, Peer, int | None], Connection] | None = None

    # ---------------------------------------------------------- what others see

    @property
    def clients(self) -> "ClientTable | tuple[()]":
        """The clients that are connected."""
        return self._clients if self._clients is not None else ()

    @property
    def port(self) -> int | None:
        """The port of the configuration if it is open, or one that is held open."""
        wanted = self._wanted
        if wanted in self._ports:
            return wanted
        return next(iter(self._ports), None)

    @property
    def idle_seconds(self) -> float:
        """Seconds since a client was connected; 0 while a port is open, which ends with us."""
        if self._ports or self._wanted is not None:
            return 0.0
        found = [each.idle_seconds for door in self._doors() for each in door.listeners]
        return min(found, default=math.inf)

    def state(self) -> dict[str, object]:
        """Return the row of `status`."""
        return {
            "socket": str(self.path),
            **({"socket_problem": self.socket_problem} if self.socket_problem else {}),
            **({"ports": sorted(self._ports)} if self._ports else {}),
            **({"port_problem": self.port_problem} if self.port_problem else {}),
            "connections": len(self._connections),
        }

    @asynccontextmanager
    async def open_port(self, wanted: int | None = None) -> AsyncIterator[int]:
        """Hold a port open inside the context, and yield its number.

        It is that of the configuration if it is open; else `wanted`, or one that is held already,
        or one that the system chooses.

        Raises:
            OSError: it cannot be opened.
        """
        await self._started.wait()
        door = self._ports.get(self._wanted or -1) if wanted is None else self._ports.get(wanted)
        if door is None and wanted is None:
            door = next(iter(self._ports.values()), None)
        if door is None:
            door = self._open(ports.listen(wanted or 0))
        door.holders += 1
        assert door.port is not None
        try:
            yield door.port
        finally:
            door.holders -= 1
            self._changed.set()

    # ---------------------------------------------------------- the life of all doors

    def bind(self) -> _Door | None:
        """Open the private socket, so that clients can connect; they are served by `serve`."""
        try:
            sock = self._passed
            if sock is None:
                check_length(self.path)
                remove_stale_socket(self.path)
                sock = listen_at(self.path)
        except (AddressError, InUse) as error:
            self._note_socket_problem(str(error))
        except OSError as error:
            self._note_socket_problem(f"{self.path} cannot be opened: {error.strerror}")
        else:
            self.socket_problem = None
            self._identity = file_identity(self.path)
            self._private = _Door([sock], self._places, None)
        return self._private

    async def serve(self, services: Services) -> None:
        """Serve clients until `shutdown` is requested and all of them are drained."""
        self._services = services
        services.watcher.add_check(self._is_displaced, self._note_displaced)
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                if self._private is not None:
                    self._serve_door(self._private)
                nursery.start_soon(self._keep_ports)
                nursery.start_soon(self._sweep)
                self._started.set()
                await services.shutdown.requested.wait()
                await self._drain(services.shutdown.forced)
                nursery.cancel_scope.cancel()
        finally:
            self._remove()
            self._closed.set()

    async def wait_closed(self) -> None:
        """Wait until all connections are drained, which takes little more than `DRAIN_SECONDS`."""
        await self._closed.wait()

    async def _drain(self, forced: trio.Event) -> None:
        doors = list(self._doors())
        for door in doors:
            door.close()
        with trio.move_on_after(DRAIN_SECONDS) as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cancel_when_set, forced, scope)
                while self._has_connections(doors):  # noqa: ASYNC110 -- they have no common event
                    await trio.sleep(0.01)
                nursery.cancel_scope.cancel()
        if self._connections:
            log.warning("http_requests_cancelled", count=len(self._connections))
        for connection in tuple(self._connections):
            connection.cancel()
        while self._connections:  # noqa: ASYNC110 -- they were cancelled
            await trio.sleep(0.001)

    def _has_connections(self, doors: list[_Door]) -> bool:
        are_starting = any(each.are_starting for door in doors for each in door.listeners)
        return bool(self._connections) or are_starting

    def _remove(self) -> None:
        for door in self._doors():
            door.close_sockets()
        if self._passed is None and self._private and not self._is_displaced():
            self._identity = None
            self.path.unlink(missing_ok=True)
        self._private = None
        self._ports.clear()

    def _doors(self) -> list[_Door]:
        private = [] if self._private is None else [self._private]
        return [*private, *self._ports.values()]

    # ---------------------------------------------------------- ports

    @property
    def _wanted(self) -> int | None:
        return self._services.config.current.http.port if self._services else None

    def _open(self, sockets: list[socket.socket]) -> _Door:
        door = _Door(sockets, self._places, ports.port_of(sockets))
        assert door.port is not None
        self._ports[door.port] = door
        self._serve_door(door)
        log.info("http_port_open", port=door.port)
        return door

    def _serve_door(self, door: _Door) -> None:
        assert self._nursery is not None
        self._nursery.start_soon(self._accept, door)

    async def _keep_ports(self) -> None:
        """Open and close ports as the configuration and the holders want it."""
        services = self._services
        assert services is not None

        def note(_: Event) -> None:
            self._changed.set()

        with services.bus.subscribed_inside("config", note):
            while True:
                self._changed = trio.Event()
                self._adjust()
                if self._private is None and (door := self.bind()) is not None:
                    self._serve_door(door)
                has_problem = self.port_problem or self.socket_problem
                with trio.move_on_after(RETRY_SECONDS if has_problem else math.inf):
                    await self._changed.wait()

    def _adjust(self) -> None:
        wanted = self._wanted
        for port, door in tuple(self._ports.items()):
            if port != wanted and not door.holders:
                del self._ports[port]
                door.close()
                log.info("http_port_closed", port=port)
        problem = None
        if wanted is not None and wanted not in self._ports:
            try:
                self._open(ports.listen(wanted))
            except OSError as error:
                problem = ports.problem_of(wanted, error)
        if problem is not None and problem != self.port_problem:
            log.error("http_port_not_open", reason=problem)
        self.port_problem = problem

    # ---------------------------------------------------------- the private socket

    def _is_displaced(self) -> bool:
        return self._identity is not None and file_identity(self.path) != self._identity

    def _note_displaced(self) -> None:
        """Open another one, unless another program has the path now."""
        if self._identity is None:
            return  # it was we who removed it
        log.warning("http_socket_displaced", socket=str(self.path))
        self._identity = None
        if (door := self._private) is not None:
            door.close()
            self._private = None
        self._passed = None  # systemd goes on listening where no client can connect
        self._changed.set()

    def _note_socket_problem(self, problem: str) -> None:
        if problem != self.socket_problem:
            log.error("http_socket_not_open", reason=problem)
        self.socket_problem = problem

    # ---------------------------------------------------------- connections

    async def _accept(self, door: _Door) -> None:
        assert self._nursery is not None
        for listener in door.listeners:
            listener.note_accepting()
        try:
            with door.accepting:
                async with trio.open_nursery() as nursery:
                    for listener in door.listeners:
                        nursery.start_soon(self._accept_at, door, listener)
        finally:
            door.close_sockets()

    async def _accept_at(self, door: _Door, listener: LimitedListener) -> None:
        async def serve(stream: trio.SocketStream) -> None:
            listener.note_started()
            try:
                await self._serve_stream(door, stream)
            finally:
                listener.note_closed()

        await trio.serve_listeners(serve, [listener], handler_nursery=self._nursery)

    async def _serve_stream(self, door: _Door, stream: trio.SocketStream) -> None:
        async with stream:
            peer = self._peer(door, stream)
            if peer is None:
                return
            try:
                make = await self._loaded()
                await self._serve_connection(door, make(stream, peer, door.port))
            except ImportError as error:  # the installation is gone
                log.warning("http_not_loaded", reason=str(error))
            except Exception:  # the edge: one client must not end the others
                log.exception("http_connection_crashed")

    async def _serve_connection(self, door: _Door, connection: "Connection") -> None:
        door.connections.add(connection)
        self._connections.add(connection)
        connection.is_draining = door.accepting.cancel_called
        self._connected.set()
        try:
            await connection.serve()
        finally:
            door.connections.discard(connection)
            self._connections.discard(connection)

    def _peer(self, door: _Door, stream: trio.SocketStream) -> Peer | None:
        """Return the peer, None if it is another user's."""
        if door.port is not None:
            with suppress(OSError):
                stream.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return Peer(0, os.getuid())
        pid, uid = peer_of(stream.socket)
        if uid in (os.getuid(), 0):
            return Peer(pid, uid)
        log.warning("peer_rejected", uid=uid, pid=pid)
        assert self._services is not None
        self._services.audit.count("refused_peer", None, None, ("uid", str(uid)))
        return None

    async def _loaded(self) -> "Callable[[trio.SocketStream, Peer, int | None], Connection]":
        """Return what makes a connection, imported with the first one."""
        if self._make is None:
            async with self._loading:
                if self._make is None:
                    self._make = await trio.to_thread.run_sync(self._load)
        return self._make

    def _load(self) -> "Callable[[trio.SocketStream, Peer, int | None], Connection]":
        from aircherd.http_api.server.admission import Admitter  # noqa: PLC0415
        from aircherd.http_api.server.backend import load_backend  # noqa: PLC0415
        from aircherd.http_api.server.connection import Connection, House  # noqa: PLC0415
        from aircherd.http_api.server.http_client import ClientTable  # noqa: PLC0415

        services = self._services
        assert services is not None
        backend = load_backend()
        clients = self._clients = ClientTable(services)
        house = House(services, clients, backend)
        admitters: dict[int | None, Admitter] = {}

        def make(stream: trio.SocketStream, peer: Peer, port: int | None) -> Connection:
            admitter = admitters.get(port)
            if admitter is None:
                admitter = Admitter(services, backend.router, self.tokens, port)
                admitters[port] = admitter
            return Connection(stream, house, admitter, peer)

        return make

    async def _sweep(self) -> None:
        """End connections that are idle or slow for too long."""
        while True:
            if not self._connections:
                self._connected = trio.Event()
                await self._connected.wait()
            await trio.sleep(SWEEP_SECONDS)
            now = trio.current_time()
            for connection in tuple(self._connections):
                connection.check(now)

    def _make_room(self) -> None:
        """Close the connection that waits for its client the longest: others want its place.

        First those without a token, whatever they do: programs of other users can open as many as
        they like, and would keep their places by reading nothing.
        """
        strangers = [each for each in self._connections if each.is_stranger]
        if strangers:
            min(strangers, key=lambda each: each.since).cancel()
            return
        waiting = [each for each in self._connections if not each.is_answering]
        if waiting:
            min(waiting, key=lambda each: (each.is_busy, each.since)).cancel()

    def __repr__(self) -> str:
        return f"<HttpDoors at {self.path}, ports {sorted(self._ports)}>"


async def _cancel_when_set(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
