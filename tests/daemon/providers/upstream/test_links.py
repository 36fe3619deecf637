"""The links to other daemons: opened, shared, reopened."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from aircher_wire import frames
from aircherd.config.model import UNIX, Network, Provider
from aircherd.errors import ProviderFailed, ShuttingDown
from aircherd.memory.request_memory import uncounted
from aircherd.providers.upstream.links import Links, UpstreamChat
from aircherd.vocabulary.builtin_providers import SOCKET
from aircherd.vocabulary.chat import ChatRequest, Message, RouteOptions
from aircherd.vocabulary.failure import FailureClass

NETWORK = Network(connect_timeout=0.3)
HELLO = {"protocol": 1, "features": ["chat", "passed"]}


class Daemon:
    """What answers at a socket: `answers` has a result, or an error as a string, by method."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.answers: dict[str, object] = {"hello": HELLO, "chat": {"done": True}}
        self.requests: list[frames.Request] = []
        self.connections = 0
        self.breaks_before: str | None = None
        self.scope = trio.CancelScope()

    async def serve(self, stream: trio.SocketStream) -> None:
        """Answer until the client leaves."""
        self.connections += 1
        decoder = frames.Decoder()
        async with stream:
            while data := await stream.receive_some(65_536):
                for frame in decoder.feed(data):
                    if not isinstance(frame, frames.Request):
                        continue
                    self.requests.append(frame)
                    if frame.method == self.breaks_before:
                        self.breaks_before = None
                        return
                    await stream.send_all(self._response(frame))

    def _response(self, request: frames.Request) -> bytes:
        answer = self.answers.get(request.method)
        if isinstance(answer, str):
            error = {"code": answer, "message": "no", "data": {}}
            return frames.encode_error(request.msgid, error)
        return frames.encode_response(request.msgid, answer)


@asynccontextmanager
async def serving(daemon: Daemon) -> AsyncIterator[None]:
    """Serve at its socket."""
    with trio.socket.socket(trio.socket.AF_UNIX) as listener:
        await listener.bind(daemon.path)
        listener.listen()
        async with trio.open_nursery() as nursery:
            listeners = [trio.SocketListener(listener)]
            nursery.start_soon(trio.serve_listeners, daemon.serve, listeners)
            yield
            nursery.cancel_scope.cancel()
    os.unlink(daemon.path)  # noqa: PTH108


@asynccontextmanager
async def running() -> AsyncIterator[Links]:
    """Return links that are served."""
    links = Links("buildbox")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(links.run)
        await trio.testing.wait_all_tasks_blocked()
        yield links
        nursery.cancel_scope.cancel()


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    """Another daemon, not yet started."""
    return Daemon(tmp_path / "s")


def provider(daemon: Daemon) -> Provider:
    """Return the provider that it is."""
    return Provider(name="laptop", kind=SOCKET, base_url=UNIX + daemon.path, needs_key=False)


async def start(links: Links, daemon: Daemon, passed: tuple[str, ...] = ()):
    """Start a chat."""
    request = ChatRequest(messages=[Message("user", "hi")], route=RouteOptions(passed=[*passed]))
    chat = UpstreamChat(provider(daemon), "work/m", request, NETWORK)
    return await links.start_chat(chat, uncounted(), lambda: None)


async def ask(links: Links, daemon: Daemon, passed: tuple[str, ...] = ()):
    """Make a chat; return its result."""
    call = await start(links, daemon, passed)
    try:
        assert await call.unread.take(1) == []
        return call.unread.take_response().result
    finally:
        call.close()


async def test_one_connection_is_opened_for_all_that_come_at_once(daemon: Daemon) -> None:
    """It introduces this daemon and its machine first."""
    async with serving(daemon), running() as links:
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(ask, links, daemon)
        await ask(links, daemon)
        assert daemon.connections == 1
        hello = daemon.requests[0]
        assert (hello.method, hello.params["host"]) == ("hello", "buildbox")
        assert hello.params["client"]["name"] == "aircherd"


async def test_a_request_carries_the_ids_of_the_daemons_that_it_passed(daemon: Daemon) -> None:
    """This one is the last; a daemon that does not know them gets none, and passes nothing on."""
    async with serving(daemon), running() as links:
        await ask(links, daemon, ("first",))
        assert daemon.requests[-1].params["route"] == {"passed": ["first", links.id]}
    daemon.answers["hello"] = {"features": ["chat"]}
    async with serving(daemon), running() as links:
        await ask(links, daemon)
        assert "route" not in daemon.requests[-1].params


