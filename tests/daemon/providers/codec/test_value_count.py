"""Large pieces of replies are decoded only if they hold a bounded number of values."""

import pytest

from aircherd.providers.codec.json_values import JsonSplitter
from aircherd.providers.codec.ndjson import NdjsonDecoder, NdjsonError
from aircherd.providers.codec.sse import SseDecoder, SseError
from aircherd.providers.codec.value_count import (
    LARGE,
    MAX_MEMBERS,
    MAX_VALUES,
    TooManyValues,
    check_values,
)

OBJECTS = b'{"a":[' + b"{}," * MAX_VALUES + b"{}]}"


@pytest.mark.parametrize(
    "data",
    [
        OBJECTS,
        b"[" * (MAX_VALUES + LARGE),
        b"1," * (MAX_MEMBERS + 1),
        b'"a":1 ' * (MAX_MEMBERS + 1),
        b"data: a\n" * (MAX_MEMBERS + 1),
        b'{"logprob":[' + b"{}," * 4 * MAX_VALUES,
    ],
)
def test_many_small_values_are_refused(data: bytes) -> None:
    """They would take many times the memory of their bytes."""
    with pytest.raises(TooManyValues):
        check_values(data)


@pytest.mark.parametrize(
    "data",
    [
        b"{" * LARGE,
        b"x" * 10 * LARGE,
        b'{"token":"a","logprob":-0.1,"bytes":[97]},' * 90_000,
    ],
)
def test_pictures_and_log_probabilities_are_affordable(data: bytes) -> None:
    """A small piece is not looked at, a large text has no brackets, log probabilities are known."""
    check_values(data)


def test_events_lines_and_objects_are_checked_before_they_are_decoded() -> None:
    """Whatever the framing, and also at the end of the body."""
    event = b"data: " + OBJECTS
    sse = SseDecoder()
    sse.feed(event)
    with pytest.raises(SseError, match="at once"):
        sse.feed(b"\n\n")
    sse.feed(event)
    with pytest.raises(SseError, match="at once"):
        sse.close()
    lines = NdjsonDecoder()
    lines.feed(OBJECTS)
    with pytest.raises(NdjsonError, match="at once"):
        lines.feed(b"\n")
    lines.feed(OBJECTS)
    with pytest.raises(NdjsonError, match="at once"):
        lines.close()
    with pytest.raises(NdjsonError, match="at once"):
        JsonSplitter().feed(OBJECTS)
