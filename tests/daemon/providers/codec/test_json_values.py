"""JSON objects without any framing, cut anywhere."""

import itertools
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.codec.json_values import MAX_DEPTH, MAX_JOINED, JsonSplitter, values_in
from aircherd.providers.codec.ndjson import NdjsonError
from helpers.memory import allocated


def decode(*pieces: bytes, limit: int = 1000) -> list[bytes]:
    splitter = JsonSplitter(limit)
    values = [value for piece in pieces for value in splitter.feed(piece)] + splitter.close()
    assert {name for name, _ in values} <= {b""}
    return [value for _, value in values]


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b'{"a":1}', [b'{"a":1}']),
        (b'{"a":1}{"b":2}', [b'{"a":1}', b'{"b":2}']),
        (b'{"a":1}\n\n{"b":2}\n[DONE]', [b'{"a":1}', b'{"b":2}']),
        (b'[{"a":1},\r\n{"b":2}\n]', [b'{"a":1}', b'{"b":2}']),
        (b'{\n "a": [1, {"b": "}"}]\n}', [b'{\n "a": [1, {"b": "}"}]\n}']),
        (rb'{"a":"\"}\\"}{}', [rb'{"a":"\"}\\"}', b"{}"]),
        (b'{"a":1}\0\0', [b'{"a":1}']),
        (b'{"a":1}, {"b', [b'{"a":1}', b'{"b']),
        (rb'{"b":"\\\"', [rb'{"b":"\\\"']),
        (b'{"a":"x\n\xff"}', [b'{"a":"x\n\xff"}']),
        (b'"text" [1, 2]', []),
        (b"", []),
    ],
)
def test_splits(body: bytes, values: list[bytes]) -> None:
    """Objects are found whatever stands between them, in one piece and byte by byte."""
    assert values == decode(body)
    assert values == decode(*(bytes([byte]) for byte in body))
    assert values == values_in(body)


_BITS = st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\\", b"a", b'{"a":"b"}', b"\n", b","])


@given(st.lists(_BITS, max_size=20), st.lists(st.integers(0, 60), max_size=6))
def test_cuts_do_not_matter(bits: list[bytes], cuts: list[int]) -> None:
    """However a body is cut, its objects are the same."""
    body = b"".join(bits)
    places = sorted({min(cut, len(body)) for cut in cuts} | {0, len(body)})
    assert decode(body) == decode(*(body[a:b] for a, b in itertools.pairwise(places)))


@pytest.mark.parametrize("piece", [b"x" * 64, b"\\n" * 32, b'","' * 20, b"\n" * 64])
def test_work_is_linear_in_the_size_of_a_value(piece: bytes) -> None:
    """A large object in small pieces is not copied again with every piece."""
    splitter, pieces = JsonSplitter(), 4096
    splitter.feed(b'{"a":"')
    copied = allocated(*[partial(splitter.feed, piece)] * pieces)
    assert copied < 32 * pieces * len(piece)
    assert len(splitter.close()) == 1


@pytest.mark.parametrize("start", [b'{"a":"', b"{", b'{"a":['])
def test_refuses_endless_values(start: bytes) -> None:
    """A value beyond the limit is an error at the next bytes."""
    splitter = JsonSplitter(limit=100)
    assert splitter.feed(start + b"x" * 100) == []
    with pytest.raises(NdjsonError, match="a value of more than 100 bytes"):
        splitter.feed(b"x")


def test_refuses_deep_values() -> None:
    """Each bracket costs time, and no decoder would take it."""
    deep = b"{" + b"[" * MAX_DEPTH
    with pytest.raises(NdjsonError, match="too deeply"):
        JsonSplitter().feed(deep)
    assert values_in(deep) == []


def test_limit_is_for_one_value() -> None:
    """A long body of short objects never reaches the limit."""
    assert decode(*[b'{"a":1},'] * 1000, limit=20) == [b'{"a":1}'] * 1000


def test_repr_shows_state() -> None:
    """The repr shows how much it holds."""
    splitter = JsonSplitter()
    splitter.feed(b'{"a"')
    assert repr(splitter) == "<JsonSplitter 4 bytes pending>"


def test_a_long_event_is_not_searched() -> None:
    """It would hold up everything else."""
    assert values_in(b"{}" * 3) == [b"{}"] * 3
    assert values_in(b'{}{"a":"' + b"x" * MAX_JOINED + b'"}') == []