async def test_a_connection_that_broke_while_it_was_idle_is_opened_again(daemon: Daemon) -> None:
    """The daemon was restarted, and no request has to fail for it."""
    async with running() as links:
        async with serving(daemon):
            await ask(links, daemon)
        async with serving(daemon):
            assert await ask(links, daemon) == {"done": True}
        assert daemon.connections == 2


async def test_a_kept_connection_that_breaks_before_any_answer_is_replaced_once(
    daemon: Daemon,
) -> None:
    """A new one that does so is a failure."""
    async with serving(daemon), running() as links:
        await ask(links, daemon)
        daemon.breaks_before = "chat"
        assert await ask(links, daemon) == {"done": True}
        assert [each.method for each in daemon.requests].count("chat") == 3
        links.close_unused([UNIX + daemon.path])
        daemon.breaks_before = "chat"
        call = await start(links, daemon)
        with pytest.raises(ProviderFailed, match="closed the connection"):
            await call.unread.take(1)


async def test_a_missing_socket_says_what_makes_one(daemon: Daemon) -> None:
    """And one that nothing listens at says so."""
    async with running() as links:
        with pytest.raises(ProviderFailed, match="'aircher-cli forward'") as caught:
            await ask(links, daemon)
        assert caught.value.failure.kind is FailureClass.NETWORK
        await trio.Path(daemon.path).touch()
        with pytest.raises(ProviderFailed, match="no daemon answers at"):
            await ask(links, daemon)


async def test_silence_at_the_start_is_a_timeout(daemon: Daemon) -> None:
    """For all that wait, at the same time."""
    with trio.socket.socket(trio.socket.AF_UNIX) as listener:
        await listener.bind(daemon.path)
        listener.listen()
        async with running() as links:
            failures = []

            async def fail() -> None:
                with pytest.raises(ProviderFailed, match="may sleep") as caught:
                    await ask(links, daemon)
                failures.append(caught.value.failure.kind)

            async with trio.open_nursery() as nursery:
                for _ in range(5):
                    nursery.start_soon(fail)
            assert failures == [FailureClass.TIMEOUT] * 5


@pytest.mark.parametrize(
    ("hello", "kind"),
    [("bad_request", FailureClass.REFUSED), ("forbidden", FailureClass.PERMISSION)],
)
async def test_a_daemon_that_refuses_the_introduction_is_not_asked(
    daemon: Daemon, hello: str, kind: FailureClass
) -> None:
    """Its words are passed on."""
    daemon.answers["hello"] = hello
    async with serving(daemon), running() as links:
        with pytest.raises(ProviderFailed, match="says: no") as caught:
            await ask(links, daemon)
        assert caught.value.failure.kind is kind


@pytest.mark.parametrize("hello", [None, [], {"features": 5}, {"features": [5, "passed"]}])
async def test_an_odd_introduction_is_taken_as_it_is(daemon: Daemon, hello: object) -> None:
    """What it can do is found out by asking."""
    daemon.answers["hello"] = hello
    async with serving(daemon), running() as links:
        assert await ask(links, daemon) == {"done": True}


async def test_models_are_asked_for_without_those_of_other_daemons(daemon: Daemon) -> None:
    """Unless the daemon does not know of any."""
    row = {"provider": "work", "model": "m", "state": "authenticated"}
    daemon.answers["models.list"] = {"models": [row]}
    async with serving(daemon), running() as links:
        (model,) = await links.list_models(provider(daemon), NETWORK)
        assert (model.id, daemon.requests[-1].params) == ("work/m", {"own": True})
    daemon.answers |= {"hello": {}, "models.list": "forbidden"}
    async with serving(daemon), running() as links:
        with pytest.raises(ProviderFailed):
            await links.list_models(provider(daemon), NETWORK)
        assert daemon.requests[-1].params == {}
        await links.ping(provider(daemon), NETWORK)


async def test_after_the_end_of_the_daemon_nothing_is_opened(daemon: Daemon) -> None:
    """A request that comes late learns why."""
    async with running() as links:
        pass
    with pytest.raises(ShuttingDown):
        await ask(links, daemon)
    assert "Links" in repr(links)
