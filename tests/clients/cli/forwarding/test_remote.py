"""The end on HOST: its socket, its clients, and what they hear at the end."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest

from aircher_cli.forwarding.frames import GREETING, MAX_DATA
from aircher_cli.forwarding.mux import Message, Mux, Opened, Received
from aircher_cli.forwarding.remote import Boundary, one_line, socket_path


class RemoteProcess:
    """`aircher-cli forward --remote` as ssh runs it, and the other end of its pipes."""

    def __init__(self, home: Path) -> None:
        self.environ = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aircher_cli", "forward", "--remote"],
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self.mux = Mux(opens=False)
        self.path = home / "run" / "a.sock"

    def say(self, **message: object) -> None:
        """Send a message."""
        self.mux.announce(**message)
        self.flush()

    def flush(self) -> None:
        """Write what is to be written."""
        assert self.process.stdin is not None
        self.process.stdin.write(bytes(self.mux.out))
        self.mux.out.clear()

    def hear(self) -> list[object]:
        """Return the next events; none at the end."""
        assert self.process.stdout is not None
        while data := self.process.stdout.read(65_536):
            if found := self.mux.feed(data):
                return list(found)
        return []

    def begin(self) -> None:
        """Have it claim the socket."""
        self.say(hello=1, **{"from": "laptop", "to": "box", "as": str(self.path), "token": "t"})
        (heard,) = self.hear()
        assert isinstance(heard, Message)
        assert heard.message["ready"] == str(self.path)

    def connect(self) -> socket.socket:
        """Return a client of the socket."""
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(self.path))
        return client


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[RemoteProcess]:
    """The process of the end on HOST."""
    made = RemoteProcess(tmp_path)
    with made.process:
        yield made
        made.process.kill()


def test_it_carries_its_clients(remote: RemoteProcess) -> None:
    """Each is a connection; its first bytes follow it."""
    remote.begin()
    with remote.connect() as client:
        client.sendall(b"question")
        events = remote.hear()
        while not isinstance(events[-1], Received):
            events += remote.hear()
        assert events == [Opened(1), Received(1, b"question")]

        remote.mux.send(1, b"answer")
        remote.flush()
        assert client.recv(100) == b"answer"


REASON = "the forward from laptop has ended"


@pytest.mark.parametrize("how", ["pipe", "bye", "signal"])
def test_every_end_removes_the_socket(remote: RemoteProcess, how: str) -> None:
    """A client between two frames learns why, as the daemon would tell it."""
    remote.begin()
    with remote.connect() as idle, remote.connect() as busy:
        opened = 0
        while opened < 2:
            opened += len(remote.hear())
        remote.mux.send(1, msgpack.packb([1, 1, None, {}]))
        remote.mux.send(2, msgpack.packb([1, 1, None, {}])[:-1])
        remote.flush()
        assert (len(idle.recv(100)), len(busy.recv(100))) == (5, 4)

        if how == "pipe":
            assert remote.process.stdin is not None
            remote.process.stdin.close()
        elif how == "bye":
            remote.say(bye="it was ended on laptop")
        else:
            remote.process.terminate()

        method, (said,) = msgpack.unpackb(idle.recv(1000))[1:]
        assert (method, said["code"]) == ("error", "shutting_down")
        assert said["message"].startswith(REASON)
        assert ("it was ended on laptop" in said["message"]) is (how == "bye")
        assert busy.recv(1000) == b""
    assert remote.process.wait(20) == 0
    assert not remote.path.exists()


def test_what_cannot_be_is_refused(remote: RemoteProcess) -> None:
    """The user reads why, at another machine."""
    remote.path.parent.mkdir(mode=0o700)
    remote.path.write_text("mine")
    remote.say(hello=1, **{"from": "laptop", "to": "box", "as": str(remote.path)})

    (heard,) = remote.hear()

    assert isinstance(heard, Message)
    assert "is not a socket" in str(heard.message["refused"])
    assert (remote.hear(), remote.process.wait(20)) == ([], 0)


def test_a_removed_socket_ends_it(remote: RemoteProcess) -> None:
    """No client could connect any more."""
    remote.begin()
    remote.path.unlink()
    remote.mux.ping()  # it looks after each event, too
    remote.flush()

    (heard,) = remote.hear()

    assert isinstance(heard, Message)
    assert "was removed or replaced" in str(heard.message["bye"])
    assert remote.process.wait(20) == 0


def test_the_output_begins_with_the_greeting(remote: RemoteProcess) -> None:
    """Nothing else comes before it."""
    assert remote.process.stdout is not None
    assert remote.process.stdout.read(100) == GREETING


def test_the_usual_path_is_that_of_a_daemon() -> None:
    """Another one may begin with `~`, which is HOST's home."""
    environ = {"HOME": "/home/me", "XDG_RUNTIME_DIR": "/run/user/7"}

    assert socket_path(environ, "") == Path("/run/user/7/aircher/aircher.sock")
    assert socket_path(environ, "~/a.sock") == Path("/home/me/a.sock")
    # A single word is the name of a provider, whose daemon looks there.
    for name in ("laptop", "laptop.sock"):
        assert socket_path(environ, name) == Path("/run/user/7/aircher/laptop.sock")


def test_a_boundary_is_between_two_frames() -> None:
    """In whatever pieces they come; what is no msgpack has none."""
    frames = msgpack.packb([2, "chat.delta", [{"text": "x" * MAX_DATA}]]) * 2
    boundary, seen = Boundary(), []
    for at in range(0, len(frames), 10_000):
        boundary.feed(frames[at:][:10_000])
        seen.append(boundary.is_reached)
    assert (seen[-1], any(seen[:-1])) == (True, False)

    boundary.feed(b"\xc1")
    assert not boundary.is_reached


def test_texts_of_the_other_end_are_one_line() -> None:
    """They go into files with lines."""
    assert [one_line("a\n b"), one_line(7), one_line(None)] == ["a b", "", ""]
