"""Token counts of the Anthropic Messages API."""

import msgspec
import pytest

from aircherd.providers.anthropic.usage import (
    MAX_FIELD,
    MAX_ITERATIONS,
    AnthropicUsage,
    read_usage,
)
from aircherd.vocabulary.reply import Usage


def usage(**counts: object) -> AnthropicUsage:
    return msgspec.json.decode(msgspec.json.encode(counts), type=AnthropicUsage)


def test_input_is_the_sum() -> None:
    """Tokens read from and written to the cache are input too; thinking is output."""
    counts = usage(
        input_tokens=10,
        cache_creation_input_tokens=3,
        cache_read_input_tokens=20,
        output_tokens=15,
        output_tokens_details={"thinking_tokens": 4},
    )
    assert Usage(33, 15, 20, 3, 4) == read_usage(counts)


def test_usage_as_text() -> None:
    """Counts are read from JSON of any type; one that is no count makes all of them unknown."""
    odd = usage(input_tokens="5", output_tokens=None, output_tokens_details="x", x=1)
    assert Usage(5) == read_usage(odd)
    for name in ("input_tokens", "cache_creation_input_tokens", "output_tokens"):
        assert read_usage(usage(**{"cache_read_input_tokens": 1, name: []})) is None


def test_update() -> None:
    """Later counts replace earlier ones; missing, null and huge ones do not."""
    counts = usage(input_tokens=1, output_tokens=2, cache_read_input_tokens=3)
    counts.update(usage(input_tokens=None, output_tokens=5))
    assert Usage(4, 5, 3) == read_usage(counts)
    counts.update(usage(cache_read_input_tokens="9" * MAX_FIELD))
    assert read_usage(counts) is None


def test_a_later_zero_replaces_nothing() -> None:
    """Some servers end with zeros."""
    counts = usage(input_tokens=4, output_tokens=5)
    counts.update(usage(input_tokens=0, output_tokens=0, cache_read_input_tokens=0))
    assert Usage(4, 5) == read_usage(counts)


FOR_MINUTES_AND_HOUR = {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3}


@pytest.mark.parametrize(
    ("written", "creation", "expected"),
    [
        (5, FOR_MINUTES_AND_HOUR, Usage(6, 1, 0, 5, 0, 3)),
        (None, FOR_MINUTES_AND_HOUR, Usage(6, 1, 0, 5, 0, 3)),
        (5, {"ephemeral_1h_input_tokens": 9}, Usage(6, 1, 0, 5, 0, 5)),
        (None, 5, Usage(1, 1)),
    ],
)
def test_what_is_written_for_an_hour_is_counted_apart(
    written: object, creation: object, expected: Usage
) -> None:
    """It is part of what is written."""
    counts = usage(
        input_tokens=1,
        output_tokens=1,
        cache_creation_input_tokens=written,
        cache_creation=creation,
    )
    assert expected == read_usage(counts)


def iteration(kind: str, *counts: int) -> dict[str, object]:
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens")
    return {"type": kind, **dict(zip(names, counts, strict=False))}


@pytest.mark.parametrize(
    ("iterations", "expected"),
    [
        # the counts beside are those of the last pass, or lack the compaction
        ([iteration("compaction", 900, 50), iteration("message", 100, 20)], Usage(1000, 70)),
        ([iteration("message", 100, 20), iteration("message", 150, 30, 7)], Usage(257, 50, 7)),
        # they are the sum already
        ([iteration("message", 60, 10), iteration("message", 40, 10)], Usage(100, 20)),
        ([iteration("message", 1, 1)], Usage(100, 20)),
        # nothing usable
        ([], Usage(100, 20)),
        ([{}], Usage(100, 20)),
        ({}, Usage(100, 20)),
        ([iteration("message", 2**53 - 1, 2**53 - 1)] * 2, Usage(2**53 - 1, 2**53 - 1)),
    ],
)
def test_every_pass_of_a_model_is_counted(iterations: object, expected: Usage) -> None:
    """All are billed; counts that are higher than the sum stay."""
    counts = AnthropicUsage()
    counts.update(usage(input_tokens=100, output_tokens=20, iterations=iterations))
    assert expected == read_usage(counts)


def test_too_many_passes_are_not_kept() -> None:
    """Then the counts beside are all that is known."""
    counts = AnthropicUsage()
    many = [iteration("message", 1, 1)] * MAX_ITERATIONS
    counts.update(usage(input_tokens=100, output_tokens=20, iterations=many))
    assert Usage(100, 20) == read_usage(counts)
