"""Money goes in and out of whole nano-USD without being changed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.nano_usd import describe_usd, to_nano, usd_text


@pytest.mark.parametrize(
    ("amount", "nano"),
    [
        ("5", 5_000_000_000),
        ("0.000000001", 1),
        ("1e-9", 1),
        (Decimal("0.075"), 75_000_000),
        ("0", 0),
        ("0.0000000004", 0),
        ("0.0000000006", 1),
        ("0.0000000025", 2),
        ("0." + "3" * 100, 333_333_333),
    ],
)
def test_an_amount_is_the_nearest_whole_number_of_nano_usd(amount, nano):
    """However many digits it has; halves go to the even one, so that they do not add up."""
    assert to_nano(amount) == nano


@pytest.mark.parametrize(
    "rubbish", ["", "five", "NaN", "sNaN", "Infinity", "-0.01", "1e10", "1e999999", "1,5"]
)
def test_what_is_no_amount_is_refused(rubbish):
    """A provider may send anything as its cost."""
    with pytest.raises(ValueError, match="an amount in USD is a number from 0"):
        to_nano(rubbish)


@given(st.integers(0, 10**18))
def test_nothing_is_lost_on_the_way_out_and_in(nano):
    """As a number and as text."""
    assert to_nano(usd_text(nano)) == nano


@pytest.mark.parametrize(
    ("nano", "text", "words"),
    [
        (0, "0", "0.00 USD"),
        (5_000_000_000, "5", "5.00 USD"),
        (4_500_000_000, "4.5", "4.50 USD"),
        (15_000, "0.000015", "0.000015 USD"),
        (1_234_567_000_000_000, "1234567", "1,234,567.00 USD"),
        (100_000_000_001, "100.000000001", "100.000000001 USD"),
    ],
)
def test_programs_get_plain_digits_and_people_cents(nano, text, words):
    """No exponent anywhere."""
    assert (usd_text(nano), describe_usd(nano)) == (text, words)
