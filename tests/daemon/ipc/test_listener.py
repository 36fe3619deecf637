"""Accepting and draining clients, over a real socket."""

import contextlib
import errno
import math
import random
import socket
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import msgpack
import pytest
import trio

from aircherd.api.services import Shutdown
from aircherd.config.model import Config, Daemon
from aircherd.config.watcher.file_watcher import FileWatcher
from aircherd.events import EventBus
from aircherd.ipc import listener as listener_module
from aircherd.ipc.listener import Listener
from aircherd.ipc.session import Session
from aircherd.ipc.socket_file import claim_socket
from aircherd.memory.budget import MemoryBudget


@asynccontextmanager
async def listening(*, idle_exit=None, others_idle=lambda: math.inf):
    """Run a listener on its own socket; yield its path, its services and its sessions.

    With `idle_exit` the socket counts as passed by a service manager.
    """
    with tempfile.TemporaryDirectory(prefix="air") as root:
        path = Path(root) / "run" / "s.sock"
        config = SimpleNamespace(current=Config(providers={}, daemon=Daemon(idle_exit=idle_exit)))
        refused, noted = [], []
        services = SimpleNamespace(
            audit=SimpleNamespace(
                count=lambda *what: refused.append(what),
                note=lambda kind, *_, **facts: noted.append(kind),
            ),
            refused=refused,
            noted=noted,
            bus=EventBus(),
            shutdown=Shutdown(),
            config=config,
            watcher=FileWatcher(),
            mask_keys=bytes,
            memory=MemoryBudget(),
        )
        with claim_socket(path, Path(root) / "data") as bound, trio.fail_after(100_000):
            bound.is_passed, services.bound = idle_exit is not None, bound
            sessions = set()
            listener = Listener(bound, services, sessions, others_idle=others_idle)
            async with trio.open_nursery() as nursery:
                await nursery.start(listener.serve)
                yield path, services, sessions
                services.shutdown.requested.set()
                await listener.wait_closed()


async def ping(path):
    """Connect and send a ping; return the stream and the response."""
    stream = await trio.open_unix_socket(str(path))
    try:
        await stream.send_all(msgpack.packb([0, 1, "ping", []]))
        return stream, msgpack.unpackb(await stream.receive_some())
    except BaseException:
        await stream.aclose()
        raise


async def test_connected_clients_have_sessions():
    """A session is removed when its client disconnects."""
    async with listening() as (path, _, sessions):
        first, answer = await ping(path)
        second, _ = await ping(path)
        assert (answer, len(sessions)) == ([1, 1, None, {}], 2)
        await first.aclose()
        await second.aclose()
        while sessions:  # noqa: ASYNC110 - the end of a session has no event
            await trio.sleep(0.001)


async def test_clients_that_have_gone_get_no_session(monkeypatch):
    """A program that connects and disconnects in a loop does not keep others waiting."""
    made = []

    class CountedSession(Session):
        def __init__(self, *arguments, **options):
            made.append(self)
            super().__init__(*arguments, **options)

    monkeypatch.setattr("aircherd.ipc.listener.Session", CountedSession)
    async with listening() as (path, _, sessions):
        for _ in range(80):
            with socket.socket(socket.AF_UNIX) as gone:
                gone.connect(str(path))  # no checkpoint: they wait in the kernel's queue
        stream, answer = await ping(path)
        async with stream:
            assert answer == [1, 1, None, {}]
            assert (len(made), len(sessions)) == (1, 1)


async def test_crashed_session_ends_alone(monkeypatch):
    """Other clients are served, and new ones are accepted."""
    async with listening() as (path, _, _):
        alive, _ = await ping(path)

        async def crash(self):
            raise RuntimeError("a mistake")

        with monkeypatch.context() as patch:
            patch.setattr(Session, "serve", crash)
            with pytest.raises((trio.BrokenResourceError, msgpack.UnpackException, ValueError)):
                await ping(path)
        await alive.send_all(msgpack.packb([0, 2, "ping", []]))
        assert msgpack.unpackb(await alive.receive_some()) == [1, 2, None, {}]
        another, answer = await ping(path)
        assert answer == [1, 1, None, {}]
        await another.aclose()
        await alive.aclose()


async def test_peer_of_another_user_is_disconnected(monkeypatch):
    """Nothing is sent to it, and the audit log has it."""
    async with listening() as (path, services, sessions):
        monkeypatch.setattr(listener_module, "peer_of", lambda _: (1, 12345))
        async with await trio.open_unix_socket(str(path)) as stream:
            assert await stream.receive_some() == b""
        assert sessions == set()
        assert services.refused == [("refused_peer", None, None, ("uid", "12345"))]


async def test_removed_socket_file_stops_the_daemon():
    """No client could connect any more; the audit log has it."""
    async with listening() as (path, services, _), trio.open_nursery() as nursery:
        nursery.start_soon(services.watcher.run)
        path.unlink()
        with trio.fail_after(20):
            await services.shutdown.requested.wait()
        assert services.noted == ["displaced"]
        nursery.cancel_scope.cancel()


async def test_draining_accepts_no_new_clients():
    """The socket is closed at once, while connected clients are drained."""
    async with listening() as (path, services, _):
        client, _ = await ping(path)
        services.shutdown.requested.set()
        received = b""
        while data := await client.receive_some():
            received += data
        assert b"shutting_down" in received
        with pytest.raises((ConnectionRefusedError, FileNotFoundError, OSError)):
            await trio.open_unix_socket(str(path))
        await client.aclose()


