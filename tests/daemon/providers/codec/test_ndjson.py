"""Newline-delimited JSON, cut anywhere."""

import itertools
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.codec.ndjson import MAX_LINE, NdjsonDecoder, NdjsonError
from helpers.memory import allocated


def decode(*pieces: bytes, limit: int = 1000) -> list[bytes]:
    decoder = NdjsonDecoder(limit)
    lines = [line for piece in pieces for line in decoder.feed(piece)] + decoder.close()
    assert {name for name, _ in lines} <= {b""}
    return [line for _, line in lines]


@pytest.mark.parametrize(
    ("stream", "lines"),
    [
        (b'{"a":1}\n', [b'{"a":1}']),
        (b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}']),
        (b'{"a":1}\r\n{"b":2}\r\n', [b'{"a":1}', b'{"b":2}']),
        (b'\n\n  \n{"a":1}\n\r\n{"b":2}', [b'{"a":1}', b'{"b":2}']),
        (b' {"a":1} \n', [b'{"a":1}']),
        (b'{"a":1}', [b'{"a":1}']),
        (b"not json\n", [b"not json"]),
        (b"\n", []),
        (b"", []),
    ],
)
def test_decodes(stream: bytes, lines: list[bytes]) -> None:
    """Each kind of line end gives its lines, in one piece and byte by byte."""
    assert lines == decode(stream)
    assert lines == decode(*(bytes([byte]) for byte in stream))


_LINES = st.sampled_from([b'{"a":1}', b'{"text":"\\n"}', b"", b" ", b"[1, 2]", b"x\ry"])
_STREAMS = st.lists(st.tuples(_LINES, st.sampled_from([b"\n", b"\r\n", b"\n\n"])), max_size=12)


@given(_STREAMS, st.sampled_from([b"", b'{"last":1}']), st.lists(st.integers(0, 150), max_size=6))
def test_cuts_do_not_matter(lines: list[tuple[bytes, bytes]], rest: bytes, cuts: list[int]) -> None:
    """However a stream is cut, its lines are the same, the last one with or without an end."""
    stream = b"".join(line + end for line, end in lines) + rest
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = [stream[a:b] for a, b in itertools.pairwise(places)]
    expected = [line for line, _ in [*lines, (rest, b"")] if line.strip()]
    assert expected == decode(*pieces)


def test_work_is_linear_in_the_size_of_a_line() -> None:
    """A large line in small pieces is not copied again with every piece."""
    decoder, pieces, piece = NdjsonDecoder(), 4096, b"x" * 64
    copied = allocated(*[partial(decoder.feed, piece)] * pieces)
    assert copied < 8 * pieces * len(piece)
    assert [(b"", piece * pieces)] == decoder.close()


def test_refuses_endless_lines() -> None:
    """A line beyond the limit is an error at the next bytes."""
    decoder = NdjsonDecoder(limit=100)
    assert decoder.feed(b"x" * 101) == []
    with pytest.raises(NdjsonError, match="a line of more than 100 bytes"):
        decoder.feed(b"x")


def test_a_line_of_100_megabytes_fails_early() -> None:
    """The buffer of a line without an end stays near the limit."""
    decoder, piece = NdjsonDecoder(), b"x" * 65536
    feed = partial(decoder.feed, piece)
    with pytest.raises(NdjsonError):
        list(itertools.starmap(feed, [()] * 1600))
    assert len(decoder.close()[0][1]) <= MAX_LINE + len(piece)


def test_limit_is_for_one_line() -> None:
    """A long stream of short lines never reaches the limit."""
    assert decode(*[b'{"a":1}\n'] * 1000, limit=20) == [b'{"a":1}'] * 1000


def test_repr_shows_state() -> None:
    """The repr shows how much it holds."""
    decoder = NdjsonDecoder()
    decoder.feed(b"abc")
    assert repr(decoder) == "<NdjsonDecoder 3 bytes pending>"
