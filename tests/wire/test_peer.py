"""Which process is at the other end, from the kernel."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from aircher_wire.peer import peer_of


def test_a_pair_of_our_own() -> None:
    """Both ends are this process."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peer_of(ours) == (os.getpid(), os.getuid())


def test_a_client_sees_who_listens(tmp_path: Path) -> None:
    """Even if that process has handed its socket to another one."""
    path = str(tmp_path / "s")
    program = (
        f"import socket; sock = socket.socket(socket.AF_UNIX); sock.bind({path!r}); sock.listen(); "
        "print('ready', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(path)
            assert peer_of(sock) == (process.pid, os.getuid())
        process.kill()


def test_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the two numbers come from two options, of another level."""
    monkeypatch.setattr(sys, "platform", "darwin")
    order = sys.byteorder

    class Socket:
        def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes:
            numbers = {(0, 1, 76): [0, 501, 1], (0, 2, 4): [77]}[level, optname, buflen]
            return b"".join(number.to_bytes(4, order) for number in numbers)

    assert peer_of(Socket()) == (77, 501)


def test_a_socket_without_a_peer() -> None:
    """An error of the system, which callers explain."""
    sock = socket.socket(socket.AF_UNIX)
    sock.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        peer_of(sock)
