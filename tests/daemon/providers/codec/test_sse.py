"""Server-sent events, with any line end and cut anywhere."""

import itertools
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.codec.sse import SseDecoder, SseError, SseEvent
from helpers.memory import allocated


def decode(*pieces: bytes, limit: int = 1000) -> list[SseEvent]:
    decoder = SseDecoder(limit)
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.close()


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [(b"", b"a")]),
        (b"data:a\n\n", [(b"", b"a")]),
        (b"data:  a\n\n", [(b"", b" a")]),
        (b"data: a\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"event: x\ndata: a\n\n", [(b"x", b"a")]),
        (b"data: a\nevent: x\n\n", [(b"x", b"a")]),
        (b"data: a\ndata: b\n\n", [(b"", b"a\nb")]),
        (b"data: a\ndata\n\n", [(b"", b"a\n")]),
        (b"data: a:b\n\n", [(b"", b"a:b")]),
        (b"id: 7\nretry: 10\ndata: a\n\n", [(b"", b"a")]),
        (b": OPENROUTER PROCESSING\n\ndata: a\n\n", [(b"", b"a")]),
        (b": comment\ndata: a\n\n", [(b"", b"a")]),
        (b"event: ping\n\n", []),
        (b"\n\n\ndata: a\n\n\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"\xef\xbb\xbfdata: a\n\n", [(b"", b"a")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\r\rdata: b\r\r", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\r\n\ndata: b\n\r\n", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\n\ndata: end", [(b"", b"a"), (b"", b"end")]),
        (b"<html>no events</html>\n\n", []),
        (b"", []),
    ],
)
def test_decodes(stream: bytes, events: list[SseEvent]) -> None:
    """Each case of the standard gives its events, in one piece and byte by byte."""
    assert events == decode(stream)
    assert events == decode(*(bytes([byte]) for byte in stream))


_LINES = st.sampled_from(
    [b"data: one", b"data:two", b"event: name", b": comment", b"", b"", b"data", b"id: 1"]
)
_STREAMS = st.lists(st.tuples(_LINES, st.sampled_from([b"\n", b"\r\n", b"\r"])), max_size=12)


@given(_STREAMS, st.lists(st.integers(0, 150), max_size=6))
def test_cuts_do_not_matter(lines: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    """However a stream is cut, its events are the same."""
    stream = b"".join(line + end for line, end in lines)
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = [stream[a:b] for a, b in itertools.pairwise(places)]
    assert decode(stream) == decode(*pieces)


@pytest.mark.parametrize("line", [b"x" * 64, b"x" * 63 + b"\n", b"x" * 63 + b"\r"])
def test_work_is_linear_in_the_size_of_an_event(line: bytes) -> None:
    """A large event in small pieces is not copied again with every piece."""
    decoder, pieces = SseDecoder(), 4096
    copied = allocated(*[partial(decoder.feed, line)] * pieces)
    assert copied < 8 * pieces * len(line)
    assert len(decoder.close()) == 0


def test_an_event_ends_across_pieces() -> None:
    """The empty line that ends an event may come in two pieces."""
    assert decode(b"data: a\n", b"data: b\n", b"\n") == [(b"", b"a\nb")]
    carried = decode(b"data: a\r\n", b"\r", b"\ndata: b\r\n\r\n")
    assert carried == [(b"", b"a"), (b"", b"b")]


def test_refuses_endless_events() -> None:
    """An event beyond the limit is an error at the next bytes."""
    decoder = SseDecoder(limit=100)
    assert decoder.feed(b"data: " + b"x" * 100) == []
    with pytest.raises(SseError):
        decoder.feed(b"x")


def test_limit_is_for_one_event() -> None:
    """A long stream of short events never reaches the limit."""
    assert decode(*[b"data: x\n\n"] * 1000, limit=20) == [(b"", b"x")] * 1000


def test_repr_shows_state() -> None:
    """The repr shows how much it holds."""
    decoder = SseDecoder()
    decoder.feed(b"data: abc")
    assert repr(decoder) == "<SseDecoder 9 bytes pending>"


@pytest.mark.parametrize("field", [b"Data", b" data", b"\0data", b"DATA\t"])
def test_names_of_fields_are_read_in_any_case(field: bytes) -> None:
    """Spaces and NULs around a name, and capital letters, do not hide an event."""
    assert SseDecoder().feed(field + b": a\n\n") == [(b"", b"a")]
