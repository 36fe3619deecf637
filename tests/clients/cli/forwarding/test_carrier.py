"""Moving bytes: two ends over real pipes, and the time of a test's own clock."""

import os
import signal
import socket
from collections.abc import Callable, Iterator

import pytest

from aircher_cli.forwarding import carrier as module
from aircher_cli.forwarding.carrier import Carrier, End, Link, Why, woken_by_signals
from aircher_cli.forwarding.frames import GREETING, MAX_PAYLOAD, Kind, encode
from aircher_cli.forwarding.local import describe_end


class Pipes:
    """What ssh would be: the descriptors of one end, and those of the test."""

    def __init__(self) -> None:
        self.source, self.to_end = os.pipe()
        self.from_end, self.sink = os.pipe()
        self.left = {self.source, self.to_end, self.from_end, self.sink}

    def close(self, *numbers: int) -> None:
        """Close some."""
        for number in numbers:
            self.left.remove(number)
            os.close(number)


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    """Both pipes of an end."""
    made = Pipes()
    yield made
    made.close(*tuple(made.left))


class Clock:
    """A clock that goes on by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_silence_ends_it(pipes: Pipes, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the other end is asked; no answer for long enough is its end, as after a sleep."""
    monkeypatch.setattr(module, "PING_SECONDS", 0)
    clock = Clock()
    end = Carrier(pipes.source, pipes.sink, opens=True, clock=clock)
    end._step()
    assert os.read(pipes.from_end, 100).startswith(GREETING)

    os.write(pipes.to_end, encode(Kind.PONG))
    clock.time += module.SILENCE_SECONDS + 1
    end._step()
    assert end.end is None, "what has come is read before the clock is looked at"

    clock.time += module.SILENCE_SECONDS + 1
    assert end.run() == End(Why.SILENT)


def test_little_silence_counts_before_the_other_end_speaks(pipes: Pipes) -> None:
    """The user may be typing a passphrase. But a shell there that hangs is not waited for."""
    clock = Clock()
    end = Carrier(pipes.source, pipes.sink, opens=False, clock=clock)
    clock.time += module.GREETING_SECONDS
    end._tick()
    assert end.end is None

    os.write(pipes.to_end, GREETING)
    end._step()
    assert (end.end, end.mux.is_greeted) == (None, True)
    end.selector.close()

    silent = Carrier(pipes.source, pipes.sink, opens=False, clock=clock)
    clock.time += module.GREETING_SECONDS + 1
    silent._tick()
    assert silent.end == End(Why.SILENT, "180")
    assert "try 'ssh box'" in describe_end("box", silent.end)
    silent.selector.close()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", Why.CLOSED),
        (encode(Kind.MESSAGE, 0, b"no json"), Why.BROKEN),
        (encode(Kind.DATA)[:5] + (MAX_PAYLOAD + 1).to_bytes(4, "big"), Why.BROKEN),
    ],
)
def test_how_the_other_end_ends_it(pipes: Pipes, sent: bytes, why: Why) -> None:
    """Its pipe is closed, or it breaks the protocol."""
    end = Carrier(pipes.source, pipes.sink, opens=True)
    os.write(pipes.to_end, sent)
    pipes.close(pipes.to_end)

    assert end.run().why is why


def test_a_closed_sink_ends_it(pipes: Pipes) -> None:
    """As when ssh was killed."""
    end = Carrier(pipes.source, pipes.sink, opens=True)
    pipes.close(pipes.from_end)

    assert end.run().why is Why.CLOSED


def test_a_signal_ends_it(pipes: Pipes) -> None:
    """With its number; before and after, signals do what they did."""
    before = signal.getsignal(signal.SIGTERM)
    end = Carrier(pipes.source, pipes.sink, opens=True)
    with end.stopped_by_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        assert end.run() == End(Why.SIGNAL, "", signal.SIGTERM)

    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_counts_that_came_with_the_end(pipes: Pipes) -> None:
    """At a terminal, Ctrl-C ends ssh as well, which may be seen first."""
    end = Carrier(pipes.source, pipes.sink, opens=True)
    with end.stopped_by_signals():
        pipes.close(pipes.to_end)
        end._step()
        assert end.end == End(Why.CLOSED)
        os.kill(os.getpid(), signal.SIGINT)
        assert end.run() == End(Why.SIGNAL, "", signal.SIGINT)


