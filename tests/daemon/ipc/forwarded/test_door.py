"""The extra socket: opened, opened again, and removed, over a real socket."""

import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import msgpack
import pytest
import trio

from aircherd.api.services import Shutdown
from aircherd.config.model import Config
from aircherd.config.paths import resolve_paths
from aircherd.config.watcher.file_watcher import FileWatcher
from aircherd.events import EventBus
from aircherd.ipc.forwarded import door as module
from aircherd.ipc.forwarded.door import ExtraDoor
from aircherd.memory.budget import MemoryBudget
from aircherd.sockets.places import Places

PING = msgpack.packb([0, 1, "ping", []])
ANSWER = [1, 1, None, {}]


@asynccontextmanager
async def serving(path: Path) -> AsyncIterator[tuple[ExtraDoor, SimpleNamespace]]:
    """Serve clients at `path` inside the context."""
    refused: list[object] = []
    services = SimpleNamespace(
        about=SimpleNamespace(paths=resolve_paths({"HOME": "/home/me"})),
        audit=SimpleNamespace(count=lambda *what: refused.append(what)),
        bus=EventBus(),
        config=SimpleNamespace(current=Config(providers={})),
        mask_keys=bytes,
        memory=MemoryBudget(),
        refused=refused,
        shutdown=Shutdown(),
        watcher=FileWatcher(),
    )
    door = ExtraDoor(path, Places(8))
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            door.bind()
            nursery.start_soon(door.serve, services)
            yield door, services
            services.shutdown.requested.set()
            await door.wait_closed()


async def ping(path: Path) -> object:
    """Return the answer of a new connection."""
    async with await trio.open_unix_socket(str(path)) as stream:
        await stream.send_all(PING)
        return msgpack.unpackb(await stream.receive_some())


async def test_only_the_user_can_connect(tmp_path: Path) -> None:
    """The file has mode 0600, and is removed at the end."""
    path = tmp_path / "extra.sock"
    async with serving(path) as (door, _):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert await ping(path) == ANSWER
        assert door.state()["socket"] == str(path)

    assert not path.exists()


async def test_other_users_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the file's mode says."""
    path = tmp_path / "extra.sock"
    monkeypatch.setattr(module, "peer_of", lambda _: (7, os.getuid() + 1))
    async with serving(path) as (_, services):
        async with await trio.open_unix_socket(str(path)) as stream:
            assert await stream.receive_some() == b""
        assert len(services.refused) == 1


async def test_a_removed_file_is_made_again(tmp_path: Path) -> None:
    """A client that is connected already is served on."""
    path = tmp_path / "extra.sock"
    async with serving(path) as (door, _), await trio.open_unix_socket(str(path)) as old:
        await old.send_all(PING)
        await old.receive_some()
        path.unlink()

        assert door._is_displaced()
        door._note_displaced()
        while not path.exists():  # noqa: ASYNC110 -- made by another task
            await trio.sleep(0.01)

        assert await ping(path) == ANSWER
        await old.send_all(PING)
        assert msgpack.unpackb(await old.receive_some()) == ANSWER
        assert len(door.sessions) >= 1


async def test_what_cannot_be_opened_is_a_problem_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon runs on without it."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    path = tmp_path / "extra.sock"
    path.write_text("not a socket")
    async with serving(path) as (door, _):
        assert "not a socket" in str(door.state()["problem"])

        path.unlink()
        while door.problem is not None:  # noqa: ASYNC110 -- opened by another task
            await trio.sleep(0.01)

        assert await ping(path) == ANSWER


async def test_requests_are_drained(tmp_path: Path) -> None:
    """At a shutdown each client gets a last frame."""
    path = tmp_path / "extra.sock"
    async with serving(path) as (_, services), await trio.open_unix_socket(str(path)) as stream:
        await stream.send_all(PING)
        await stream.receive_some()

        services.shutdown.requested.set()

        assert msgpack.unpackb(await stream.receive_some())[2][0]["code"] == "shutting_down"
        assert await stream.receive_some() == b""
