"""One client on another machine: its name, and that it cannot choose another host."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import msgpack
import trio

from aircherd.access.peer import Peer
from aircherd.config.model import Config
from aircherd.config.paths import resolve_paths
from aircherd.config.watcher.file_watcher import FileWatcher
from aircherd.events import EventBus
from aircherd.ipc.forwarded.session import ForwardedSession
from aircherd.memory.budget import MemoryBudget
from helpers import sessions


@asynccontextmanager
async def forwarded() -> AsyncIterator[tuple[sessions.Peer, ForwardedSession]]:
    """Serve one client; yield its end and the session."""
    ours, theirs = socket.socketpair()
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
    services = SimpleNamespace(
        about=SimpleNamespace(paths=resolve_paths({"HOME": "/home/me"})),
        audit=SimpleNamespace(count=lambda *_: None),
        bus=EventBus(),
        config=SimpleNamespace(current=Config(providers={})),
        mask_keys=bytes,
        memory=MemoryBudget(),
        watcher=FileWatcher(),
    )
    session = ForwardedSession(stream, services, Peer(0, 0))  # type: ignore[arg-type]
    peer = sessions.Peer(trio.SocketStream(trio.socket.from_stdlib_socket(theirs)))
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery, peer.stream:

            async def serve() -> None:
                async with stream:
                    await session.serve()

            nursery.start_soon(serve)
            yield peer, session
            await peer.stream.aclose()


def via(host: str) -> list[object]:
    """Return the first frame of a forwarder."""
    return [2, "via", [{"host": host}]]


def hello(name: str, **more: object) -> list[object]:
    """Return a request that introduces a client."""
    return [0, 1, "hello", [{"client": {"name": name}, **more}]]


async def test_the_forwarder_names_the_host() -> None:
    """Whatever the client says, and however often."""
    async with forwarded() as (peer, session):
        await peer.send(via("buildbox"), hello("vim", host="laptop"))
        answer = await peer.receive()
        assert (answer[2], answer[3]["host"], session.caller.client) == (
            None,
            "buildbox",
            "vim@buildbox",
        )

        await peer.send(via("other"), [0, 2, "hello", [{"host": "third"}]])
        assert (await peer.receive())[3]["host"] == "buildbox"
        assert session.caller.client == "vim@buildbox"


async def test_a_client_names_its_host_itself_without_a_forwarder() -> None:
    """As with a RemoteForward of ssh."""
    async with forwarded() as (peer, session):
        assert session.caller.client == "unknown@unknown"

        await peer.send(hello("vim", host="Build@Box"))
        await peer.receive()

        assert session.caller.client == "vim@build-box"
        assert session.describe()["host"] == "build-box"


async def test_a_host_named_too_late_is_ignored() -> None:
    """After a request it may be the client itself that says it."""
    async with forwarded() as (peer, session):
        await peer.ask(1, "ping")
        await peer.send(via("laptop"), hello("vim"))
        await peer.receive()

        assert session.caller.client == "vim@unknown"


async def test_a_strange_via_is_ignored() -> None:
    """Without a host, or with one that is no text, nothing is named."""
    async with forwarded() as (peer, session):
        await peer.send([2, "via", [{}]], [2, "via", [{"host": 7}]], via("buildbox"))
        await peer.ask(1, "ping")

        assert session.caller.client == "unknown@buildbox"


async def test_it_gets_no_notices_and_few_features() -> None:
    """They are for the user of this machine; some are shown only once."""
    async with forwarded() as (peer, _):
        await peer.send(hello("vim", shows_notices=True))
        result = (await peer.receive())[3]

    assert (result["notices"], set(result["features"]) & {"auth", "config"}) == ([], set())


async def test_what_it_may_not_call() -> None:
    """An error as any other; the connection stays."""
    async with forwarded() as (peer, _):
        code, message = sessions.error_of(await peer.ask(1, "shutdown"))
        assert (code, "another machine" in message) == ("forbidden", True)

        request = {"name": "x"}
        assert sessions.error_of(await peer.ask(2, "http.open", **request))[0] == "forbidden"
        assert (await peer.ask(3, "ping"))[3] == {}
        assert msgpack.packb((await peer.ask(4, "no.such"))[2]["code"]) == msgpack.packb(
            "unknown_method"
        )
