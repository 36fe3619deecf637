"""The doors: opened, moved, closed and drained, over real sockets."""

import os
import socket
import stat
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio

from aircherd.api.services import Shutdown
from aircherd.config.model import Config, Http
from aircherd.events import EventBus
from aircherd.http_api.server import backend as backend_module
from aircherd.http_api.server import doors as module
from aircherd.http_api.server.backend import Backend
from aircherd.http_api.server.connection import Connection
from aircherd.http_api.server.doors import HttpDoors
from aircherd.http_api.server.router import Router
from aircherd.sockets.places import Places
from helpers.http_api.server import (
    ANTHROPIC,
    CHAT,
    Backstage,
    HttpPeer,
    TokenOf,
    Tokens,
    make_services,
    request,
)

ECHO = "POST /v1/echo HTTP/1.1\nHost: x\nX-Api-Key: ak-air-a\n\n"


@asynccontextmanager
async def opened(monkeypatch, *, port=None, places=100, path=None, loads=True):
    """Run doors of their own; yield them, their services and what is behind them."""
    backstage = Backstage()
    router = Router((CHAT, ANTHROPIC))
    monkeypatch.setattr(backend_module, "load_backend", lambda: Backend(router, backstage.perform))
    with tempfile.TemporaryDirectory(prefix="air") as root, trio.fail_after(100_000):
        services = make_services(Config(providers={}, http=Http(port=port)))
        services.bus, services.shutdown = EventBus(), Shutdown()
        where = path or Path(root) / "http.sock"
        doors = HttpDoors(where, Places(places), Tokens(a=TokenOf("mine")))
        doors.bind()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(doors.serve, services)
            await trio.testing.wait_all_tasks_blocked()
            if loads:
                doors._make = doors._load()  # no thread: a clock that jumps does not wait for it
            yield doors, services, backstage
            services.shutdown.requested.set()
            await doors.wait_closed()


def configure(services, **http):
    services.config.current = Config(providers={}, http=Http(**http))
    services.bus.publish("config", {"ok": True})


async def connect(doors, port=None):
    if port is None:
        return HttpPeer(await trio.open_unix_socket(str(doors.path)))
    return HttpPeer(await trio.open_tcp_stream("127.0.0.1", port))


async def test_the_private_socket_serves_without_a_token(monkeypatch):
    """It has mode 0600, is in `status`, and its file is removed at the end."""
    async with opened(monkeypatch) as (doors, _, backstage):
        peer = await connect(doors)
        assert (await peer.ask("POST /v1/echo HTTP/1.1\nHost: x\nUser-Agent: curl/8\n\n"))[0] == 200
        caller = backstage.clients[0].caller
        assert (caller.client, caller.peer.pid) == ("curl", os.getpid())
        assert stat.S_IMODE(doors.path.stat().st_mode) == 0o600
        assert doors.state() == {"socket": str(doors.path), "connections": 1}
        assert [client.describe()["name"] for client in doors.clients] == ["curl"]
        assert doors.idle_seconds == 0
        path = doors.path
        await peer.stream.aclose()
    assert not path.exists()


async def test_peers_of_other_users_are_disconnected(monkeypatch):
    """Nothing is sent to them, and the audit log has them."""
    monkeypatch.setattr(module, "peer_of", lambda _: (1, 12345))
    async with opened(monkeypatch) as (doors, services, _):
        peer = await connect(doors)
        assert await peer.rest() == b""
        await peer.stream.aclose()
        assert services.refused == [("refused_peer", None, None, ("uid", "12345"))]


async def test_a_port_is_opened_moved_and_closed_with_the_configuration(monkeypatch):
    """What comes there needs a token."""
    first, second = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    numbers = [each.getsockname()[1] for each in (first, second)]
    first.close()
    second.close()
    async with opened(monkeypatch) as (doors, services, backstage):
        assert (doors.port, doors.state().get("ports")) == (None, None)
        configure(services, port=numbers[0])
        await trio.testing.wait_all_tasks_blocked()
        assert (doors.port, doors.state()["ports"]) == (numbers[0], [numbers[0]])
        head = f"POST /v1/echo HTTP/1.1\nHost: localhost:{numbers[0]}\n"
        peer = await connect(doors, numbers[0])
        assert (await peer.ask(f"{head}\n"))[0] == 401
        await peer.stream.aclose()
        peer = await connect(doors, numbers[0])
        assert (await peer.ask(f"{head}X-Api-Key: ak-air-a\n\n"))[0] == 200
        assert backstage.clients[0].caller.client == "mine"
        configure(services, port=numbers[1])
        assert await peer.rest() == b""  # it was idle
        await peer.stream.aclose()
        assert doors.port == numbers[1]
        with pytest.raises(OSError, match="all attempts to connect"):
            await connect(doors, numbers[0])
        configure(services)
        await trio.testing.wait_all_tasks_blocked()
        assert doors.port is None


