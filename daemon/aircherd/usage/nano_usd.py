"""Money: integers of nano-USD internally, decimal text of USD externally. Pure.

A nano-USD is 1e-9 USD: the price of one token at 0.001 USD per million. Sums of integers are exact,
and SQLite can compute them.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

DECIMALS = 9
NANO = 10**DECIMALS
MAX_USD = 1_000_000_000
"""Larger single amounts are invalid. Nine such amounts fit into 64 bits."""

# Wide enough that nothing is rounded before the last step.
_CONTEXT = Context(prec=300, Emin=-10_000, Emax=10_000, rounding=ROUND_HALF_EVEN)


def to_nano(amount: Decimal | str) -> int:
    """Return an amount of USD in nano-USD, rounded half to even.

    Raises:
        ValueError: it is not an amount from 0 to `MAX_USD`.
    """
    try:
        usd = Decimal(amount)
    except InvalidOperation:
        usd = Decimal("NaN")
    # In this order: a comparison with NaN would raise.
    if not usd.is_finite() or not 0 <= usd <= MAX_USD:
        raise ValueError(f"an amount in USD is a number from 0 to {MAX_USD}")
    return int(usd.scaleb(DECIMALS, _CONTEXT).to_integral_value(context=_CONTEXT))


def usd_text(nano: int) -> str:
    """Return USD as in the protocol: digits and a point, no exponent, no trailing zeros."""
    whole, rest = divmod(nano, NANO)
    return f"{whole}.{rest:09d}".rstrip("0") if rest else str(whole)


def describe_usd(nano: int) -> str:
    """Return USD for people, like "1,000.50 USD": with cents, and more decimals if needed."""
    whole, _, decimals = usd_text(nano).partition(".")
    return f"{int(whole):,}.{decimals:0<2} USD"
