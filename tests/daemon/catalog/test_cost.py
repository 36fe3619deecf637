"""What calls cost: examples that a person can add up, and what holds for all of them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.catalog.cost import cost, is_price, plain
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
    ("prices", "usage", "said"),
    [
        (PLAIN, Usage(1_000_000, 0), "3"),
        (PLAIN, Usage(0, 1), "0.000015"),
        (PLAIN, Usage(), "0"),
        (PLAIN, Usage(1000, 100, cached_tokens=1000), "0.0045"),  # cached costs like any other
        (FULL, Usage(1000, 100, cached_tokens=600, cache_write_tokens=300), "0.003105"),
        (FULL, Usage(200_000, 0), "0.6"),
        (FULL, Usage(200_001, 0), "1.200006"),  # all of its tokens, not those above
        (FULL, Usage(300_000, 10, cached_tokens=300_000), "0.180225"),
        (FULL, Usage(300_000, 0, cache_write_tokens=100_000), "1.8"),
        (Prices(rates=Rates(input=Decimal(0), output=Decimal(0))), Usage(5, 5), "0"),
    ],
)
def test_a_call_costs_what_its_tokens_cost(prices, usage, said):
    """Input, output, cached and written to the cache, each by its rate; tiers for all of a call."""
    assert plain(cost(prices, usage)) == said


def test_reasoning_is_output_and_not_paid_twice():
    """Output includes it."""
    assert cost(PLAIN, Usage(0, 10, reasoning_tokens=10)) == cost(PLAIN, Usage(0, 10))


@pytest.mark.parametrize(("prices", "usage"), [(None, Usage(1, 1)), (PLAIN, None), (None, None)])
def test_what_is_unknown_costs_nobody_knows_what(prices, usage):
    """None, never 0."""
    assert cost(prices, usage) is None


def test_nothing_is_ever_rounded():
    """The largest counts with the longest prices: the sum has every digit."""
    rate = Decimal("0.123456789012")
    most = 2**53 - 1
    got = cost(Prices(rates=Rates(input=rate, output=rate)), Usage(most, most))
    exact = most * 2 * 123456789012
    assert plain(got) == f"{exact // 10**18}.{exact % 10**18:018d}"


@pytest.mark.parametrize(
    ("amount", "said"),
    [("1E+1", "10"), ("0E-6", "0"), ("1.500", "1.5"), ("100", "100"), ("1E-7", "0.0000001")],
)
def test_an_amount_is_digits_and_a_point(amount, said):
    """No exponent, and no zeros that say nothing."""
    assert plain(Decimal(amount)) == said


counts = st.integers(0, 2**53 - 1)
rates = st.decimals(0, 1000, places=6)
some_rates = st.builds(Rates, input=rates, output=rates, cached=rates, cache_write=rates)
prices = st.builds(Prices, rates=some_rates)


@given(prices, counts, counts, counts, counts)
def test_no_call_pays_anybody_back(prices, given_, made, cached, written):
    """Whatever a provider counts, even more cached tokens than there were: never below 0."""
    assert cost(prices, Usage(given_, made, cached, written)) >= 0


@given(prices, counts, counts, counts)
def test_more_output_never_costs_less(prices, given_, made, more):
    """Monotone in what is made."""
    less = cost(prices, Usage(given_, made))
    assert cost(prices, Usage(given_, made + more)) >= less


@given(prices, counts, counts, counts)
def test_more_plain_input_never_costs_less(prices, given_, cached, more):
    """Monotone in what is given, with as much of it cached as before."""
    cached = min(cached, given_)
    less = cost(prices, Usage(given_, 0, cached))
    assert cost(prices, Usage(given_ + more, 0, cached)) >= less


@given(prices, counts, counts, counts)
def test_what_is_cached_beyond_the_input_changes_nothing(prices, given_, beyond, written):
    """A part is at most the whole."""
    all_cached = cost(prices, Usage(given_, 0, given_))
    assert cost(prices, Usage(given_, 0, given_ + beyond, written)) == all_cached


@pytest.mark.parametrize(
    "text", ["1e400", "1e9000", "1e-9999", "1e100", "-1", "nan", "inf", "0." + "1" * 250, "1000001"]
)
def test_what_is_no_price(text):
    """Others' data holds anything; a call there has no known cost, and is made all the same."""
    price = Decimal(text)
    assert not is_price(price)
    told = cost(Prices(rates=Rates(input=price, output=price)), Usage(2**53 - 1, 2**53 - 1))
    assert told is None or (told.is_finite() and told >= 0)


@pytest.mark.parametrize("text", ["0", "3", "0.000001", "2.5", "1000000", "1E+3"])
def test_what_is_a_price(text):
    """From nothing to a dollar a token."""
    assert is_price(Decimal(text))