async def test_a_port_in_use_is_a_problem_and_is_tried_again(monkeypatch, autojump_clock):
    """The daemon lives; nothing is lost once the other program ends."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with opened(monkeypatch, port=port) as (doors, _, _):
            assert f"port {port} is in use" in doors.state()["port_problem"]
            other.close()
            await trio.sleep(module.RETRY_SECONDS + 1)
            assert doors.state()["ports"] == [port]
            assert "port_problem" not in doors.state()


async def test_a_port_is_open_while_something_holds_it(monkeypatch):
    """Two that hold one have the same; that of the configuration is preferred."""
    async with opened(monkeypatch) as (doors, services, _):
        async with doors.open_port() as port:
            async with doors.open_port() as same:
                assert same == port
            peer = await connect(doors, port)
            assert (await peer.ask(f"GET / HTTP/1.1\nHost: 127.0.0.1:{port}\n\n"))[0] == 200
            configure(services)
            await trio.testing.wait_all_tasks_blocked()
            assert doors.port == port
        assert await peer.rest() == b""
        await peer.stream.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert doors.port is None
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            with pytest.raises(OSError, match="in use"):
                async with doors.open_port(taken):
                    pass
        async with doors.open_port(taken) as chosen:
            assert chosen == taken


async def test_a_socket_that_was_removed_is_opened_again(monkeypatch):
    """One that another program has replaced is left alone, until it ends."""
    async with opened(monkeypatch) as (doors, _, _):
        peer = await connect(doors)
        await peer.ask(ECHO.replace("X-Api-Key: ak-air-a\n", ""))
        doors.path.unlink()
        assert doors._is_displaced()
        doors._note_displaced()
        await trio.testing.wait_all_tasks_blocked()
        again = await connect(doors)
        assert (await again.ask("GET / HTTP/1.1\nHost: x\n\n"))[0] == 200
        await again.stream.aclose()
        await peer.stream.aclose()
        doors.path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(doors.path))
            other.listen()
            assert doors._is_displaced()
            doors._note_displaced()
            await trio.testing.wait_all_tasks_blocked()
            assert "another program" in doors.state()["socket_problem"]
            assert not doors._is_displaced()


async def test_a_path_that_is_too_long_is_a_problem(monkeypatch, autojump_clock):
    """The daemon's own may just be short enough."""
    async with opened(monkeypatch, path=Path("/tmp") / f"{'x' * 110}.sock") as (doors, _, _):
        assert "at most 107" in doors.state()["socket_problem"]
        await trio.sleep(2 * module.RETRY_SECONDS)


async def test_idle_connections_give_way_to_others(monkeypatch):
    """However many there are, a new client is served; one whose request runs is not closed."""
    async with opened(monkeypatch, places=20) as (doors, _, backstage):
        busy = await connect(doors)
        await busy.send(request("POST /v1/hang HTTP/1.1\nHost: x\n\n"))
        await backstage.hanging.wait()
        idle = [await connect(doors) for _ in range(30)]
        for number in range(3):
            peer = await connect(doors)
            status, _, _ = await peer.ask("POST /v1/echo HTTP/1.1\nHost: x\n\n")
            assert (status, number) == (200, number)
            await peer.stream.aclose()
        assert doors.state()["connections"] <= 10
        assert not backstage.cancelled.is_set()
        # The socket's clients have the other half, and more if they need it.
        for _ in range(18):  # one is the listener's
            await doors.all_places.acquire()
        assert doors.state()["connections"] == 1
        for peer in (busy, *idle):
            await peer.stream.aclose()


async def test_strangers_give_way_first_whatever_they_do(monkeypatch):
    """Who has no token keeps no place by reading nothing; who has one keeps its connection."""
    async with opened(monkeypatch, places=20) as (doors, _, _), doors.open_port() as port:
        echo = ECHO.replace("x\n", f"127.0.0.1:{port}\n", 1)
        mine = await connect(doors, port)
        assert (await mine.ask(echo))[0] == 200
        send, receive = trio.open_memory_channel(10)

        async def write(*_):
            send.send_nowait(None)
            await trio.sleep_forever()

        with monkeypatch.context() as patch:
            patch.setattr(Connection, "write", write)
            deaf = [await connect(doors, port) for _ in range(9)]
            for peer in deaf:
                await peer.send(request(f"GET / HTTP/1.1\nHost: 127.0.0.1:{port}\n\n"))
            for _ in range(5):  # places that are left by the listeners and the connection above
                await receive.receive()
        another = await connect(doors, port)
        with trio.fail_after(5):
            assert (await another.ask(echo))[0] == 200
            assert (await mine.ask(echo))[0] == 200
        for peer in (mine, another, *deaf):
            await peer.stream.aclose()


async def test_slow_connections_are_ended_by_the_sweep(monkeypatch, autojump_clock):
    """It looks once a second, while there are any."""
    async with opened(monkeypatch) as (doors, _, _):
        peer = await connect(doors)
        await peer.send(b"POST /v1/echo HTT")
        assert (await peer.answer())[0] == 408
        assert await peer.rest() == b""
        await peer.stream.aclose()


async def test_a_shutdown_lets_requests_end(monkeypatch, autojump_clock):
    """Those that take too long hear why; idle connections are closed, new ones refused."""
    async with opened(monkeypatch) as (doors, services, backstage):
        idle, busy = await connect(doors), await connect(doors)
        await idle.ask("GET / HTTP/1.1\nHost: x\n\n")
        await busy.send(request("POST /v1/hang HTTP/1.1\nHost: x\n\n"))
        await backstage.hanging.wait()
        began = trio.current_time()
        services.shutdown.requested.set()
        assert await idle.rest() == b""
        with pytest.raises(OSError, match=r"refused|No such file"):
            await connect(doors)
        assert (await busy.answer())[0] == 503
        assert trio.current_time() - began >= 18
        await idle.stream.aclose()
        await busy.stream.aclose()


async def test_a_backend_that_cannot_be_loaded_ends_the_connection_alone(monkeypatch):
    """The daemon's installation may be gone; its other clients are served."""

    def fail():
        raise ImportError("gone")

    async with opened(monkeypatch, loads=False) as (doors, _, _):
        monkeypatch.setattr(backend_module, "load_backend", fail)
        peer = await connect(doors)
        await peer.send(request("GET / HTTP/1.1\nHost: x\n\n"))
        with suppress(trio.BrokenResourceError):
            assert await peer.rest() == b""
        await peer.stream.aclose()
