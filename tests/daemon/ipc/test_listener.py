"""Accepting clients, and seeing them off: over a real socket."""

import os
import socket
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import msgpack
import pytest
import trio

from aircherd.api.services import Shutdown
from aircherd.events import EventBus
from aircherd.ipc import listener as listener_module
from aircherd.ipc.listener import DISPLACED_CHECK_INTERVAL, Listener
from aircherd.ipc.session import Session
from aircherd.ipc.socket_file import claim_socket


@asynccontextmanager
async def listening():
    """A listener on a socket of its own; gives it, its services and its sessions."""
    with tempfile.TemporaryDirectory(prefix="air") as root:
        path = Path(root) / "run" / "s.sock"
        services = SimpleNamespace(bus=EventBus(), shutdown=Shutdown())
        with claim_socket(path, Path(root) / "data") as bound, trio.fail_after(60):
            sessions = set()
            listener = Listener(bound, services, sessions)
            async with trio.open_nursery() as nursery:
                await nursery.start(listener.serve)
                yield path, services, sessions
                services.shutdown.requested.set()
                await listener.wait_closed()


async def ping(path):
    """Connect, ask, return the stream and the answer."""
    stream = await trio.open_unix_socket(str(path))
    try:
        await stream.send_all(msgpack.packb([0, 1, "ping", []]))
        return stream, msgpack.unpackb(await stream.receive_some())
    except BaseException:
        await stream.aclose()
        raise


async def test_clients_are_served_and_counted():
    """Each has a session for as long as it is connected."""
    async with listening() as (path, _, sessions):
        first, answer = await ping(path)
        second, _ = await ping(path)
        assert (answer, len(sessions)) == ([1, 1, None, {}], 2)
        await first.aclose()
        await second.aclose()
        while sessions:  # noqa: ASYNC110 - the end of a session has no event
            await trio.sleep(0.001)


async def test_a_session_that_crashes_ends_alone(monkeypatch):
    """The others go on, and new clients are let in."""
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


async def test_a_peer_of_another_user_is_turned_away(monkeypatch):
    """Not a word is said to it."""
    async with listening() as (path, _, sessions):
        monkeypatch.setattr(listener_module, "_peer_uid", lambda _: 12345)
        async with await trio.open_unix_socket(str(path)) as stream:
            assert await stream.receive_some() == b""
        assert sessions == set()


async def test_the_kernel_tells_who_the_peer_is():
    """Our own uid over a pair of our own."""
    ours, theirs = socket.socketpair()
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
    assert listener_module._peer_uid(stream) == os.getuid()
    await stream.aclose()
    theirs.close()


async def test_a_removed_socket_file_ends_the_daemon(autojump_clock):
    """Within one look: nobody could reach it any more."""
    async with listening() as (path, services, _):
        path.unlink()
        with trio.fail_after(DISPLACED_CHECK_INTERVAL + 1):
            await services.shutdown.requested.wait()


async def test_draining_lets_nobody_new_in():
    """The socket is closed to new clients at once, while the old ones are seen off."""
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


async def test_clients_beyond_the_places_wait_until_one_leaves(monkeypatch):
    """Descriptors are kept back for those who are served."""
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


@pytest.mark.parametrize(("files", "places"), [(64, 48), (1024, 768), (20, 4), (10, 1)])
def test_a_quarter_of_the_files_is_kept_back(monkeypatch, files, places):
    """At least 16, and there is always one place."""
    monkeypatch.setattr(listener_module.resource, "getrlimit", lambda _: (files, files))
    assert listener_module.client_capacity() == places
