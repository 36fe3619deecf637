"""Reading from and writing to a client's socket."""

import errno
import socket

import pytest
import trio
from trio.testing import assert_checkpoints, wait_all_tasks_blocked

from aircherd.sockets.client_stream import READ_SIZE, ClientStream


@pytest.fixture
async def ends():
    """Yield our stream and the client's socket."""
    ours, theirs = socket.socketpair()
    async with trio.SocketStream(trio.socket.from_stdlib_socket(ours)) as stream:
        theirs.settimeout(5)
        with theirs:
            yield ClientStream(stream), theirs


async def test_send_now_sends_at_once(ends):
    """No task has to be woken."""
    stream, client = ends
    assert stream.send_now(b"frame") == 5
    assert client.recv(100) == b"frame"


async def test_send_now_sends_a_part_if_the_kernel_is_full(ends):
    """The caller keeps the rest."""
    stream, _ = ends
    data = bytes(10_000_000)
    assert 0 < stream.send_now(data) < len(data)
    assert stream.send_now(data) == 0


async def test_broken_connection_is_reported_by_send_all(ends):
    """`send_now` never raises."""
    stream, client = ends
    client.close()
    assert stream.send_now(b"frame") == 0
    with pytest.raises(trio.BrokenResourceError):
        await stream.send_all(b"frame")


async def test_send_all_waits_until_the_client_has_read(ends):
    """It has no deadline."""
    stream, client = ends
    data, received = bytes(3_000_000), bytearray()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, data)
        await wait_all_tasks_blocked()
        while len(received) < len(data):
            received += await trio.to_thread.run_sync(client.recv, 1_000_000)
    assert received == data


async def test_receive_some_waits_for_bytes_and_for_the_end(ends):
    """The end is b""."""
    stream, client = ends
    received = []

    async def read():
        received.append(await stream.receive_some())
        received.append(await stream.receive_some())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await wait_all_tasks_blocked()
        client.sendall(b"frame")
        await wait_all_tasks_blocked()
        assert received == [b"frame"]
        client.close()
    assert received == [b"frame", b""]


async def test_receive_some_is_a_checkpoint(ends):
    """Other tasks run even if there is always data."""
    stream, client = ends
    client.sendall(bytes(READ_SIZE + 1))
    with assert_checkpoints():
        assert len(await stream.receive_some()) == READ_SIZE
    with assert_checkpoints():
        assert await stream.receive_some() == b"\0"


async def test_reset_connection_is_broken(ends):
    """A client that exits without reading our bytes resets it."""
    stream, client = ends
    assert stream.send_now(b"unread") == 6
    client.close()
    with pytest.raises(trio.BrokenResourceError):
        await stream.receive_some()
    assert repr(stream).startswith("<ClientStream fd=")


@pytest.fixture
def no_memory(monkeypatch, autojump_clock):
    """Let the first wait for a socket fail."""
    failed = []
    for name in ("wait_readable", "wait_writable"):
        wait = getattr(trio.lowlevel, name)

        async def fail_once(sock, wait=wait):
            if not failed:
                failed.append(sock)
                raise OSError(errno.ENOMEM, "Cannot allocate memory")
            await wait(sock)

        monkeypatch.setattr(trio.lowlevel, name, fail_once)
    return failed


async def test_a_refused_wait_is_no_end_of_a_connection(no_memory, ends):
    """The request under way is not lost."""
    stream, client = ends
    client.sendall(b"frame")
    assert await stream.receive_some() == b"frame"
    assert no_memory


async def test_a_refused_wait_does_not_end_sending_either(no_memory, ends):
    """The response is sent."""
    stream, client = ends
    await stream.send_all(b"frame")
    assert (client.recv(100), len(no_memory)) == (b"frame", 1)