def test_an_ignored_signal_stays_ignored() -> None:
    """As SIGHUP under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with woken_by_signals() as ours:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGINT)
            assert ours.recv(8) == bytes([signal.SIGINT])
    finally:
        signal.signal(signal.SIGHUP, before)


class Opening(Carrier):
    """The end that opens connections."""

    reasons: list[str]

    def open(self) -> socket.socket:
        """Open a connection and return its other end."""
        ours, client = socket.socketpair()
        self.add(self.mux.open(), ours)
        client.setblocking(False)
        return client

    def last_words(self, link: Link, reason: str) -> bytes:
        """Note why a connection ends."""
        del link
        self.reasons.append(reason)
        return b""


class Connecting(Carrier):
    """The end that connects them: `servers` has the test's end of each.

    One that `waits` gets no socket yet.
    """

    servers: list[socket.socket]
    waits = False
    waiting: list[Link]

    def on_opened(self, number: int) -> None:
        """Connect it."""
        if self.waits:
            self.waiting.append(self.add(number, None))
            return
        ours, server = socket.socketpair()
        server.setblocking(False)
        self.servers.append(server)
        self.add(number, ours)


Ends = tuple[Opening, Connecting]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    """Both ends, which the test steps."""
    monkeypatch.setattr(module, "PING_SECONDS", 0.0)
    first, second = os.pipe(), os.pipe()
    there = Opening(first[0], second[1], opens=True)
    here = Connecting(second[0], first[1], opens=False)
    there.reasons, here.servers, here.waiting = [], [], []
    yield there, here
    for end in (there, here):
        for link in tuple(end.links.values()):
            end.close(link)
        end.selector.close()
    for number in (*first, *second):
        os.close(number)
    for sock in here.servers:
        sock.close()


def step_until(ends: Ends, is_so: Callable[[], object]) -> None:
    """Let both ends do what they can until something is so."""
    for _ in range(100_000):
        if is_so():
            return
        for end in ends:
            end._step()
    raise AssertionError("it never became so")


def receive(ends: Ends, sock: socket.socket, size: int) -> bytes:
    """Return the next bytes that come to a socket; less at the end."""
    got = bytearray()

    def is_complete() -> bool:
        try:
            data = sock.recv(size - len(got))
        except BlockingIOError:
            return False
        got.extend(data)
        return not data or len(got) == size

    step_until(ends, is_complete)
    return bytes(got)


def test_a_conversation(ends: Ends) -> None:
    """Bytes go both ways; the end of one side is the end of the other, after the last bytes."""
    there, here = ends
    with there.open() as client:
        client.send(b"question")
        step_until(ends, lambda: here.servers)
        assert receive(ends, here.servers[0], 8) == b"question"

        here.servers[0].send(b"answer")
        here.servers[0].close()
        assert receive(ends, client, 100) == b"answer"
    assert (there.links, here.links) == ({}, {})


def test_much_data_behind_a_slow_reader(ends: Ends) -> None:
    """The reader that stops gets all of it later; another connection goes on meanwhile."""
    there, here = ends
    with there.open() as slow, there.open() as quick:
        step_until(ends, lambda: len(here.servers) == 2)
        data = os.urandom(3_000_000)
        rest = memoryview(data)

        def send_more() -> bool:
            nonlocal rest
            try:
                rest = rest[here.servers[0].send(rest[:65_536]) :]
            except BlockingIOError:
                return False
            return True

        stuck = 0
        while stuck < 50:
            stuck = 0 if send_more() else stuck + 1
            for end in ends:
                end._step()
        assert len(rest) > 1_000_000
        assert len(there.mux.out) + len(here.mux.out) < module.HIGH_WATER

        here.servers[1].send(b"at once")
        assert receive(ends, quick, 7) == b"at once"

        got = bytearray()
        while len(got) < len(data):
            if rest:
                send_more()
            got += receive(ends, slow, min(50_000, len(data) - len(rest) - len(got)) or 1)
        assert bytes(got) == data


def test_a_client_that_goes_away_ends_the_connection(ends: Ends) -> None:
    """The daemon cancels its requests then."""
    there, here = ends
    client = there.open()
    step_until(ends, lambda: here.servers)
    client.close()

    assert receive(ends, here.servers[0], 1) == b""
    assert (there.links, here.links) == ({}, {})


def test_a_connection_may_wait_for_its_socket(ends: Ends) -> None:
    """What has come for it is kept; why it is closed comes to the other end."""
    there, here = ends
    here.waits = True
    with there.open() as client, there.open() as other:
        client.send(b"early")
        step_until(ends, lambda: len(here.waiting) == 2 and here.waiting[0].out)
        ours, server = socket.socketpair()
        with server:
            here.attach(here.waiting[0], ours)
            assert server.recv(100) == b"early"

        here.close(here.waiting[1], "no daemon")
        assert receive(ends, other, 1) == b""
    assert "no daemon" in there.reasons
