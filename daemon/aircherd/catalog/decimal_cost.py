"""The exact cost of a call. Pure functions.

Prices are decimals in USD per million tokens. No step rounds, so a day's total is exactly the sum
of the reported costs.
"""

from decimal import Context, Decimal, DecimalException, Inexact

from aircherd.vocabulary.models import Prices, Rates
from aircherd.vocabulary.reply import Usage

MAX_PRICE = Decimal(1_000_000)
"""USD per million tokens. Anything above a dollar a token is treated as bad data."""
MAX_DECIMALS = 30

# Counts have at most 16 digits and prices far fewer than 100, so nothing is ever rounded.
_EXACT = Context(prec=200, Emin=-10_000, Emax=10_000, traps=[Inexact])
_PER_MILLION = -6


def is_price(price: Decimal) -> bool:
    """Tell whether `price` is a plausible price in USD per million tokens."""
    exponent = price.as_tuple().exponent
    if not isinstance(exponent, int):  # infinity or NaN
        return False
    return -MAX_DECIMALS <= exponent <= MAX_DECIMALS and 0 <= price <= MAX_PRICE


def cost(prices: Prices | None, usage: Usage | None) -> Decimal | None:
    """Return the cost of a call in USD, None if the prices or the usage are unknown or invalid.

    Cached and cache-write tokens are part of the input, and those written for an hour part of the
    latter; counts above what they are part of are capped to it.
    """
    if prices is None or usage is None:
        return None
    rates = rates_for(prices, usage.input_tokens)
    cached = min(usage.cached_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - cached)
    for_hour = min(usage.cache_write_1h_tokens, written)
    uncached = usage.input_tokens - cached - written
    parts = (
        (uncached, rates.input),
        (cached, rates.input if rates.cached is None else rates.cached),
        (written - for_hour, rates.input if rates.cache_write is None else rates.cache_write),
        (for_hour, rates.for_hour if for_hour else rates.input),
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
    """Return the rates of the highest tier that `input_tokens` exceeds."""
    for tier in reversed(prices.tiers):
        if input_tokens > tier.above:
            return tier.rates
    return prices.rates


def decimal_text(amount: Decimal) -> str:
    """Format an amount for the wire: digits and a point, no exponent, no trailing zeros."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
