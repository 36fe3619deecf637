"""The cost of calls: examples that can be checked by hand, and properties of all of them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.catalog.decimal_cost import cost, decimal_text, is_price
from aircherd.vocabulary.models import Prices, Rates, Tier
from aircherd.vocabulary.reply import Usage

PLAIN = Prices(rates=Rates(input=Decimal(3), output=Decimal(15)))
FULL = Prices(
    rates=Rates(
        input=Decimal(3), output=Decimal(15), cached=Decimal("0.3"), cache_write=Decimal("3.75")
    ),
    tiers=(
        Tier(
            above=200_000,
            rates=Rates(input=Decimal(6), output=Decimal("22.5"), cached=Decimal("0.6")),
        ),
    ),
)


@pytest.mark.parametrize(
    ("prices", "usage", "expected"),
    [
        (PLAIN, Usage(1_000_000, 0), "3"),
        (PLAIN, Usage(0, 1), "0.000015"),
        (PLAIN, Usage(), "0"),
        (PLAIN, Usage(1000, 100, cached_tokens=1000), "0.0045"),  # no cached rate: the input rate
        (FULL, Usage(1000, 100, cached_tokens=600, cache_write_tokens=300), "0.003105"),
        (FULL, Usage(200_000, 0), "0.6"),
        (FULL, Usage(200_001, 0), "1.200006"),  # all of its tokens, not those above
        (FULL, Usage(300_000, 10, cached_tokens=300_000), "0.180225"),
        (FULL, Usage(300_000, 0, cache_write_tokens=100_000), "1.8"),
        (Prices(rates=Rates(input=Decimal(0), output=Decimal(0))), Usage(5, 5), "0"),
    ],
)
def test_each_kind_of_token_has_its_rate(prices, usage, expected):
    """Input, output, cached and cache-write tokens each have a rate; a tier covers all tokens."""
    assert decimal_text(cost(prices, usage)) == expected


WRITTEN = Usage(100, 0, cache_write_tokens=60, cache_write_1h_tokens=40)


@pytest.mark.parametrize(
    ("write", "for_hour", "expected"),
    [
        (None, None, "0.0003"),  # as input
        ("3.75", None, "0.000435"),  # Anthropic: twice the input
        ("4", None, "0.00036"),  # another vendor: as any writing
        ("3.75", "5", "0.000395"),
        (None, "5", "0.00038"),
    ],
)
def test_what_is_cached_for_an_hour_has_its_own_rate(write, for_hour, expected):
    """If that is unknown, Anthropic's is twice the input, and others bill as for any writing."""
    rates = Rates(
        input=Decimal(3),
        output=Decimal(15),
        cache_write=write and Decimal(write),
        cache_write_1h=for_hour and Decimal(for_hour),
    )
    assert decimal_text(cost(Prices(rates=rates), WRITTEN)) == expected


def test_tokens_cached_for_an_hour_are_capped_at_those_written():
    """A higher count changes nothing."""
    usage = Usage(100, 0, cache_write_tokens=60, cache_write_1h_tokens=61)
    assert cost(FULL, usage) == cost(FULL, Usage(100, 0, 0, 60, 0, 60))


def test_reasoning_is_not_charged_twice():
    """The output count includes it."""
    assert cost(PLAIN, Usage(0, 10, reasoning_tokens=10)) == cost(PLAIN, Usage(0, 10))


@pytest.mark.parametrize(("prices", "usage"), [(None, Usage(1, 1)), (PLAIN, None), (None, None)])
def test_unknown_prices_or_usage_give_no_cost(prices, usage):
    """The cost is None, never 0."""
    assert cost(prices, usage) is None


def test_nothing_is_ever_rounded():
    """With the largest counts and the longest prices, the sum has every digit."""
    rate = Decimal("0.123456789012")
    most = 2**53 - 1
    got = cost(Prices(rates=Rates(input=rate, output=rate)), Usage(most, most))
    exact = most * 2 * 123456789012
    assert decimal_text(got) == f"{exact // 10**18}.{exact % 10**18:018d}"


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("1E+1", "10"), ("0E-6", "0"), ("1.500", "1.5"), ("100", "100"), ("1E-7", "0.0000001")],
)
def test_an_amount_is_digits_and_a_point(amount, expected):
    """There is no exponent and no trailing zero."""
    assert decimal_text(Decimal(amount)) == expected


counts = st.integers(0, 2**53 - 1)
rates = st.decimals(0, 1000, places=6)
some_rates = st.builds(Rates, input=rates, output=rates, cached=rates, cache_write=rates)
prices = st.builds(Prices, rates=some_rates)


@given(prices, counts, counts, counts, counts)
def test_no_cost_is_negative(prices, inputs, outputs, cached, written):
    """Not even if a provider counts more cached tokens than input tokens."""
    assert cost(prices, Usage(inputs, outputs, cached, written)) >= 0


@given(prices, counts, counts, counts)
def test_more_output_never_costs_less(prices, inputs, outputs, more):
    """The cost is monotone in the output."""
    less = cost(prices, Usage(inputs, outputs))
    assert cost(prices, Usage(inputs, outputs + more)) >= less


@given(prices, counts, counts, counts)
def test_more_uncached_input_never_costs_less(prices, inputs, cached, more):
    """The cost is monotone in the input at a fixed number of cached tokens."""
    cached = min(cached, inputs)
    less = cost(prices, Usage(inputs, 0, cached))
    assert cost(prices, Usage(inputs + more, 0, cached)) >= less


@given(prices, counts, counts, counts)
def test_cached_tokens_are_capped_at_the_input(prices, inputs, beyond, written):
    """A higher count changes nothing."""
    all_cached = cost(prices, Usage(inputs, 0, inputs))
    assert cost(prices, Usage(inputs, 0, inputs + beyond, written)) == all_cached


@pytest.mark.parametrize(
    "text", ["1e400", "1e9000", "1e-9999", "1e100", "-1", "nan", "inf", "0." + "1" * 250, "1000001"]
)
def test_an_invalid_price_is_no_price_and_raises_nothing(text):
    """External data may contain it; the cost is then unknown or at least a finite number."""
    price = Decimal(text)
    assert not is_price(price)
    total = cost(Prices(rates=Rates(input=price, output=price)), Usage(2**53 - 1, 2**53 - 1))
    assert total is None or (total.is_finite() and total >= 0)


@pytest.mark.parametrize("text", ["0", "3", "0.000001", "2.5", "1000000", "1E+3"])
def test_a_valid_price_is_a_price(text):
    """Zero to a dollar a token is valid."""
    assert is_price(Decimal(text))
