"""The end here: what it connects, and what it says if there is no daemon."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aircher_cli.forwarding import carrier
from aircher_cli.forwarding.carrier import End, Why
from aircher_cli.forwarding.local import (
    Attempt,
    Daemon,
    LocalEnd,
    describe_end,
    new_token,
    show_errors,
)
from aircher_cli.forwarding.mux import MAX_CHANNELS, Closed, Message, Mux, MuxEvent, Received
from aircher_client.errors import DaemonUnreachable
from aircher_wire import frames


class World:
    """An end with a daemon that can be started, and the other end's mux."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o700)
        self.main = str(folder / "aircher.sock")
        self.listener: socket.socket | None = None
        self.failure = ""
        self.starts = 0
        self.ready: list[dict[str, object]] = []
        self.first, self.second = os.pipe(), os.pipe()
        self.daemon = Daemon(self.main, self.start)
        self.end = LocalEnd(
            self.first[0], self.second[1], self.daemon, "buildbox", self.ready.append
        )
        self.there = Mux(opens=True)
        os.set_blocking(self.second[0], False)

    def start(self) -> None:
        """Start the daemon, or fail."""
        assert threading.current_thread() is not threading.main_thread()
        self.starts += 1
        if self.failure:
            raise DaemonUnreachable(self.failure)
        self.listen()

    def listen(self) -> None:
        """Listen as a daemon at the extra socket."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.daemon.path)
        listener.listen()
        self.listener = listener

    def exchange(self) -> list[MuxEvent]:
        """Carry what the other end has said, and return what it hears next."""
        os.write(self.first[1], self.there.out)
        self.there.out.clear()
        for _ in range(10_000):
            self.end._step()
            try:
                if found := self.there.feed(os.read(self.second[0], 65_536)):
                    return found
            except BlockingIOError:
                continue
        raise AssertionError("nothing was said")

    def close(self) -> None:
        """Close all."""
        for link in tuple(self.end.links.values()):
            self.end.close(link)
        self.end.selector.close()
        for number in (*self.first, *self.second):
            os.close(number)
        if self.listener is not None:
            self.listener.close()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An end whose steps do not wait."""
    monkeypatch.setattr(carrier, "PING_SECONDS", 0.001)
    made = World(tmp_path)
    yield made
    made.close()


VIA = frames.encode_notification("via", {"host": "buildbox"})


def test_a_client_is_connected_and_named_first(world: World) -> None:
    """Before what it says itself."""
    world.listen()
    assert world.listener is not None
    number = world.there.open()
    world.there.send(number, b"hello")
    world.end.hello("buildbox", None, "t")
    (heard,) = world.exchange()
    assert isinstance(heard, Message)
    assert (heard.message["to"], heard.message["token"], "as" in heard.message) == (
        "buildbox",
        "t",
        False,
    )
    server, _ = world.listener.accept()
    with server:
        server.sendall(b"answer")
        assert world.exchange() == [Received(number, b"answer")]
        assert server.recv(1000) == VIA + b"hello"


def test_a_daemon_is_started_for_those_who_wait(world: World) -> None:
    """Once for all of them."""
    numbers = [world.there.open(), world.there.open()]
    os.write(world.first[1], world.there.out)
    world.there.out.clear()
    while [link.sock is not None for link in world.end.links.values()] != [True, True]:
        world.end._step()
    assert world.listener is not None
    with world.listener.accept()[0] as first, world.listener.accept()[0] as second:
        heard: list[MuxEvent] = []
        for server in (first, second):
            assert server.recv(100) == VIA
            server.sendall(b"x")
            heard += world.exchange()
        assert {*heard} == {Received(number, b"x") for number in numbers}
    assert world.starts == 1


def test_no_daemon_is_an_error_there(world: World) -> None:
    """The client's connection ends with the reason; the next one is tried again."""
    world.failure = "AIRCHER_AUTOSTART is off"
    for starts in (1, 2):
        world.there.open()
        (closed,) = world.exchange()
        assert isinstance(closed, Closed)
        assert closed.reason == f"on {os.uname().nodename}: AIRCHER_AUTOSTART is off"
        assert world.starts == starts


def test_a_folder_that_others_may_enter_is_not_trusted(world: World, tmp_path: Path) -> None:
    """As by every client."""
    world.listen()
    tmp_path.chmod(0o755)
    world.there.open()

    (closed,) = world.exchange()

    assert isinstance(closed, Closed)
    assert "open to other users" in closed.reason


