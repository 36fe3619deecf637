"""Requests decoded directly into their parameters, and everything else as frames."""

import itertools

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_wire import frames
from aircherd.api.methods import METHODS
from aircherd.ipc.connection_methods import CONNECTION_METHODS
from aircherd.ipc.request_reader import ReadyRequest, RequestReader
from aircherd.memory.budget import MemoryBudget

CHAT = {"messages": [{"role": "user", "content": "hello"}], "model": "a/m", "stream": False}


def chat(msgid=1, **fields):
    return msgpack.packb([0, msgid, "chat", [{**CHAT, **fields}]])


def a_reader(table, budget=None, on_refused=None):
    """Return a reader whose client has its own budget."""
    share = (budget or MemoryBudget()).open_share()
    return RequestReader(table, share, on_refused)


def read(*pieces):
    """Return what a new reader decodes from `pieces`, and its error."""
    reader, found = a_reader(METHODS), []
    for piece in pieces:
        rest = piece
        while rest:
            found += reader.feed(rest)
            rest = reader.rest
    return found, reader.error


def test_whole_request_is_decoded():
    """It has its number, its method and its validated parameters."""
    (request,), error = read(chat(7))
    assert type(request) is ReadyRequest
    assert (request.msgid, request.method) == (7, METHODS["chat"])
    assert request.params == msgspec.convert(CHAT, METHODS["chat"].params)
    assert error is None


def test_several_requests_in_one_read_are_decoded():
    """They keep their order."""
    found, _ = read(chat(1) + chat(2) + chat(3))
    assert [(type(each), each.msgid) for each in found] == [(ReadyRequest, n) for n in (1, 2, 3)]


@given(st.lists(st.integers(0, 400), max_size=6))
def test_reads_may_split_requests_anywhere(cuts):
    """Requests arrive once and in order, decoded or as frames."""
    data = chat(1) + msgpack.packb([2, "$/cancel", [{"id": 1}]]) + chat(2) + chat(3, extra={"a": 1})
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    found, error = read(*(data[a:b] for a, b in itertools.pairwise(edges)))
    assert error is None
    numbers = [each.msgid for each in found if not isinstance(each, frames.Notification)]
    assert numbers == [1, 2, 3]
    assert sum(isinstance(each, frames.Notification) for each in found) == 1


@given(st.lists(st.integers(0, 9000), max_size=4), st.lists(st.integers(1, 3000), min_size=5))
def test_long_reads_are_taken_in_slices(cuts, sizes):
    """Nothing is lost or doubled, whatever the sizes of the requests and of the reads."""
    data = b"".join(
        chat(number, messages=[{"role": "user", "content": "x" * size}])
        for number, size in enumerate(sizes)
    )
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    found, error = read(*(data[a:b] for a, b in itertools.pairwise(edges)))
    assert error is None
    assert [each.msgid for each in found] == list(range(len(sizes)))


def test_one_step_takes_few_small_frames():
    """A read of 64 KiB can hold thousands, and others would wait for all of them."""
    small = msgpack.packb([0, 1, "ping", []])
    for first in (b"", chat()[:20]):
        reader = a_reader(METHODS)
        if first:
            assert reader.feed(first) == []
        data = (chat()[20:] if first else b"") + small * 5000
        count = 0
        while data:
            found, data = reader.feed(data), reader.rest
            assert len(found) <= 500
            count += len(found)
        assert count == 5000 + bool(first)


@pytest.mark.parametrize(
    "data",
    [
        msgpack.packb([2, "$/cancel", [{"id": 1}]]),
        msgpack.packb([1, 4, None, 1]),
        msgpack.packb([0, 1, "nonsense", [{}]]),
        msgpack.packb([0, 1, "ping", []]),
        msgpack.packb([0, 1, "chat", [{"messages": 3}]]),
        msgpack.packb([0, 1, "chat", [{**CHAT, "extra": {"a": {"b": 1}}}]]),
        msgpack.packb([0, 1, "chat", [{**CHAT, "route": []}]]),
        chat().replace(b"hello", b"hel\xffo"),
    ],
)
def test_unusual_input_is_returned_as_frames(data):
    """Notifications, unknown methods, empty lists, wrong values, invalid text, `extra`."""
    found, error = read(data + chat(9))
    assert (len(found), error) == (2, None)
    assert isinstance(found[0], frames.Frame)
    assert type(found[1]) is ReadyRequest


@pytest.mark.parametrize(
    "data",
    [
        b"\xc1",
        msgpack.packb([9, 1, "chat", [CHAT]]),
        msgpack.packb([0, -1, "chat", [CHAT]]),
        msgpack.packb([0, 2**32, "chat", [CHAT]]),
        msgpack.packb([0, 1, "chat", [CHAT, CHAT]]),
        msgpack.packb([0, 1, "chat", [{**CHAT, "extra": {b"bytes": 1}}]]),
        msgpack.packb([0, 1, "chat", [{**CHAT, "model": msgpack.ExtType(5, b"x")}]]),
        msgpack.packb([0, 1, "x" * 101, [CHAT]]),
    ],
)
def test_violation_keeps_the_requests_before_it(data):
    """Everything after it is ignored."""
    found, error = read(chat(1) + data + chat(2))
    assert [each.msgid for each in found] == [1]
    assert isinstance(error, frames.FrameError)


@given(st.binary(max_size=200))
def test_reader_agrees_with_the_frame_decoder(data):
    """The fast path accepts nothing that the decoder refuses."""
    found, error = read(data)
    plain = frames.Decoder()
    expected = plain.feed(data)
    assert len(found) == len(expected)
    assert str(error) == str(plain.error)


def test_deeply_nested_value_is_refused():
    """The types of parameters bound the nesting; the frame decoder checks `extra`."""
    deep: object = 1
    for _ in range(40):
        deep = {"a": deep}
    _, error = read(msgpack.packb([0, 1, "chat", [{**CHAT, "extra": deep}]]))
    assert "nested deeper" in str(error)


@pytest.mark.parametrize("depth", range(940, 1025, 6))
@pytest.mark.parametrize("name", ["hello", "chat"])
def test_depth_beyond_the_interpreters_recursion_is_refused(name, depth):
    """Neither msgspec's limit nor msgpack's decides: the error is that of the protocol."""
    table = {**METHODS, **CONNECTION_METHODS}
    nested = b"\x91" * depth + b"\xc0"
    data = b"\x94\x00\x01" + msgpack.packb(name) + b"\x91\x81\xa1x" + nested
    reader = a_reader(table)
    assert reader.feed(data) == []
    assert "nested deeper" in str(reader.error)


@pytest.mark.parametrize(
    "value", [b"\xd4\x05a", b"\x81\x01\x01", b"\x91" * 40 + b"\xc0"], ids=["ext", "key", "depth"]
)
def test_unknown_parameter_of_hello_follows_the_protocol(value):
    """It is ignored, but a value that no frame may contain still breaks the stream."""
    reader = a_reader({**METHODS, **CONNECTION_METHODS})
    hello = b"\x94\x00\x01" + msgpack.packb("hello") + b"\x91\x82\xa8protocol\x01\xa1x"
    assert reader.feed(hello + value) == []
    assert reader.error is not None


def test_repr_shows_no_content():
    """It may be a prompt."""
    reader = a_reader(METHODS)
    reader.feed(chat()[:-3])
    assert "hello" not in repr(reader)
