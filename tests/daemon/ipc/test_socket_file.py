"""One daemon per socket and data directory; unsafe files are refused, active ones kept."""

import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from aircher_wire.address import AddressError
from aircherd.files.data_lock import AlreadyRunning
from aircherd.ipc.socket_file import claim_socket


@pytest.fixture
def root():
    """Return a short path: a socket's must fit into 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="air") as path:
        yield Path(path)


@pytest.fixture
def path(root):
    return root / "run" / "aircher.sock"


def test_socket_and_directories_are_private(root, path):
    """The modes are 0600 and 0700 with any umask, also for both locks."""
    old = os.umask(0)
    try:
        with claim_socket(path, root / "data"):
            modes = {
                name: stat.S_IMODE((root / name).stat().st_mode)
                for name in (
                    "run",
                    "data",
                    "run/aircher.sock",
                    "run/aircher.sock.lock",
                    "data/aircherd.lock",
                )
            }
    finally:
        os.umask(old)
    assert modes == {
        "run": 0o700,
        "data": 0o700,
        "run/aircher.sock": 0o600,
        "run/aircher.sock.lock": 0o600,
        "data/aircherd.lock": 0o600,
    }


def test_socket_accepts_clients_and_is_removed_at_the_end(root, path):
    """It listens as soon as it is claimed."""
    with claim_socket(path, root / "data"), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    assert not path.exists()


@pytest.mark.parametrize("shared", ["socket", "data"])
def test_second_daemon_is_refused_with_the_first_ones_process(root, path, shared):
    """It may have the same socket, or another socket on the same data."""
    other = path if shared == "socket" else root / "elsewhere" / "x.sock"
    data = root / "data" if shared == "data" else root / "data2"
    with (
        claim_socket(path, root / "data"),
        pytest.raises(AlreadyRunning) as caught,
        claim_socket(other, data),
    ):
        pass
    assert f"process {os.getpid()}, socket {path}" in str(caught.value)


def test_stale_socket_of_a_killed_daemon_is_replaced(root, path):
    """SIGKILL leaves the file, but releases the locks."""
    code = (
        "import os, sys, pathlib; from aircherd.ipc.socket_file import claim_socket\n"
        "with claim_socket(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path, root / "data"], check=False)
    assert (done.returncode, path.exists()) == (-9, True)
    with claim_socket(path, root / "data"), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_active_socket_of_another_program_is_kept(root, path):
    """It is not ours to remove."""
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with (
            pytest.raises(AlreadyRunning, match="another program"),
            claim_socket(path, root / "d"),
        ):
            pass
        assert path.exists()


def test_other_file_at_the_path_is_kept(root, path):
    """Only sockets are removed."""
    path.parent.mkdir(mode=0o700)
    path.write_text("precious")
    with pytest.raises(AddressError, match="not a socket"), claim_socket(path, root / "d"):
        pass
    assert path.read_text() == "precious"


def test_lock_symlink_is_not_followed(root, path):
    """It could redirect the write to another file of the user."""
    path.parent.mkdir(mode=0o700)
    target = root / "precious"
    target.write_text("precious")
    (path.parent / "aircher.sock.lock").symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"), claim_socket(path, root / "d"):
        pass
    assert target.read_text() == "precious"


@pytest.mark.parametrize("fault", ["symlink", "open", "foreign"])
def test_unsafe_directory_is_refused(root, path, fault):
    """It is a symlink, open to others, or owned by another user."""
    if fault == "symlink":
        (root / "real").mkdir(mode=0o700)
        path.parent.symlink_to(root / "real")
    else:
        path.parent.mkdir(mode=0o700)
        if fault == "open":
            path.parent.chmod(0o755)
        elif os.getuid() == 0:
            os.chown(path.parent, 12345, 12345)
        else:
            pytest.skip("only root can give a directory away")
    with pytest.raises(AddressError), claim_socket(path, root / "data"):
        pass


def test_too_long_path_is_refused(root):
    """The message has the number of bytes and what to do."""
    with (
        pytest.raises(AddressError, match="AIRCHER_SOCKET"),
        claim_socket(root / ("x" * 120), root / "data"),
    ):
        pass


def test_replaced_socket_is_noticed_and_kept(root, path):
    """No client can connect to a displaced daemon."""
    with claim_socket(path, root / "data") as bound:
        assert not bound.is_displaced()
        path.unlink()
        path.write_text("another program's")
        assert bound.is_displaced()
    assert path.read_text() == "another program's"
