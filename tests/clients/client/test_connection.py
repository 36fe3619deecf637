"""A connection: every way in which a socket can fail becomes an error of the client library."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_client.connection import Connection, connect, try_connect
from aircher_client.errors import ConnectionLost, DaemonUnreachable, NoAnswer
from aircher_wire import frames
from aircher_wire.frames import Notification
from helpers.daemon.real_daemon import wait_until


@pytest.fixture
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    ours, theirs = socket.socketpair()
    connection = Connection(ours)
    yield connection, theirs
    connection.close()
    theirs.close()


Pair = tuple[Connection, socket.socket]


def listening(path: Path, backlog: int = 1) -> socket.socket:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    sock.listen(backlog)
    return sock


def test_frames_come_one_by_one(pair: Pair) -> None:
    """Frames that arrived together are returned in order, without another read."""
    connection, daemon = pair
    daemon.sendall(frames.encode_notifications("m", [{"n": 0}, {"n": 1}]))
    daemon.close()
    found = [connection.receive(None), connection.receive(None)]
    assert found == [Notification("m", {"n": 0}), Notification("m", {"n": 1})]
    with pytest.raises(ConnectionLost, match="closed the connection"):
        connection.receive(None)
    assert connection.is_closed


def test_has_received(pair: Pair) -> None:
    """A connection knows whether the daemon has ever sent anything."""
    connection, daemon = pair
    before = connection.has_received
    daemon.sendall(frames.encode_notification("m", {}))
    connection.receive(None)
    assert (before, connection.has_received) == (False, True)


def test_peer_pid(pair: Pair) -> None:
    """The system names the process at the other end until the connection is closed."""
    connection, _ = pair
    assert connection.peer_pid() == os.getpid()
    connection.close()
    assert connection.peer_pid() is None


def test_who_listens(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the process at the other end tells whether it is systemd."""
    connection, _ = pair
    assert not connection.is_to_systemd()
    with subprocess.Popen(
        ["/bin/sh", "-c", "printf systemd >/proc/$$/comm; read _"], stdin=subprocess.PIPE
    ) as process:
        monkeypatch.setattr(Connection, "peer_pid", lambda self: process.pid)
        name = Path(f"/proc/{process.pid}/comm")
        wait_until(lambda: name.read_text() == "systemd\n", "the process is named systemd")
        assert connection.is_to_systemd()
        process.communicate(b"\n")
    assert not connection.is_to_systemd()


def test_an_invalid_frame(pair: Pair) -> None:
    """The frames before it are returned; then the connection is closed."""
    connection, daemon = pair
    daemon.sendall(frames.encode_notification("m", {}) + b"\xc1")
    assert connection.receive(None) == Notification("m", {})
    with pytest.raises(ConnectionLost, match="invalid frame"):
        connection.receive(None)
    assert connection.is_closed


@pytest.mark.parametrize("late", [0.02, -1.0])
def test_a_deadline(pair: Pair, late: float) -> None:
    """A deadline that passes, or has passed, ends the wait but not the connection."""
    connection, daemon = pair
    with pytest.raises(NoAnswer):
        connection.receive(time.monotonic() + late)
    daemon.sendall(frames.encode_notification("m", {}))
    assert connection.receive(None) == Notification("m", {})


def test_a_daemon_that_does_not_read(pair: Pair) -> None:
    """Half a frame may have been sent, so the connection is closed."""
    connection, _ = pair
    with pytest.raises(NoAnswer, match="does not read"):
        connection.send(b"x" * 10_000_000, time.monotonic() + 0.05)
    assert connection.is_closed


def test_an_interrupted_send(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during a send closes the connection, for the same reason."""
    connection, _ = pair

    def interrupt(_deadline: float | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(connection, "_set_deadline", interrupt)
    with pytest.raises(KeyboardInterrupt):
        connection.send(b"x", None)
    assert connection.is_closed


def test_sending_to_a_closed_socket(pair: Pair) -> None:
    """A peer that has gone is noticed."""
    connection, daemon = pair
    daemon.close()
    with pytest.raises(ConnectionLost, match="Broken pipe"):
        connection.send(b"x", None)


# ------------------------------------------------------------------------------- finding


def test_no_daemon_is_not_an_error(tmp_path: Path) -> None:
    """No directory, no socket, or a socket without a listener: None is returned."""
    dead = tmp_path / "run" / "dead.sock"
    listening(dead).close()
    paths = [tmp_path / "none" / "a.sock", tmp_path / "run" / "a.sock", dead]
    assert [try_connect(str(path)) for path in paths] == [None, None, None]


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_an_unsafe_directory(tmp_path: Path, mode: int) -> None:
    """A socket in a directory that others can write to is not used, even if a daemon listens."""
    path = tmp_path / "run" / "a.sock"
    with listening(path):
        path.parent.chmod(mode)
        with pytest.raises(DaemonUnreachable, match="chmod 700"):
            try_connect(str(path))


def test_a_symlink_to_a_directory(tmp_path: Path) -> None:
    """Nor is one behind a symbolic link."""
    with listening(tmp_path / "run" / "a.sock"):
        (tmp_path / "link").symlink_to(tmp_path / "run")
        with pytest.raises(DaemonUnreachable, match="symlink"):
            try_connect(str(tmp_path / "link" / "a.sock"))


def test_a_path_that_is_too_long(tmp_path: Path) -> None:
    """The length is checked before anything else."""
    with pytest.raises(DaemonUnreachable, match="at most 107"):
        try_connect(str(tmp_path / ("x" * 108)))


def test_a_socket_of_another_kind(tmp_path: Path) -> None:
    """The error for an unusable socket has its path."""
    path = tmp_path / "run" / "a.sock"
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        with pytest.raises(DaemonUnreachable, match=rf"cannot connect to {path}: "):
            try_connect(str(path))


def test_a_full_queue(tmp_path: Path) -> None:
    """If the daemon's queue stays full, the attempt fails at the deadline."""
    path = tmp_path / "run" / "a.sock"
    with listening(path, backlog=0):
        first = try_connect(str(path))
        assert first is not None
        with first, pytest.raises(NoAnswer, match="accepts no connection"):
            connect(str(path), time.monotonic() + 0.03)


def test_connect(tmp_path: Path) -> None:
    """If a daemon listens, the connected socket is returned."""
    path = tmp_path / "run" / "a.sock"
    with listening(path) as daemon:
        sock = connect(str(path), time.monotonic() + 1)
        assert sock is not None
        peer, _ = daemon.accept()
        with sock, peer:
            Connection(sock).send(b"hi", None)
            assert peer.recv(10) == b"hi"


def test_another_thread_can_end_a_wait(pair: Pair) -> None:
    """Closing the socket would not; a second time, and after closing, it does nothing."""
    connection, _ = pair
    thread = threading.Timer(0.05, connection.abort)
    thread.start()
    with pytest.raises(ConnectionLost):
        connection.receive(None)
    thread.join()
    connection.abort()