async def test_clients_beyond_the_capacity_wait(monkeypatch):
    """File descriptors are reserved for connected clients."""
    monkeypatch.setattr(listener_module, "client_capacity", lambda: 1)
    async with listening() as (path, _, _):
        first, _ = await ping(path)
        async with await trio.open_unix_socket(str(path)) as waiting:
            await waiting.send_all(msgpack.packb([0, 7, "ping", []]))
            with trio.move_on_after(0.2) as scope:
                await waiting.receive_some()
            assert scope.cancelled_caught
            await first.aclose()
            assert msgpack.unpackb(await waiting.receive_some()) == [1, 7, None, {}]


# ------------------------------------------------------------------ idle exit


async def test_unused_daemon_stops_after_its_time(autojump_clock):
    """The time begins with the start."""
    async with listening(idle_exit=100.0) as (_, services, _):
        await trio.sleep(99)
        assert not services.shutdown.requested.is_set()
        await trio.sleep(2)
        assert services.shutdown.requested.is_set()


async def test_connected_client_keeps_the_daemon_alive(mock_clock):
    """Also one that sends nothing; the time begins again when it leaves."""
    async with listening(idle_exit=100.0) as (path, services, sessions):
        client, _ = await ping(path)
        for _ in range(3):
            mock_clock.jump(1000)
            await trio.testing.wait_all_tasks_blocked()
        assert not services.shutdown.requested.is_set()
        await client.aclose()
        while sessions:
            await trio.lowlevel.checkpoint()
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(99)
        await trio.testing.wait_all_tasks_blocked()
        assert not services.shutdown.requested.is_set()
        mock_clock.jump(2)
        await services.shutdown.requested.wait()


async def test_clients_of_other_doors_keep_the_daemon_alive(autojump_clock):
    """Those that come over HTTP; the time begins again when the last one leaves."""
    left_at = []

    def others_idle():
        return trio.current_time() - left_at[0] if left_at else 0.0

    async with listening(idle_exit=100.0, others_idle=others_idle) as (_, services, _):
        await trio.sleep(1000)
        assert not services.shutdown.requested.is_set()
        left_at.append(trio.current_time())
        await trio.sleep(99)
        assert not services.shutdown.requested.is_set()
        await trio.sleep(62)  # checks are at multiples of 60
        assert services.shutdown.requested.is_set()


async def test_changed_idle_exit_takes_effect(autojump_clock):
    """At once, without a new start."""
    async with listening(idle_exit=100_000.0) as (_, services, _):
        services.config.current = Config(providers={}, daemon=Daemon(idle_exit=None))
        services.bus.publish("config", {"ok": True})
        await trio.sleep(69_965)  # checks are at multiples of 60
        services.config.current = Config(providers={}, daemon=Daemon(idle_exit=69_970.0))
        services.bus.publish("config", {"ok": True})
        await trio.sleep(4)
        assert not services.shutdown.requested.is_set()
        await trio.sleep(2)
        assert services.shutdown.requested.is_set()


async def test_daemon_with_its_own_socket_runs_on(autojump_clock):
    """Nothing would start it again."""
    async with listening() as (_, services, _):
        services.config.current = Config(providers={}, daemon=Daemon(idle_exit=20.0))
        await trio.sleep(50_000)
        assert not services.shutdown.requested.is_set()


async def test_accepted_clients_are_drained_at_once():
    """A client whose task has not run yet gets its last error, too."""
    async with listening() as (path, services, _):
        clients = [await trio.open_unix_socket(str(path)) for _ in range(20)]
        services.shutdown.requested.set()
        received = []
        for client in clients:
            data = b""
            with contextlib.suppress(trio.BrokenResourceError):  # it was still in the queue
                while more := await client.receive_some():
                    data += more
            received.append(data)
            await client.aclose()
        assert any(b"shutting_down" in data for data in received)


@pytest.mark.parametrize("seed", range(30))
async def test_no_client_is_lost_at_an_idle_exit(seed):
    """Each is served, or waits in the socket's queue for the next daemon; none is closed."""
    delays = random.Random(seed)  # noqa: S311 - reproducible
    served, unanswered = [], []

    async def connect(path):
        await trio.sleep(delays.uniform(0.015, 0.03))
        stream = await trio.open_unix_socket(str(path))
        await stream.send_all(msgpack.packb([0, 1, "ping", []]))
        unanswered.append(stream)
        if await stream.receive_some():
            unanswered.remove(stream)
            served.append(stream)
            await stream.aclose()

    async with listening(idle_exit=0.02) as (path, services, _), trio.open_nursery() as nursery:
        keeper = services.bound.sock.dup()
        for _ in range(3):
            nursery.start_soon(connect, path)
        await services.shutdown.requested.wait()
        while len(served) + len(unanswered) < 3:  # noqa: ASYNC110 - some come after the end
            await trio.sleep(0.001)
        keeper.setblocking(False)
        queued = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                keeper.accept()[0].close()
                queued += 1
        nursery.cancel_scope.cancel()
    keeper.close()
    for stream in unanswered:
        await stream.aclose()
    assert (len(served) + queued, len(unanswered)) == (3, queued)


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.EEXIST, errno.EPERM])
async def test_a_refused_wait_does_not_end_accepting(monkeypatch, autojump_clock, number):
    """It is logged once, and the next client is served."""
    wait, failed = trio.lowlevel.wait_readable, []

    async def fail_twice(sock):
        if sock is services.bound.sock and len(failed) < 2:
            failed.append(number)
            raise OSError(number, "refused")
        await wait(sock)

    async with listening() as (path, services, _):
        first, _ = await ping(path)
        monkeypatch.setattr(trio.lowlevel, "wait_readable", fail_twice)
        second, _ = await ping(path)
        third, answer = await ping(path)
        for stream in (first, second, third):
            await stream.aclose()
    assert (answer, failed) == ([1, 1, None, {}], [number, number])
