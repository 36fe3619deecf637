"""Many connections over one pair of pipes: both ends, without any socket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.forwarding.frames import MAX_DATA, FrameError, Kind, encode
from aircher_cli.forwarding.mux import (
    GRANT,
    MAX_CHANNELS,
    MAX_WAITING,
    WINDOW,
    Closed,
    Credited,
    Message,
    Mux,
    MuxEvent,
    Opened,
    Received,
)


def take(source: Mux, target: Mux) -> list[MuxEvent]:
    """Carry all bytes from one end to the other; return what they say there."""
    data, source.out = bytes(source.out), bytearray()
    return target.feed(data)


def pair() -> tuple[Mux, Mux]:
    """Return the end on HOST and the one here, after the greeting."""
    there, here = Mux(opens=True), Mux(opens=False)
    assert not here.is_greeted
    assert take(there, here) == []
    assert here.is_greeted
    return there, here


def test_a_connection_from_its_beginning_to_its_end() -> None:
    """Bytes go both ways; after the end, what is still on the way is ignored."""
    there, here = pair()
    number = there.open()
    there.send(number, b"question")
    assert take(there, here) == [Opened(1), Received(1, b"question")]

    here.send(number, b"answer")
    here.close(number, "the daemon is gone")
    there.send(number, b"too late")
    assert take(here, there) == [Received(1, b"answer"), Closed(1, "the daemon is gone")]
    assert take(there, here) == []
    here.close(number)
    assert (here.out, here.credit(1), there.credit(1)) == (b"", 0, 0)


def test_a_slow_reader_stops_its_own_connection_only() -> None:
    """It gets a window of bytes; more after it has taken a part of them."""
    there, here = pair()
    slow, other = there.open(), there.open()
    take(there, here)
    sent = 0
    while size := here.credit(slow):
        here.send(slow, bytes(size))
        sent += size
    assert (sent, here.credit(other)) == (WINDOW, MAX_DATA)
    take(here, there)

    there.take(slow, GRANT - 1)
    assert there.out == b""
    there.take(slow, 1)
    assert take(there, here) == [Credited(slow)]
    assert here.credit(slow) == MAX_DATA


def test_more_than_a_window_breaks_the_protocol() -> None:
    """Or an end could fill the other one's memory."""
    _, here = pair()
    here.feed(encode(Kind.OPEN, 7))
    for _ in range(WINDOW // MAX_DATA):
        here.feed(encode(Kind.DATA, 7, bytes(MAX_DATA)))

    with pytest.raises(FrameError, match="more than it may"):
        here.feed(encode(Kind.DATA, 7, b"x"))


def test_only_the_end_on_host_opens_connections() -> None:
    """And each with a number of its own."""
    there, here = pair()
    here.feed(encode(Kind.OPEN, 1))
    with pytest.raises(FrameError):
        here.feed(encode(Kind.OPEN, 1))
    with pytest.raises(FrameError):
        there.feed(encode(Kind.OPEN, 2))


def test_a_hostile_end_gets_no_memory() -> None:
    """Neither by connections, nor by questions whose answers it does not read."""
    there, here = pair()
    for number in range(MAX_CHANNELS):
        here.feed(encode(Kind.OPEN, number))
    with pytest.raises(FrameError, match="more than 256"):
        here.feed(encode(Kind.OPEN, MAX_CHANNELS))

    for _ in range(25):
        there.feed(encode(Kind.PING) * 10_000)
    assert len(there.out) < MAX_WAITING + 100


def test_a_ping_is_answered() -> None:
    """By each end; the answer needs no answer."""
    there, here = pair()
    here.ping()
    assert take(here, there) == []
    assert there.out != b""
    assert take(there, here) == []
    assert here.out == b""


def test_what_a_later_version_says_is_ignored() -> None:
    """An unknown kind, and a credit for a connection that is gone."""
    there, here = pair()
    there.announce(ready="/run/x", later=1)
    there.out += bytes([99]) + encode(Kind.DATA, 1, b"abc")[1:]
    there.out += encode(Kind.CREDIT, 5, b"\0\0\0\1")
    assert take(there, here) == [Message({"ready": "/run/x", "later": 1})]

    here.feed(encode(Kind.OPEN, 1))
    with pytest.raises(FrameError, match="4 bytes"):
        here.feed(encode(Kind.CREDIT, 1, b"\1"))


@given(st.lists(st.tuples(st.integers(0, 2), st.binary(min_size=1, max_size=50_000)), max_size=30))
def test_each_reader_gets_its_own_bytes_in_their_order(pieces: list[tuple[int, bytes]]) -> None:
    """Whatever the order of writes and reads is."""
    there, here = pair()
    numbers = [there.open() for _ in range(3)]
    take(there, here)
    sent, got = dict.fromkeys(numbers, b""), dict.fromkeys(numbers, b"")
    for which, data in pieces:
        number = numbers[which]
        if piece := data[: here.credit(number)]:
            here.send(number, piece)
            sent[number] += piece
        for event in take(here, there):
            assert isinstance(event, Received)
            got[event.number] += event.data
            there.take(event.number, len(event.data))
        take(there, here)

    assert got == sent
