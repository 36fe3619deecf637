"""Limits and amounts in words for people: pure."""

from aircherd.config.model import Amount, LimitScope, Per
from aircherd.usage.nano_usd import usd_words

# Below a hundredth of a cent nobody wants to know, unless that is all there is.
_ROUND_TO = 100_000

_SPANS: dict[Per, str] = {
    "minute": "a minute",
    "hour": "an hour",
    "day": "a day",
    "month": "a month",
}


def limit_words(scope: LimitScope, per: Per, amount: Amount, most: int) -> str:
    """Return for example "anthropic, key work: 5.00 USD a day"; `most` in USD is nano-USD."""
    return f"{scope_words(scope)}: {exact_words(amount, most)} {_SPANS[per]}"


def scope_words(scope: LimitScope) -> str:
    """Return whom or what a limit is for."""
    model = f"{scope.provider}/{scope.model}" if scope.model else scope.provider
    key = f"key {scope.key}" if scope.key else None
    client = f"client {scope.client}" if scope.client else None
    return ", ".join(part for part in (model, key, client) if part) or "everything"


def exact_words(amount: Amount, count: int) -> str:
    """Return a count with what it counts: "1 request", "20,000 tokens", "0.50 USD"."""
    if amount == "usd":
        return usd_words(count)
    return f"{count:,} {amount if count != 1 else amount.removesuffix('s')}"


def about_words(amount: Amount, count: int) -> str:
    """Return the same without the digits that nobody wants to know."""
    if amount == "usd" and count > _ROUND_TO:
        count = round(count / _ROUND_TO) * _ROUND_TO
    return exact_words(amount, count)
