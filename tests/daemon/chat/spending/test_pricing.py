"""Costs by the catalog and by providers' reports."""

from decimal import Decimal

import pytest

from aircherd.chat.spending import pricing
from aircherd.chat.spending.pricing import Pricing, reported_cost
from aircherd.vocabulary.models import Prices, Rates
from aircherd.vocabulary.reply import Usage

PRICES = Prices(rates=Rates(input=Decimal(1), output=Decimal(2)))
MILLION = Usage(1_000_000, 500_000)


@pytest.mark.parametrize(
    ("kind", "prices", "reported", "expected"),
    [
        ("openrouter", PRICES, "0.5", ("0.5", "provider")),
        ("openai", PRICES, "0.5", ("2", "catalog")),
        ("openai", PRICES, "6", ("6", "provider")),
        ("openai", None, "0.5", ("0.5", "provider")),
        ("openai", PRICES, "nan", ("2", "catalog")),
        ("openai", PRICES, "9" * 40, ("2", "catalog")),
    ],
)
def test_the_higher_cost_counts(kind, prices, reported, expected):
    """Unless it is OpenRouter's, which bills what it reports."""
    cost, source = Pricing().cost_of(kind, prices, reported, MILLION)
    assert (cost and cost.usd, source) == expected


@pytest.mark.parametrize("text", ["", "free", "nan", "inf", "-1", "1e400", "9" * 40])
def test_an_invalid_reported_cost_is_ignored(text):
    """Providers may send anything."""
    assert reported_cost(text) is None


def test_the_cache_of_prices_is_bounded(monkeypatch):
    """It is cleared, and computes the same again."""
    monkeypatch.setattr(pricing, "MAX_PRICES", 2)
    costs = Pricing()
    kept = [Prices(rates=Rates(input=Decimal(n), output=Decimal(0))) for n in range(5)]
    assert [costs.estimated_cost(each, 1000, 0) for each in kept] == [n * 10**6 for n in range(5)]
    assert repr(costs) == "<Pricing of 1 models>"
    assert costs.estimated_cost(None, 1, 1) is None
