from decimal import Decimal

import pytest

from aircher_cli.picker.view.sane_values import amount, finite, moment


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (-1.5, -1.5),
        (float("inf"), None),
        (float("nan"), None),
        (1e300, None),
        ("3", None),
    ],
)
def test_numbers_are_finite(value, expected):
    """The rest counts as unknown."""
    assert finite(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(1.5, 1.5), (-1, None), (1e12, None), (None, None), ([], None)]
)
def test_times_can_be_shown(value, expected):
    """A time beyond the calendar of the C library counts as unknown."""
    assert moment(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1.50", Decimal("1.50")), (3, Decimal(3)), ("NaN", None), ("1e99", None), ({}, None)],
)
def test_amounts_can_be_shown(value, expected):
    """An amount that no one could spend counts as unknown."""
    assert amount(value) == expected
