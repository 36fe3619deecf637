"""Limits as text."""

import pytest

from aircherd.config.model import LimitScope
from aircherd.usage.limits.descriptions import describe_limit, describe_rounded


@pytest.mark.parametrize(
    ("scope", "per", "amount", "most", "words"),
    [
        (LimitScope(), "minute", "requests", 20, "everything: 20 requests a minute"),
        (LimitScope(), "hour", "requests", 1, "everything: 1 request an hour"),
        (LimitScope("anthropic"), "day", "usd", 5 * 10**9, "anthropic: 5.00 USD a day"),
        (
            LimitScope("anthropic", "work", "claude-x", "nvim"),
            "month",
            "tokens",
            1_000_000,
            "anthropic/claude-x, key work, client nvim: 1,000,000 tokens a month",
        ),
        (LimitScope(key="work"), "day", "usd", 0, "key work: 0.00 USD a day"),
        (LimitScope(project="/a"), "day", "requests", 2, "project /a: 2 requests a day"),
        (LimitScope(client="nvim"), "day", "usd", 0, "client nvim: 0.00 USD a day"),
    ],
)
def test_describe_limit(scope, per, amount, most, words):
    """Its scope, maximum and period."""
    assert describe_limit(scope, per, amount, most) == words


@pytest.mark.parametrize(
    ("amount", "count", "words"),
    [
        ("usd", 4_982_345_678, "4.9823 USD"),
        ("usd", 4_999_990_000, "5.00 USD"),
        ("usd", 15_000, "0.000015 USD"),
        ("tokens", 12_345, "12,345 tokens"),
    ],
)
def test_describe_rounded_omits_insignificant_digits(amount, count, words):
    """Unless there are no others."""
    assert describe_rounded(amount, count) == words
