"""Claiming a socket that the service manager has opened."""

import socket
import tempfile
from pathlib import Path

import pytest
import trio

from aircherd.ipc.passed_socket import CLAIM_TIMEOUT, claim_passed_socket
from aircherd.ipc.socket_file import AlreadyRunning, claim_socket


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
    async with claim_passed_socket(path, root / "data", passed, print) as bound:
        assert bound.is_passed
        assert not bound.is_displaced()
    assert passed.fileno() == -1
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    keeper.close()


async def test_both_locks_are_held(root, passed):
    """A daemon that is started by hand finds them taken."""
    path = root / "run" / "s.sock"
    async with claim_passed_socket(path, root / "data", passed, print):
        for directory in (root / "data", root / "other"):
            with pytest.raises(AlreadyRunning), claim_socket(path, directory):
                pass


async def test_a_replaced_file_is_noticed(root, passed):
    """As for a socket of our own."""
    path = root / "run" / "s.sock"
    async with claim_passed_socket(path, root / "data", passed, print) as bound:
        path.unlink()
        assert bound.is_displaced()


async def test_it_waits_for_an_earlier_daemon(root, passed, autojump_clock):
    """The reason is reported once; the earlier daemon drains, and its clients do not matter."""
    path, reasons = root / "run" / "s.sock", []
    async with trio.open_nursery() as nursery:
        with claim_socket(root / "elsewhere" / "s.sock", root / "data"):
            entered = trio.Event()

            async def claim():
                async with claim_passed_socket(path, root / "data", passed, reasons.append):
                    entered.set()

            nursery.start_soon(claim)
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
        async with claim_passed_socket(root / "run" / "s.sock", root / "data", passed, print):
            pass
    assert passed.fileno() == -1
