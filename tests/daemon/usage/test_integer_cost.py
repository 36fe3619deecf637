"""Costs in integers equal costs in decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.catalog.decimal_cost import cost, decimal_text
from aircherd.usage.integer_cost import token_prices
from aircherd.usage.nano_usd import MAX_USD, to_nano
from aircherd.vocabulary.models import Prices, Rates, Tier
from aircherd.vocabulary.reply import Usage

COUNTS = st.integers(0, 10**9) | st.integers(0, 2**53)
RATES = st.decimals(0, 1_000_000, allow_nan=False, places=4) | st.decimals(
    0, 1_000_000, allow_nan=False
)
RATE_SETS = st.builds(
    Rates,
    input=RATES,
    output=RATES,
    cached=st.none() | RATES,
    cache_write=st.none() | RATES,
    cache_write_1h=st.none() | RATES,
)
TIERS = st.lists(st.builds(Tier, above=st.integers(1, 10**6), rates=RATE_SETS), max_size=3).map(
    lambda tiers: tuple(sorted(tiers, key=lambda tier: tier.above))
)
PRICES = st.builds(Prices, rates=RATE_SETS, tiers=TIERS)
USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)


def nano_or_none(amount: Decimal) -> int | None:
    try:
        return to_nano(amount)
    except ValueError:
        return None


@given(PRICES, USAGES)
def test_a_cost_is_the_same_as_in_decimals(prices, usage):
    """To the last digit as text, and rounded the same way."""
    whole = token_prices(prices)
    if whole is None:
        return
    expected = cost(prices, usage)
    units = whole.cost(usage)
    assert whole.text(units) == decimal_text(expected)
    assert whole.nano(units) == nano_or_none(expected)


@given(PRICES, COUNTS, COUNTS)
def test_an_estimate_is_the_cost_without_caching(prices, input_tokens, output_tokens):
    """None beyond `MAX_USD`."""
    whole = token_prices(prices)
    if whole is not None:
        expected = cost(prices, Usage(input_tokens, output_tokens))
        assert whole.estimate(input_tokens, output_tokens) == nano_or_none(expected)


def prices_of(text: str) -> Prices:
    return Prices(rates=Rates(input=Decimal(text), output=Decimal(0)))


@pytest.mark.parametrize(
    ("price", "tokens", "usd", "nano"),
    [
        ("3", 1000, "0.003", 3_000_000),
        ("0", 1000, "0", 0),
        ("1E+3", 1, "0.001", 1_000_000),
        ("0.0375", 1, "0.0000000375", 38),  # half to even: 37.5
        ("0.0365", 1, "0.0000000365", 36),
        ("0.0005", 1, "0.0000000005", 0),
        ("0.00051", 1, "0.00000000051", 1),
        (str(MAX_USD), 1_000_000, "1000000000", MAX_USD * 10**9),
        (str(MAX_USD), 1_000_001, "1000001000", None),
    ],
)
def test_costs_as_text_and_as_nano_usd(price, tokens, usd, nano):
    """Halves are rounded to even."""
    whole = token_prices(prices_of(price))
    units = whole.cost(Usage(tokens))
    assert (whole.text(units), whole.nano(units)) == (usd, nano)


@pytest.mark.parametrize("price", ["NaN", "Infinity", "1E-31", "1E+31"])
def test_prices_with_too_many_digits_are_left_to_decimals(price):
    """Nothing is rounded silently."""
    assert token_prices(prices_of(price)) is None


def test_a_negative_cost_is_unknown():
    """Prices from outside may be invalid."""
    assert token_prices(prices_of("-1")).cost(Usage(1)) is None
    assert token_prices(prices_of("-1")).estimate(1, 0) is None


def test_repr_has_the_precision():
    """The amounts are in the catalog."""
    assert repr(token_prices(prices_of("0.25"))) == "<TokenPrices with 8 decimals>"


def test_a_negative_count_makes_the_cost_unknown():
    """Even where the output would cost more than that."""
    prices = Prices(rates=Rates(input=Decimal(1), output=Decimal(100)))
    assert token_prices(prices).cost(Usage(-1, 1000)) is None
