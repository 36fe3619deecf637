"""Money as whole nano-USD inside and as decimal text outside: pure.

A nano-USD is 1e-9 USD: one token at 0.001 USD per million. Sums of whole numbers are exact, and
SQLite can make them.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

DECIMALS = 9
NANO = 10**DECIMALS
MAX_USD = 1_000_000_000
"""More for one thing is rubbish; and nine such amounts still fit into 64 bits."""

# Wide enough that only the step to whole numbers rounds.
_CONTEXT = Context(prec=300, Emin=-10_000, Emax=10_000, rounding=ROUND_HALF_EVEN)


def nano_of(amount: Decimal | str) -> int:
    """Return an amount of USD in nano-USD, the nearest whole one.

    Raises:
        ValueError: it is no amount from 0 to `MAX_USD`.
    """
    try:
        usd = Decimal(amount)
    except InvalidOperation:
        usd = Decimal("NaN")
    # In this order: a comparison with NaN would raise.
    if not usd.is_finite() or not 0 <= usd <= MAX_USD:
        raise ValueError(f"an amount in USD is a number from 0 to {MAX_USD}")
    return int(usd.scaleb(DECIMALS, _CONTEXT).to_integral_value(context=_CONTEXT))


def usd_of(nano: int) -> Decimal:
    """Return nano-USD as an exact amount of USD."""
    return Decimal(nano).scaleb(-DECIMALS, _CONTEXT)


def usd_text(nano: int) -> str:
    """Return nano-USD as the wire has USD: digits and a point, no exponent, no idle zeros."""
    whole, rest = divmod(nano, NANO)
    return f"{whole}.{rest:09d}".rstrip("0") if rest else str(whole)


def usd_words(nano: int) -> str:
    """Return nano-USD as people read USD: with cents, and what is below them if there is any."""
    whole, _, decimals = usd_text(nano).partition(".")
    return f"{int(whole):,}.{decimals:0<2} USD"
