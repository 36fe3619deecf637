"""Amounts of money."""

from decimal import Decimal

import pytest

from aircher_cli.render.money import format_usd


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (None, "?"),
        ("0", "$0"),
        ("0.00", "$0"),
        ("0.0000000004", "under $0.000001"),
        ("0.000012345", "$0.000012"),
        ("0.0042", "$0.0042"),
        ("0.004", "$0.004"),
        ("0.00999", "$0.010"),
        ("0.0999", "$0.10"),
        ("0.999", "$1.00"),
        ("12.3", "$12.30"),
        ("1234.567", "$1,234.57"),
        ("1E+3", "$1,000.00"),
    ],
)
def test_money(amount: str | None, expected: str) -> None:
    """Amounts have two significant digits, or whole cents; unknown is `?`, not zero."""
    assert expected == format_usd(None if amount is None else Decimal(amount))
