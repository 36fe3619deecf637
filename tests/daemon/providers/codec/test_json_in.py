"""Unexpected values of vendors are read leniently, and foreign bytes are refused."""

import msgspec
import pytest

from aircherd.providers.codec.json_in import (
    as_count,
    as_text,
    branch,
    count_of,
    counts_of,
    decode_with,
)
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import failure_of


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b'{"a":"\xff', b"[]", b'{"a": 1e999}'])
def test_foreign_bytes_are_a_protocol_failure(data: bytes) -> None:
    """Whatever a server sends, the worst result is a PROTOCOL failure."""
    decoder = msgspec.json.Decoder(dict[str, str])
    assert FailureClass.PROTOCOL is failure_of(lambda: decode_with(decoder, data, "x")).kind


def test_odd_details_are_repaired() -> None:
    """Bytes that are not UTF-8 cost a character, not the reply; so do those of a part."""
    decoder = msgspec.json.Decoder(dict[str, str])
    assert decode_with(decoder, b'{"a":"\xff"}', "x") == {"a": "\ufffd"}
    assert branch(decoder, msgspec.Raw(b'{"a":"\xff"}')) == {"a": "\ufffd"}


@pytest.mark.parametrize(
    ("json", "value"), [(b"", None), (b'{"a":1}', {"a": 1}), (b"[]", None), (b"{", None)]
)
def test_branches_may_be_missing_or_unexpected(json: bytes, value: dict[str, int] | None) -> None:
    """A value of another type than expected counts as missing."""
    assert value == branch(msgspec.json.Decoder(dict[str, int]), msgspec.Raw(json))


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (7, 7),
        (-1, 0),
        (2.0, 2),
        ("12", 12),
        ("x", 0),
        ("9" * 5000, 0),
        ("²", 0),
        (None, 0),
        ([], 0),
        (True, 0),
        (float("nan"), 0),
        (1e300, 0),
        (2**53 - 1, 2**53 - 1),
        (2**53, 0),
        (10**30, 0),
    ],
)
def test_counts(value: object, count: int) -> None:
    """A number is read in any of its formats; anything else counts as 0."""
    assert count == as_count(value)


@pytest.mark.parametrize(
    ("json", "count"),
    [
        (b"", 0),
        (b"null", 0),
        (b"7", 7),
        (b'"7"', 7),
        (b"1e999", 0),
        (b'"\xff"', 0),
        (b"[" * 5_000 + b"]" * 5_000, 0),
        (b"1" * 33, 0),
    ],
)
def test_counts_that_were_not_decoded(json: bytes, count: int) -> None:
    """A count is decoded only if it is short enough; anything else counts as 0."""
    assert count == count_of(msgspec.Raw(json))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((b"0", b"7"), [0, 7]),
        ((b'"12"', b"3.0"), [12, 3]),
        ((b"5", b""), [5, 0]),
        ((b"null", b"5"), [0, 5]),
        ((b"null", b""), None),
        ((b"5", b"-1"), None),
        ((b"1" + b"0" * 20, b"5"), None),
        ((b"5", b'"lots"'), None),
        ((b"5", b"0.5"), None),
        ((b"5", b"false"), None),
        ((b"5", b"[" * 10_000), None),
    ],
)
def test_counts_are_known_or_unknown_together(counts, expected):
    """A missing count is 0, an invalid one makes them unknown."""
    assert counts_of(*map(msgspec.Raw, counts)) == expected


def nested(depth: int) -> object:
    """Return a part in a part in a part."""
    part: object = "deep"
    for _ in range(depth):
        part = [{"type": "text", "text": part}]
    return part


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (None, ""),
        (5, ""),
        ([{"type": "text", "text": "a"}, {"type": "thinking", "text": "b"}, 3], "a"),
        ([{"type": "text", "text": [{"type": "text", "text": "b"}]}], ""),
        ([{"type": "text", "text": nested(10_000)}, {"type": "text", "text": "a"}], "a"),
    ],
)
def test_texts(value: object, text: str) -> None:
    """Text is read as it is or from a list of parts; anything else is ""."""
    assert text == as_text(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (["a", "b"], "ab"),
        ({"type": "text", "text": "a"}, "a"),
        ([{"text": "a"}, {"type": "output_text", "text": "b"}], "ab"),
        ([{"type": "text", "text": {"value": "a"}}], "a"),
        ([{"type": "image", "text": "a"}], ""),
        (["a", 1], ""),
        ([1], ""),
        (None, ""),
    ],
)
def test_text_in_any_form_of_parts(value: object, text: str) -> None:
    """A part may stand alone, without a type, or by its text."""
    assert as_text(value) == text