def test_what_the_other_end_says(world: World) -> None:
    """It is ready, or it ends."""
    world.there.announce(ready="/run/a.sock", host="box")
    os.write(world.first[1], world.there.out)
    world.end._step()
    assert (world.end.is_ready, world.ready[0]["ready"]) == (True, "/run/a.sock")

    world.end.on_message({"refused": "in use"})
    world.end.on_message({"bye": "later"})
    assert world.end.end == End(Why.REFUSED, "in use")


def test_the_end_by_a_signal_is_said(world: World) -> None:
    """The other end need not wait for ssh to notice."""
    world.end.on_end(End(Why.SIGNAL, "", 2))
    assert b"it was ended on" in world.end.mux.out


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        (End(Why.SILENT), "nothing came from box for 15 s"),
        (End(Why.CLOSED), "the connection to box was closed"),
        (End(Why.REFUSED, "in use"), "box says: in use"),
        (End(Why.LEFT), "the forward on box has ended"),
    ],
)
def test_an_end_in_words(end: End, sentence: str) -> None:
    """For the user here."""
    assert describe_end("box", end) == sentence


def test_ssh_is_ended_by_its_input() -> None:
    """Only one that does not notice gets a signal."""
    attempt = Attempt([sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(7)"])
    assert attempt.close() == 7


def test_ssh_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It never outlives us."""
    monkeypatch.setattr("aircher_cli.forwarding.local.QUIT_SECONDS", 0.05)
    program = "import signal\nfor n in (1, 2, 15): signal.signal(n, 1)\nwhile True: signal.pause()"
    attempt = Attempt([sys.executable, "-c", program])
    assert attempt.close() in (None, -9, -15)
    assert attempt._process.returncode is not None


def test_each_forward_has_a_token_of_its_own() -> None:
    """Or it would end others."""
    assert new_token() != new_token()


def test_clients_that_come_and_go_take_nothing(world: World) -> None:
    """While a daemon is being started, or one that does not read what they have sent."""
    hold = threading.Event()
    world.daemon.start = hold.wait
    for _ in range(3):
        for _ in range(MAX_CHANNELS):
            world.there.close(world.there.open())
        os.write(world.first[1], world.there.out)
        world.there.out.clear()
        world.end._step()
    assert world.end.links == {}
    hold.set()
    starting = world.end._starting
    assert starting is not None
    starting.join()
    world.end._step()
    assert world.end._starting is None


def test_clients_that_end_with_something_unread_count(world: World) -> None:
    """An end on a hostile machine could take all descriptors here; then others are refused."""
    world.listen()
    assert world.listener is not None
    servers = []
    for _ in range(MAX_CHANNELS + 5):
        number = world.there.open()
        for _ in range(8):
            world.there.send(number, b"x" * 32_000)
        world.there.close(number)
        while world.there.out:
            size = os.write(world.first[1], world.there.out[:60_000])
            del world.there.out[:size]
            world.end._step()
            world.end._step()
        world.listener.setblocking(False)
        with suppress(BlockingIOError):
            servers.append(world.listener.accept()[0])
    assert len(world.end.links) == len(servers) == MAX_CHANNELS
    for server in servers:  # daemons that end
        server.close()
    for _ in range(10 * MAX_CHANNELS):
        if world.end.links:
            world.end._step()
    assert world.end.links == {}


def test_a_client_that_has_gone_does_not_hold_up_the_daemon(world: World) -> None:
    """Answers that go nowhere are taken, so that the daemon reads the rest, and ends."""
    world.listen()
    assert world.listener is not None
    number = world.there.open()
    for _ in range(8):
        world.there.send(number, b"x" * 32_000)
    world.there.close(number)
    while world.there.out:
        size = os.write(world.first[1], world.there.out[:60_000])
        del world.there.out[:size]
        world.end._step()
        world.end._step()
    server, _ = world.listener.accept()
    with server:
        server.setblocking(False)
        written = 0
        while written < 5_000_000:
            with suppress(BlockingIOError):
                written += server.send(b"y" * 65_536)
            world.end._step()
    world.end._step()
    assert world.end.links == {}


def test_what_the_other_machine_writes_controls_no_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Its standard error comes through ssh: text and colours of ssh's own need no controls."""
    source, sink = os.pipe()
    os.write(sink, "one\n\x1b]0;title\x07two\x9b2J \xfc\n".encode() + b"\xff\r\n")
    os.close(sink)
    show_errors(open(source, "rb"))  # noqa: PTH123, SIM115 -- it closes it
    assert capfd.readouterr().err == "one\n]0;titletwo2J \xfc\n\ufffd\n"
