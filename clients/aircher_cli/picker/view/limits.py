"""What is left of the user's limits and of the providers' rate limits, and until when."""

import math
from collections.abc import Iterable, Iterator

from aircher_cli.picker.view.sane_values import amount, finite, moment
from aircher_cli.render.formatting import format_percent
from aircher_cli.values import Map, records, text


def limits_of(
    limits: Iterable[Map], provider: str, key: str, model: str | None, *, is_free: bool = False
) -> list[Map]:
    """Return the limits that count a request for a provider with a key.

    Args:
        limits: As in `limits.status`.
        provider: The provider's name.
        key: The key's name, empty if it has none.
        model: The model's name at the provider; None leaves out the limits of models.
        is_free: Whether the request costs nothing: a limit in USD never stops it.
    """
    return [
        each
        for each in limits
        if _counts(each, provider, key, model) and not (is_free and is_in_usd(each))
    ]


def is_in_usd(limit: Map) -> bool:
    """Tell whether a limit counts costs."""
    return limit.get("counted") == "usd"


def _counts(limit: Map, provider: str, key: str, model: str | None) -> bool:
    own, full = text(limit.get("model")), f"{provider}/{model}"
    return (
        limit.get("others") is not True  # another client's, or another project's
        and text(limit.get("provider")) in {"", provider}
        and text(limit.get("key")) in {"", key}
        and (not own or (model is not None and own in {model, full}))
    )


def costs_nothing(prices: Map) -> bool:
    """Tell whether a model is known to be free."""
    return amount(prices.get("input")) == amount(prices.get("output")) == 0


def is_full(limit: Map) -> bool:
    """Tell whether nothing is left of a limit, or nothing may be used of it now."""
    is_used = (finite(limit.get("share")) or 0.0) >= 1
    return is_used or limit.get("refuses") is True or is_leased(limit)


def is_leased(limit: Map) -> bool:
    """Tell whether other machines hold all that is left of a limit that is not used up.

    What requests in progress here have reserved comes back, or counts as used, when they end.
    """
    held = amount(limit.get("held_elsewhere"))
    used, most = amount(limit.get("used")), amount(limit.get("max"))
    if not held or used is None or most is None:
        return False
    return used < most <= used + held


def prices_known(prices: Map) -> bool:
    """Tell whether a call can be priced: under a limit in USD, no other is made."""
    return None not in (amount(prices.get("input")), amount(prices.get("output")))


def left_text(limits: Iterable[Map], key: Map, now: float) -> str:
    """Return what is left of the tightest limit or rate limit, such as `82%`; empty if none.

    Args:
        limits: Those that apply.
        key: The row of `auth.status` of the key that a request would use.
        now: Unix time in seconds: a rate limit that has been reset since counts as full.
    """
    shares = [*_left_of_limits(limits), *_left_of_rates(key, now)]
    return format_percent(max(0.0, min(shares))) if shares else ""


def _left_of_limits(limits: Iterable[Map]) -> Iterator[float]:
    for limit in limits:
        if (share := finite(limit.get("share"))) is not None:
            yield 1 - share


def _left_of_rates(key: Map, now: float) -> Iterator[float]:
    for rate in records(key.get("rate_limit")):
        most, left = finite(rate.get("limit")), finite(rate.get("remaining"))
        reset = moment(rate.get("reset_at"))
        if not most or left is None:
            continue
        if reset is not None and reset <= now:
            yield 1.0
        elif left > 0:  # a key with nothing left of one model still answers with its others
            yield min(1.0, left / most)


def short_wait(seconds: float) -> str:
    """Return when something comes, in one unit and rounded up: `in 45 min`; empty if it is past."""
    if seconds <= 0:
        return ""
    for size, unit in ((1, "s"), (60, "min"), (3600, "h")):
        units = math.ceil(seconds / size)
        if units < _UNITS[unit]:
            return f"in {units} {unit}"
    return f"in {math.ceil(seconds / 86400)} d"


_UNITS = {"s": 100, "min": 100, "h": 48}
"""Unit -> the count from which the next larger unit is used."""
