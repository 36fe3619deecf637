"""One connection to another daemon: many calls, bounds, silence and its ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgpack
import pytest
import trio
from trio.testing import memory_stream_pair, wait_all_tasks_blocked

from aircher_wire import frames
from aircherd.errors import Busy, ProviderFailed
from aircherd.memory.request_memory import uncounted
from aircherd.providers.upstream import link as link_module
from aircherd.providers.upstream.link import Link, open_socket
from aircherd.vocabulary.failure import FailureClass

EMPTY = b"\x80"


class Far:
    """The other daemon: what it reads, and what it sends."""

    def __init__(self, stream) -> None:
        self.stream = stream
        self.decoder = frames.Decoder()
        self.seen: list[frames.Frame] = []

    async def read(self) -> frames.Frame:
        """Return the next frame."""
        while not self.seen:
            self.seen += self.decoder.feed(await self.stream.receive_some(65_536))
        return self.seen.pop(0)

    async def delta(self, msgid: int, **fields: object) -> None:
        """Send a delta."""
        await self.stream.send_all(
            frames.encode_notification("chat.delta", {"id": msgid, **fields})
        )

    async def answer(self, msgid: int, result: object) -> None:
        """Send a response."""
        await self.stream.send_all(frames.encode_response(msgid, result))


@asynccontextmanager
async def open_link(silence: float = 10.0) -> AsyncIterator[tuple[Link, Far]]:
    """Return a link that runs, and the other end."""
    near, far = memory_stream_pair()
    link = Link(near, "/run/x.sock", silence)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        yield link, Far(far)
        link.close("the test is over")


def start(link: Link, on_sent=None):
    """Start a chat."""
    return link.start("chat", EMPTY, uncounted(), on_sent)


async def test_answers_reach_the_calls_that_they_are_for() -> None:
    """Whatever order they come in."""
    async with open_link() as (link, far):
        first, second = start(link), start(link)
        assert [(await far.read()).msgid, (await far.read()).msgid] == [first.msgid, second.msgid]
        await far.delta(second.msgid, text="b")
        await far.answer(second.msgid, "second")
        await far.answer(first.msgid, "first")
        assert [each["text"] for each in await second.unread.take(10)] == ["b"]
        assert await second.unread.take(10) == []
        assert second.unread.take_response().result == "second"
        assert await first.unread.take(10) == []
        assert first.unread.take_response().result == "first"
        assert "open, 2 calls" in repr(link)


async def test_a_closed_call_is_cancelled_there_once() -> None:
    """One that has been answered is not."""
    async with open_link() as (link, far):
        call, other = start(link), start(link)
        await far.read()
        await far.read()
        await far.answer(other.msgid, "done")
        assert await other.unread.take(1) == []
        other.close()
        call.close()
        call.close()
        cancel = await far.read()
        assert cancel == frames.Notification("$/cancel", {"id": call.msgid})
        await far.delta(call.msgid, text="late")  # ignored
        start(link)
        assert isinstance(await far.read(), frames.Request)


async def test_a_request_that_has_not_begun_to_leave_is_never_sent() -> None:
    """Nothing can be billed."""
    async with open_link() as (link, far):
        sent: list[str] = []
        call = start(link, lambda: sent.append("dropped"))
        call.close()
        start(link, lambda: sent.append("kept"))
        await far.read()
        assert sent == ["kept"]


async def test_an_end_of_the_connection_fails_all_calls() -> None:
    """With what the daemon said last."""
    async with open_link() as (link, far):
        call = start(link)
        await far.read()
        last = {"code": "shutting_down", "message": "the daemon is stopping"}
        await far.stream.send_all(frames.encode_notification("error", last))
        await far.stream.send_eof()
        with pytest.raises(ProviderFailed, match="closed the connection: it stops") as caught:
            await call.unread.take(1)
        assert caught.value.failure.kind is FailureClass.NETWORK
        assert not link.is_open
        with pytest.raises(ProviderFailed):
            await start(link).unread.take(1)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\xc1" * 10,
        msgpack.packb([1, -5, None, None]),
        msgpack.packb({"not": "a frame"}),
        b"\xdd\xff\xff\xff\xff",
        b"\x94\x01\x01\xc0" + b"\x91" * 40 + b"\xc0",
    ],
)
async def test_what_is_no_daemon_ends_the_link(data: bytes) -> None:
    """At its first bytes: nothing is waited for, and nothing is kept."""
    async with open_link() as (link, far):
        call = start(link)
        await far.stream.send_all(data)
        with pytest.raises(ProviderFailed, match="no daemon of aircher") as caught:
            await call.unread.take(1)
        assert caught.value.failure.kind is FailureClass.PROTOCOL


async def test_frames_that_nothing_waits_for_are_ignored() -> None:
    """Requests, events, answers and deltas of unknown calls, from a newer daemon or a hostile."""
    async with open_link() as (link, far):
        call = start(link)
        for frame in (
            frames.encode_request(1, "ping"),
            frames.encode_notification("event", {"topic": "auth"}),
            frames.encode_response(call.msgid + 7, "x"),
            frames.encode_notification("chat.delta", {"id": [call.msgid]}),
            frames.encode_notification("chat.delta", {"stream": 1}),
        ):
            await far.stream.send_all(frame)
        await far.answer(call.msgid, "fine")
        await far.answer(call.msgid, "again")
        assert await call.unread.take(1) == []
        assert call.unread.take_response().result == "fine"


async def test_silence_ends_the_link_while_calls_wait(autojump_clock) -> None:
    """After a ping without an answer; a daemon that answers pings may think for an hour."""
    async with open_link(silence=3.0) as (link, far):
        call = start(link)
        await far.read()
        for _ in range(5):
            ping = await far.read()
            assert ping.method == "ping"
            await far.answer(ping.msgid, {})
        began = trio.current_time()
        with pytest.raises(ProviderFailed, match="says nothing") as caught:
            await call.unread.take(1)
        assert caught.value.failure.kind is FailureClass.NETWORK
        assert trio.current_time() - began <= link_module.PING_AFTER + 3.0
        assert not link.may_repeat


async def test_a_link_without_calls_is_silent_and_ends_in_time(autojump_clock) -> None:
    """A daemon that was started by its socket ends when it has no client."""
    async with open_link() as (link, far):
        call = start(link)
        await far.read()
        await far.answer(call.msgid, "x")
        await call.unread.take(1)
        call.close()
        assert await far.stream.receive_some(10) == b""
        assert trio.current_time() >= link_module.IDLE_SECONDS
        assert link.failure is not None


async def test_the_other_daemon_waits_for_a_call_that_is_not_read(monkeypatch) -> None:
    """What is unread is bounded; it goes on when it is read."""
    monkeypatch.setattr(link_module, "MAX_UNREAD", 20_000)
    async with open_link() as (link, far):
        call = start(link)
        await far.read()
        for number in range(100):
            await far.delta(call.msgid, n=number, text="x" * 1000)
        await wait_all_tasks_blocked()
        assert 20_000 < call.unread.size < 200_000
        await far.answer(call.msgid, "end")
        seen = []
        while taken := await call.unread.take(10):
            seen += [each["n"] for each in taken]
        assert seen == list(range(100))
        assert call.unread.take_response().result == "end"


async def test_a_call_that_is_not_read_fails_when_others_wait_behind_it(
    autojump_clock, monkeypatch
) -> None:
    """And the others get what is theirs."""
    monkeypatch.setattr(link_module, "MAX_UNREAD", 20_000)
    async with open_link() as (link, far):
        slow, other = start(link), start(link)
        await far.read()
        await far.read()
        for _ in range(30):
            await far.delta(slow.msgid, text="x" * 1000)
        await far.delta(other.msgid, text="at last")
        assert [each["text"] for each in await other.unread.take(1)] == ["at last"]
        with pytest.raises(Busy, match="was not read"):
            await slow.unread.take(1)
        while isinstance(frame := await far.read(), frames.Request):
            assert frame.method == "ping"
        assert frame == frames.Notification("$/cancel", {"id": slow.msgid})


async def test_a_client_without_memory_cancels_its_own_call_only() -> None:
    """The link goes on."""

    class Full:
        def grow(self, size: int) -> None:
            raise Busy("no memory")

        def shrink(self, size: int) -> None:
            raise AssertionError

    async with open_link() as (link, far):
        call = link.start("chat", EMPTY, Full())
        await far.read()
        await far.delta(call.msgid, text="x")
        with pytest.raises(Busy):
            await call.unread.take(1)
        assert await far.read() == frames.Notification("$/cancel", {"id": call.msgid})
        assert link.is_open


async def test_a_request_leaves_whole_although_it_is_cancelled() -> None:
    """Half a frame would end the connection for all."""
    near, far = memory_stream_pair()
    gate = trio.Event()

    class SlowStream:
        async def send_all(self, data: bytes) -> None:
            await near.send_all(data[:3])
            await gate.wait()
            await near.send_all(data[3:])

        def __getattr__(self, name: str):
            return getattr(near, name)

    link = Link(SlowStream(), "/run/x.sock", 10.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        call = start(link)
        await wait_all_tasks_blocked()
        call.close()
        gate.set()
        reader = Far(far)
        assert isinstance(await reader.read(), frames.Request)
        assert (await reader.read()).method == "$/cancel"
        link.close("the test is over")


async def test_a_socket_of_another_user_is_refused(tmp_path, monkeypatch) -> None:
    """Prompts are private."""
    path = str(tmp_path / "s")
    monkeypatch.setattr("aircher_wire.peer.peer_of", lambda _: (1, 12345))
    with trio.socket.socket(trio.socket.AF_UNIX) as listener:
        await listener.bind(path)
        listener.listen()
        with pytest.raises(PermissionError, match="user 12345"):
            await open_socket(path)
