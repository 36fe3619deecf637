"""Claiming a socket that the service manager has opened."""

import socket
import tempfile
from pathlib import Path

import pytest
import trio

from aircherd.files.data_lock import AlreadyRunning
from aircherd.ipc.passed_socket import CLAIM_TIMEOUT, claim_passed_socket
from aircherd.ipc.socket_file import claim_socket


def claim(root, passed, *, on_wait=print, stop_requested=None):
    """Claim the socket in `root`."""
    return claim_passed_socket(
        root / "run" / "s.sock",
        root / "data",
        passed,
        on_wait=on_wait,
        stop_requested=trio.Event() if stop_requested is None else stop_requested,
    )


@pytest.fixture
def root():
    with tempfile.TemporaryDirectory(prefix="air") as path:
        yield Path(path)


@pytest.fixture
def passed(root):
    """A listening socket as systemd opens it: its directory exists."""
    (root / "run").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(root / "run" / "s.sock"))
        sock.listen()
        yield sock


async def test_the_file_outlives_the_daemon(root, passed):
    """The manager keeps the socket, and clients that connect meanwhile wait there."""
    path, keeper = root / "run" / "s.sock", passed.dup()
    async with claim(root, passed) as bound:
        assert bound.is_passed
        assert not bound.is_displaced()
    assert passed.fileno() == -1
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    keeper.close()


async def test_both_locks_are_held(root, passed):
    """A daemon that is started by hand finds them taken."""
    path = root / "run" / "s.sock"
    async with claim(root, passed):
        for directory in (root / "data", root / "other"):
            with pytest.raises(AlreadyRunning), claim_socket(path, directory):
                pass


async def test_a_replaced_file_is_noticed(root, passed):
    """As for a socket of our own."""
    path = root / "run" / "s.sock"
    async with claim(root, passed) as bound:
        path.unlink()
        assert bound.is_displaced()


async def test_it_waits_for_an_earlier_daemon(root, passed, autojump_clock):
    """The reason is reported once; the earlier daemon drains, and its clients do not matter."""
    reasons = []
    async with trio.open_nursery() as nursery:
        with claim_socket(root / "elsewhere" / "s.sock", root / "data"):
            entered = trio.Event()

            async def wait_and_claim():
                async with claim(root, passed, on_wait=reasons.append):
                    entered.set()

            nursery.start_soon(wait_and_claim)
            await trio.sleep(CLAIM_TIMEOUT / 2)
            assert not entered.is_set()
            assert len(reasons) == 1
            assert "another aircherd is running" in reasons[0]
        with trio.fail_after(1):
            await entered.wait()


async def test_it_does_not_wait_forever(root, passed, autojump_clock):
    """The start fails with the other daemon's process, and the socket is closed."""
    with (
        claim_socket(root / "elsewhere" / "s.sock", root / "data"),
        pytest.raises(AlreadyRunning, match="process"),
    ):
        async with claim(root, passed):
            pass
    assert passed.fileno() == -1


async def test_it_does_not_wait_when_it_is_stopped(root, passed, autojump_clock):
    """The manager need not kill it."""
    stop = trio.Event()
    with claim_socket(root / "elsewhere" / "s.sock", root / "data"), trio.fail_after(2):
        async with trio.open_nursery() as nursery:

            async def wait_and_claim():
                with pytest.raises(AlreadyRunning):
                    async with claim(root, passed, stop_requested=stop):
                        pass

            nursery.start_soon(wait_and_claim)
            await trio.sleep(1)
            stop.set()
