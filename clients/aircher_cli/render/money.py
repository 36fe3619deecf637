"""Formats amounts of money with few digits."""

from decimal import Context, Decimal

from aircher_cli.render.models.table import UNKNOWN

CENT = Decimal("0.01")
DIME = Decimal("0.1")

_TWO_DIGITS = Context(prec=2)

MIN_SHOWN = Decimal("0.000001")
"""USD; smaller amounts are shown as less than this."""


def format_usd(amount: Decimal | None) -> str:
    """Return an amount in USD: $12.30, $0.0042, $0; below ten cents with two significant digits.

    An unknown amount is `?`.
    """
    if amount is None:
        return UNKNOWN
    if amount == 0:
        return "$0"
    if amount < MIN_SHOWN:
        return f"under ${MIN_SHOWN:f}"
    short = _TWO_DIGITS.plus(amount)
    return f"${short:f}" if short < DIME else f"${amount.quantize(CENT):,f}"
