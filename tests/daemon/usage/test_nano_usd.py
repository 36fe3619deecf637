"""Money converts to and from nano-USD without loss."""

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
def test_amounts_are_rounded_half_to_even(amount, nano):
    """So that rounding errors do not add up."""
    assert to_nano(amount) == nano


@pytest.mark.parametrize(
    "text", ["", "five", "NaN", "sNaN", "Infinity", "-0.01", "1e10", "1e999999", "1,5"]
)
def test_invalid_amounts_are_refused(text):
    """A provider may send anything as its cost."""
    with pytest.raises(ValueError, match="an amount in USD is a number from 0"):
        to_nano(text)


@given(st.integers(0, 10**18))
def test_text_and_nano_usd_convert_without_loss(nano):
    """In both directions."""
    assert to_nano(usd_text(nano)) == nano


@pytest.mark.parametrize(
    ("nano", "text", "description"),
    [
        (0, "0", "0.00 USD"),
        (5_000_000_000, "5", "5.00 USD"),
        (4_500_000_000, "4.5", "4.50 USD"),
        (15_000, "0.000015", "0.000015 USD"),
        (1_234_567_000_000_000, "1234567", "1,234,567.00 USD"),
        (100_000_000_001, "100.000000001", "100.000000001 USD"),
    ],
)
def test_programs_get_plain_digits_and_people_get_cents(nano, text, description):
    """Neither has an exponent."""
    assert (usd_text(nano), describe_usd(nano)) == (text, description)
