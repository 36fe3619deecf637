"""A socket as a stream: waiting, not waiting, giving up, closing."""

import errno
import socket
from collections.abc import AsyncIterator

import pytest
import trio

from aircherd.providers.transport.tcp import DeadlineExceeded, TcpStream, WouldBlock

MANY = b"x" * 20_000_000


@pytest.fixture
async def pair() -> AsyncIterator[tuple[TcpStream, socket.socket]]:
    ours, theirs = socket.socketpair()
    wire = TcpStream(ours)
    with theirs:
        yield wire, theirs
    ours.close()


async def test_carries_bytes(pair: tuple[TcpStream, socket.socket]) -> None:
    """What one side sends, the other receives; an end is b""."""
    wire, peer = pair
    await wire.send_all(b"ping")
    assert peer.recv(10) == b"ping"
    peer.send(b"pong")
    assert await wire.receive_some() == b"pong"
    peer.shutdown(socket.SHUT_WR)
    assert await wire.receive_some() == b""


async def test_waits_for_bytes(pair: tuple[TcpStream, socket.socket]) -> None:
    """A read waits until bytes arrive."""
    wire, peer = pair
    received: list[bytes] = []

    async def receive() -> None:
        received.append(await wire.receive_some())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(receive)
        await trio.testing.wait_all_tasks_blocked()
        assert received == []
        peer.send(b"late")
    assert received == [b"late"]


async def test_reads_without_waiting(pair: tuple[TcpStream, socket.socket]) -> None:
    """A read that may not wait raises WouldBlock."""
    wire, peer = pair
    wire.may_wait = False
    with pytest.raises(WouldBlock):
        await wire.receive_some()
    peer.send(b"now")
    assert await wire.receive_some() == b"now"


async def test_a_late_read_is_interrupted(
    autojump_clock: trio.abc.Clock, pair: tuple[TcpStream, socket.socket]
) -> None:
    """A read that has to wait ends at `read_by`."""
    wire, _ = pair
    wire.read_by = 5.0
    with pytest.raises(DeadlineExceeded):
        await wire.receive_some()
    assert trio.current_time() == 5.0


async def test_bytes_that_have_arrived_are_never_late(
    autojump_clock: trio.abc.Clock,
    monkeypatch: pytest.MonkeyPatch,
    pair: tuple[TcpStream, socket.socket],
) -> None:
    """A daemon that was stopped for longer than its deadline still reads them."""
    wire, peer = pair
    wire.read_by = 5.0
    wait_readable = trio.lowlevel.wait_readable

    async def wait_while_stopped(fd: int) -> None:
        # After SIGCONT the poll is interrupted and reports nothing, and the deadline has passed.
        try:
            await wait_readable(fd)
        finally:
            peer.send(b"in time")

    monkeypatch.setattr(trio.lowlevel, "wait_readable", wait_while_stopped)
    assert await wire.receive_some() == b"in time"
    assert trio.current_time() == 5.0


async def test_sending_to_a_stalled_peer_times_out(
    autojump_clock: trio.abc.Clock, pair: tuple[TcpStream, socket.socket]
) -> None:
    """When it took nothing for `send_seconds`, however long the send lasted."""
    wire, peer = pair
    wire.send_seconds = 3.0

    async def take_some() -> None:
        await trio.sleep(2.0)
        peer.recv(1 << 20)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(take_some)
        with pytest.raises(DeadlineExceeded):
            await wire.send_all(MANY)
    assert trio.current_time() == 5.0


@pytest.mark.parametrize("sent", [b"abc", b"abcdef"])
async def test_a_read_that_emptied_the_socket_is_followed_by_a_wait(
    pair: tuple[TcpStream, socket.socket], sent: bytes
) -> None:
    """Bytes that come before or during the wait are returned; a full read may leave some."""
    wire, peer = pair
    for _ in range(2):
        peer.send(sent)
        assert await wire.receive_some(4) == sent[:4]
        if rest := sent[4:]:
            assert await wire.receive_some(4) == rest


async def test_a_closed_stream_breaks_reads_at_once(pair: tuple[TcpStream, socket.socket]) -> None:
    """Also a read that would have waited first."""
    wire, peer = pair
    peer.send(b"x")
    assert await wire.receive_some() == b"x"
    wire.close()
    with pytest.raises(trio.BrokenResourceError):
        await wire.receive_some()


@pytest.mark.parametrize("event", ["bytes", "end"])
async def test_is_readable(pair: tuple[TcpStream, socket.socket], event: str) -> None:
    """After bytes and after an end, not before."""
    wire, peer = pair
    assert not wire.is_readable()
    peer.send(b"?") if event == "bytes" else peer.close()
    assert wire.is_readable()


async def test_reports_progress(pair: tuple[TcpStream, socket.socket]) -> None:
    """`on_progress` is called for each part that the peer took."""
    wire, peer = pair
    progress: list[None] = []
    wire.on_progress = lambda: progress.append(None)
    taken = 0

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wire.send_all, MANY)
        await trio.testing.wait_all_tasks_blocked()
        while taken < len(MANY):
            taken += len(await trio.to_thread.run_sync(peer.recv, 1 << 20))
    assert len(progress) > 1


async def test_gives_up_sending(pair: tuple[TcpStream, socket.socket]) -> None:
    """The current send ends and later ones do nothing; reading goes on."""
    wire, peer = pair
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wire.send_all, MANY)
        await trio.testing.wait_all_tasks_blocked()
        wire.give_up_sending()
    await wire.send_all(MANY)
    peer.send(b"no")
    assert (await wire.receive_some(), wire.gave_up_sending) == (b"no", True)


async def test_reports_a_broken_peer(pair: tuple[TcpStream, socket.socket]) -> None:
    """Sending to a closed peer fails with the reason."""
    wire, peer = pair
    peer.close()
    with pytest.raises(trio.BrokenResourceError, match="Broken pipe"):
        await wire.send_all(b"x")


async def test_close_wakes_the_reader(pair: tuple[TcpStream, socket.socket]) -> None:
    """Closing is immediate and idempotent; a waiting read fails."""
    wire, peer = pair

    async def receive() -> None:
        with pytest.raises(trio.BrokenResourceError):
            await wire.receive_some()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(receive)
        await trio.testing.wait_all_tasks_blocked()
        wire.close()
        wire.close()
    assert (peer.recv(1), repr(wire)) == (b"", "<TcpStream closed>")


@pytest.mark.parametrize("name", ["wait_readable", "wait_writable"])
async def test_a_refused_wait_is_a_broken_connection(
    pair: tuple[TcpStream, socket.socket], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """So the request falls back to another provider."""

    async def refuse(_: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    wire, _peer = pair
    monkeypatch.setattr(trio.lowlevel, name, refuse)
    with pytest.raises(trio.BrokenResourceError, match="memory"):
        await (wire.receive_some() if name == "wait_readable" else wire.send_all(MANY))
