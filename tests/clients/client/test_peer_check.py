"""Which process may answer a client: real sockets of real processes, some of another user."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aircher_client.connection import try_connect
from aircher_client.errors import DaemonUnreachable
from aircher_client.peer_check import is_daemon, is_systemd

OTHER = 12345
PROGRAM = """
import os, socket, sys
path, uid, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
open("/proc/self/comm", "w").write(name)
sock = socket.socket(socket.AF_UNIX)
sock.bind(path)
if uid != os.getuid():
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
sock.listen()
print("ready", flush=True)
input()
"""


@contextmanager
def squatter(
    path: Path, uid: int | None = None, name: str = "python"
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process that listens at `path`."""
    user = str(os.getuid() if uid is None else uid)
    command = [sys.executable, "-c", PROGRAM, str(path), user, name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


@contextmanager
def connected(path: Path) -> Iterator[socket.socket]:
    """Return a socket that is connected to `path`."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        yield sock


def lock(path: Path, *lines: object) -> None:
    """Write the lock file of a socket."""
    Path(f"{path}.lock").write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "aircher.sock"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_a_process_of_another_user(path: Path) -> None:
    """It is refused before anything is sent, whatever the lock file says."""
    with squatter(path, OTHER) as process, connected(path) as sock:
        lock(path, process.pid, path)
        with pytest.raises(DaemonUnreachable, match=rf"another user \(uid {OTHER}\) answers at"):
            is_daemon(sock, str(path))


def test_a_socket_without_a_peer(path: Path) -> None:
    """If the system does not tell, nothing is sent."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.close()
        with pytest.raises(DaemonUnreachable, match="cannot tell which process answers"):
            is_daemon(sock, str(path))


def test_the_process_in_the_lock_file(path: Path) -> None:
    """It is the daemon, or it opened the socket for the daemon."""
    with squatter(path) as process, connected(path) as sock:
        lock(path, process.pid, path)
        as_daemon = is_daemon(sock, str(path))
        lock(path, os.getpid(), path, process.pid)
        as_listener = is_daemon(sock, str(path))
    assert (as_daemon, as_listener) == (True, True)


@pytest.mark.parametrize("text", [None, "", "noise\n"])
def test_without_a_daemon_to_compare_with(path: Path, text: str | None) -> None:
    """A socket may be forwarded from elsewhere, and a full disk leaves the lock file empty."""
    if text is not None:
        Path(f"{path}.lock").write_text(text)
    with squatter(path), connected(path) as sock:
        assert is_daemon(sock, str(path))


def test_systemd_listens_for_a_daemon_that_does_not_run(path: Path) -> None:
    """The lock file still has the last daemon."""
    with squatter(path, name="systemd") as process, connected(path) as sock:
        lock(path, 1, path)
        assert (is_systemd(process.pid), is_daemon(sock, str(path))) == (True, True)
    assert not is_systemd(process.pid)


def test_a_program_in_the_daemons_place(path: Path) -> None:
    """It is refused with its name; the client does not even return a socket."""
    path.parent.chmod(0o700)
    with squatter(path) as process:
        lock(path, os.getpid(), path)
        with pytest.raises(DaemonUnreachable) as caught:
            try_connect(str(path))
    assert caught.value.message == (
        f"process {process.pid} ({Path(sys.executable).resolve()}) answers at {path}, and it is "
        f"not aircherd: nothing was sent. End it (kill {process.pid}); if you trust it, remove "
        f"{path}.lock"
    )
