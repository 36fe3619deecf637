"""Limits and amounts as text for people: pure."""

from aircherd.config.model import Amount, LimitScope, Per
from aircherd.usage.nano_usd import describe_usd

# Amounts above a hundredth of a cent are rounded to it.
_ROUND_TO = 100_000

_PERIODS: dict[Per, str] = {
    "minute": "a minute",
    "hour": "an hour",
    "day": "a day",
    "month": "a month",
}


def describe_limit(scope: LimitScope, per: Per, amount: Amount, maximum: int) -> str:
    """Return for example "anthropic, key work: 5.00 USD a day"; `maximum` in USD is nano-USD."""
    return f"{describe_scope(scope)}: {describe_amount(amount, maximum)} {_PERIODS[per]}"


def describe_scope(scope: LimitScope) -> str:
    """Return what a limit applies to, for example "anthropic, key work" or "everything"."""
    model = f"{scope.provider}/{scope.model}" if scope.model else scope.provider
    key = f"key {scope.key}" if scope.key else None
    client = f"client {scope.client}" if scope.client else None
    project = f"project {scope.project}" if scope.project else None
    return ", ".join(part for part in (model, key, client, project) if part) or "everything"


def describe_amount(amount: Amount, count: int) -> str:
    """Return a count with its unit: "1 request", "20,000 tokens", "0.50 USD"."""
    if amount == "usd":
        return describe_usd(count)
    return f"{count:,} {amount if count != 1 else amount.removesuffix('s')}"


def describe_rounded(amount: Amount, count: int) -> str:
    """Return the same, without insignificant digits of USD."""
    if amount == "usd" and count > _ROUND_TO:
        count = round(count / _ROUND_TO) * _ROUND_TO
    return describe_amount(amount, count)
