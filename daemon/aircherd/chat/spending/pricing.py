"""The cost of a call: at the catalog's prices, or what its provider reports."""

from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from aircherd.catalog import decimal_cost
from aircherd.usage.integer_cost import TokenPrices, token_prices
from aircherd.usage.nano_usd import to_nano
from aircherd.vocabulary.models import Prices
from aircherd.vocabulary.reply import Usage
from aircherd.vocabulary.usage import CostSource

MAX_PRICES = 2000
"""How many models have their prices cached as integers."""


class Cost(NamedTuple):
    """What a call cost: the exact USD as decimal text, and nano-USD, None if too large."""

    usd: str
    nano: int | None


class Pricing:
    """Computes costs; caches prices as integers."""

    def __init__(self) -> None:
        self._prices: dict[int, tuple[Prices, TokenPrices | None]] = {}  # by id(Prices)

    def cost_of(
        self, kind: str, prices: Prices | None, reported: str | None, usage: Usage | None
    ) -> tuple[Cost | None, CostSource | None]:
        """Return the cost of a call and its source; `reported` is the provider's report in USD.

        OpenRouter bills what it reports. The report of another `kind` of provider counts if it is
        higher than the catalog's price, or if there is none: otherwise a server that reports 0
        would bypass every limit.
        """
        known = None if prices is None or usage is None else self.catalog_cost(prices, usage)
        cost = None if reported is None else reported_cost(reported)
        if cost is not None and (known is None or kind == "openrouter" or _is_higher(cost, known)):
            return cost, "provider"
        return known, None if known is None else "catalog"

    def catalog_cost(self, prices: Prices, usage: Usage) -> Cost | None:
        """Return what a call costs at these prices, None if they are invalid."""
        in_units = self.token_prices(prices)
        if in_units is None:
            amount = decimal_cost.cost(prices, usage)
            return None if amount is None else _cost(amount)
        units = in_units.cost(usage)
        return None if units is None else Cost(in_units.text(units), in_units.nano(units))

    def estimated_cost(self, prices: Prices | None, tokens: int, output: int) -> int | None:
        """Return what a call may cost in nano-USD, None if unknown."""
        if prices is None:
            return None
        in_units = self.token_prices(prices)
        if in_units is not None:
            return in_units.estimate(tokens, output)
        cost = self.catalog_cost(prices, Usage(tokens, output))
        return None if cost is None else cost.nano

    def token_prices(self, prices: Prices) -> TokenPrices | None:
        """Return prices as integers, None if they are not finite or have too many digits."""
        found = self._prices.get(id(prices))  # stays unique: the cache holds a reference
        if found is None:
            if len(self._prices) >= MAX_PRICES:
                self._prices.clear()
            found = self._prices[id(prices)] = (prices, token_prices(prices))
        return found[1]

    def __repr__(self) -> str:
        return f"<Pricing of {len(self._prices)} models>"


def reported_cost(text: str) -> Cost | None:
    """Return the cost that a provider reported, None if it is not a valid amount."""
    try:
        amount = Decimal(text)
        return Cost(decimal_cost.decimal_text(amount), to_nano(amount))
    except (InvalidOperation, ValueError):
        return None


def _is_higher(cost: Cost, other: Cost) -> bool:
    return cost.nano is None or (other.nano is not None and cost.nano > other.nano)


def _cost(amount: Decimal) -> Cost:
    try:
        return Cost(decimal_cost.decimal_text(amount), to_nano(amount))
    except ValueError:  # more than anything can cost
        return Cost(decimal_cost.decimal_text(amount), None)
