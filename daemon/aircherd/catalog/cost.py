"""What a call costs, exactly: pure.

Prices are USD per million tokens as decimals, and every step is exact: the sum of a day's calls is
the sum of what each was said to cost.
"""

from decimal import Context, Decimal, DecimalException, Inexact

from aircherd.vocabulary.models import Prices, Rates
from aircherd.vocabulary.reply import Usage

MOST = Decimal(1_000_000)
"""USD per million tokens, a dollar for each: more is no price."""
MAX_DECIMALS = 30

# Counts have at most 16 digits and prices far fewer than 100: nothing is ever rounded.
_EXACT = Context(prec=200, Emin=-10_000, Emax=10_000, traps=[Inexact])
_PER_MILLION = -6


def is_price(price: Decimal) -> bool:
    """Tell whether this can be a price in USD per million tokens; others' data holds anything."""
    exponent = price.as_tuple().exponent
    if not isinstance(exponent, int):  # an infinity, or no number
        return False
    return -MAX_DECIMALS <= exponent <= MAX_DECIMALS and 0 <= price <= MOST


def cost(prices: Prices | None, usage: Usage | None) -> Decimal | None:
    """Return what a call with this usage costs in USD; None where prices or usage are unknown.

    None, too, for prices that are none: what others' data holds ends no request.

    A count of cached or written tokens that is beyond the input it is a part of counts as far as
    the input goes.
    """
    if prices is None or usage is None:
        return None
    rates = rates_for(prices, usage.input_tokens)
    cached = min(usage.cached_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - cached)
    plain = usage.input_tokens - cached - written
    parts = (
        (plain, rates.input),
        (cached, rates.input if rates.cached is None else rates.cached),
        (written, rates.input if rates.cache_write is None else rates.cache_write),
        (usage.output_tokens, rates.output),
    )
    total = Decimal(0)
    try:
        for count, rate in parts:
            total = _EXACT.add(total, _EXACT.multiply(Decimal(count), rate))
        total = total.scaleb(_PER_MILLION, _EXACT)
    except DecimalException:
        return None
    return total if total.is_finite() and total >= 0 else None


def rates_for(prices: Prices, input_tokens: int) -> Rates:
    """Return the rates of a call with so much input: those of the highest tier it is above."""
    for tier in reversed(prices.tiers):
        if input_tokens > tier.above:
            return tier.rates
    return prices.rates


def plain(amount: Decimal) -> str:
    """Return an amount as the wire has it: digits and a point, no exponent, no idle zeros."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
