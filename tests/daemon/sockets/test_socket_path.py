"""A Unix socket at a path: a stale one is removed, another program's is kept."""

import socket
import stat
import tempfile
from pathlib import Path

import pytest

from aircher_wire.address import AddressError
from aircherd.sockets.socket_path import InUse, file_identity, listen_at, remove_stale_socket


@pytest.fixture
def path():
    """Return a short path: a socket's must fit into 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="air") as root:
        yield Path(root) / "s.sock"


def test_a_stale_socket_is_removed_and_bound_again(path):
    """Its program has gone; the new file has mode 0600, and another identity."""
    remove_stale_socket(path)
    listen_at(path).close()
    before = file_identity(path)
    remove_stale_socket(path)
    assert (before is not None, path.exists()) == (True, False)
    with listen_at(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert file_identity(path) is not None


def test_what_is_in_use_or_is_no_socket_is_kept(path):
    """It is not ours to remove."""
    with listen_at(path) as sock:
        with pytest.raises(InUse, match="another program"):
            remove_stale_socket(path)
        with pytest.raises(BlockingIOError):
            sock.accept()  # it was not connected to
    path.unlink()
    path.write_text("precious")
    with pytest.raises(AddressError, match="not a socket"):
        remove_stale_socket(path)
    assert path.read_text() == "precious"


def test_a_path_that_cannot_be_bound_leaves_no_socket_open(path):
    """The error is the system's."""
    path.write_text("")
    with pytest.raises(OSError, match="in use"):
        listen_at(path)
