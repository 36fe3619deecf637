"""Limits of tokens as they are typed."""

import pytest

from aircher_cli.commands.token.amounts import describe_limit, read_limits
from aircher_cli.exit_codes import UsageError


@pytest.mark.parametrize(
    ("amount", "typed", "expected"),
    [
        ("usd", "5/day", {"per": "day", "usd": "5"}),
        ("usd", "$0.50/hour", {"per": "hour", "usd": "0.50"}),
        ("requests", "100/hour", {"per": "hour", "requests": 100}),
        ("tokens", "1M/day", {"per": "day", "tokens": 1_000_000}),
        ("tokens", "200k/month", {"per": "month", "tokens": 200_000}),
        ("requests", "0/minute", {"per": "minute", "requests": 0}),
    ],
)
def test_a_limit_is_an_amount_for_a_period(amount, typed, expected):
    """As the daemon wants it; money stays a text."""
    assert read_limits({amount: [typed]}) == [expected]


@pytest.mark.parametrize(
    ("amount", "typed"),
    [
        ("usd", "5"),
        ("usd", "5/week"),
        ("usd", "-5/day"),
        ("usd", "5k/day"),
        ("requests", "1.5/day"),
        ("tokens", "/day"),
        ("tokens", "1m/day"),
        ("requests", "\u0661/day"),
    ],
)
def test_anything_else_is_refused_with_an_example(amount, typed):
    """The message says how to write it."""
    with pytest.raises(UsageError, match=f"--{amount}: must be like .*/"):
        read_limits({amount: [typed]})


def test_one_limit_for_a_period():
    """Only the user knows which of two was meant; other periods are other limits."""
    assert len(read_limits({"usd": ["5/day", "50/month"]})) == 2
    with pytest.raises(UsageError, match="two for one period"):
        read_limits({"usd": ["5/day", "6/day"]})


def test_limits_in_words():
    """Short, for a list."""
    assert describe_limit({"per": "day", "usd": "5"}) == "$5/day"
    assert describe_limit({"per": "hour", "tokens": 200_000}) == "200,000 tokens/hour"
    assert describe_limit({"per": "day", "requests": 1}) == "1 request/day"
    assert describe_limit({"per": "day", "requests": 0}) == "0 requests/day"
