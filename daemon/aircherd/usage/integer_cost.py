"""A model's prices as integers: exact costs without decimal arithmetic.

Prices are USD per million tokens with a few decimals. Multiplied by a sufficient power of ten they
are integers, and so is every cost. `catalog.cost` computes the same with decimals.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from aircherd.usage.nano_usd import DECIMALS, MAX_USD
from aircherd.vocabulary.models import Prices, Rates
from aircherd.vocabulary.reply import Usage

MAX_DECIMALS = 30
"""Prices with more decimals are left to `catalog.cost`."""
_PER_MILLION = 6


class _Tier(NamedTuple):
    """Rates of a call whose input has more tokens than `above`, in units per token."""

    above: int
    input: int
    output: int
    cached: int
    cache_write: int
    cache_write_1h: int


class TokenPrices:
    """The prices of one model. Amounts are in units of 10**-`decimals` USD."""

    __slots__ = ("_divisor", "_factor", "_max_units", "_one", "_tiers", "decimals")

    def __init__(self, prices: Prices, decimals: int) -> None:
        self.decimals = decimals
        scale = decimals - _PER_MILLION
        tiers = [_tier(tier.above, tier.rates, scale) for tier in reversed(prices.tiers)]
        self._tiers = (*tiers, _tier(-1, prices.rates, scale))
        self._one: int = 10**decimals
        self._max_units = MAX_USD * self._one
        self._factor: int = 10 ** max(DECIMALS - decimals, 0)
        self._divisor: int = 10 ** max(decimals - DECIMALS, 0)

    def cost(self, usage: Usage) -> int | None:
        """Return the cost of a call in units; None if it or a count is negative.

        Cached and written tokens count only up to the input they are part of, and those written
        for an hour up to those written.
        """
        total = usage.input_tokens
        tier = self._tier_for(total)
        cost = usage.output_tokens * tier.output
        cached, written = usage.cached_tokens, usage.cache_write_tokens
        if cached or written:
            cached = min(cached, total)
            written = min(written, total - cached)
            cost += cached * tier.cached + written * tier.cache_write
            if usage.cache_write_1h_tokens:
                for_hour = min(usage.cache_write_1h_tokens, written)
                cost += for_hour * (tier.cache_write_1h - tier.cache_write)
            total -= cached + written
        cost += total * tier.input
        return cost if cost >= 0 and total >= 0 else None

    def nano(self, units: int) -> int | None:
        """Return units in nano-USD, rounded half to even; None if they exceed `MAX_USD`."""
        if units > self._max_units:
            return None
        if self._divisor == 1:
            return units * self._factor
        return _rounded(units, self._divisor)

    def estimate(self, input_tokens: int, output_tokens: int) -> int | None:
        """Return the cost in nano-USD without caching; None if it is negative or too large."""
        tier = self._tier_for(input_tokens)
        units = input_tokens * tier.input + output_tokens * tier.output
        return self.nano(units) if units >= 0 else None

    def text(self, units: int) -> str:
        """Return units in USD as in the protocol: digits and a point, no trailing zeros."""
        whole, rest = divmod(units, self._one)
        return f"{whole}.{rest:0{self.decimals}d}".rstrip("0") if rest else str(whole)

    def _tier_for(self, input_tokens: int) -> _Tier:
        tiers = self._tiers
        if len(tiers) > 1:
            for tier in tiers[:-1]:
                if input_tokens > tier.above:
                    return tier
        return tiers[-1]

    def __repr__(self) -> str:
        return f"<TokenPrices with {self.decimals} decimals>"


def token_prices(prices: Prices) -> TokenPrices | None:
    """Return prices as integers, None if they have too many digits or are not finite."""
    decimals = 0
    for rate in _rates(prices):
        exponent = rate.as_tuple().exponent
        if not isinstance(exponent, int) or abs(exponent) > MAX_DECIMALS:
            return None
        decimals = max(decimals, -exponent)
    return TokenPrices(prices, decimals + _PER_MILLION)


def _rates(prices: Prices) -> Iterator[Decimal]:
    for rates in (prices.rates, *(tier.rates for tier in prices.tiers)):
        yield from (rates.input, rates.output)
        more = (rates.cached, rates.cache_write, rates.cache_write_1h)
        yield from (rate for rate in more if rate is not None)


def _tier(above: int, rates: Rates, scale: int) -> _Tier:
    one: int = 10**scale

    def whole(rate: Decimal | None) -> int:
        numerator, denominator = (rates.input if rate is None else rate).as_integer_ratio()
        return numerator * one // denominator

    return _Tier(
        above,
        whole(rates.input),
        whole(rates.output),
        whole(rates.cached),
        whole(rates.cache_write),
        whole(rates.for_hour),
    )


def _rounded(units: int, divisor: int) -> int:
    """Return the quotient rounded half to even."""
    whole, rest = divmod(units, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and whole % 2):
        whole += 1
    return whole
