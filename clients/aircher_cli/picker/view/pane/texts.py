"""The sentences of the pane: a countdown, a limit, a cost, an error, a candidate."""

from collections.abc import Iterator

from aircher_cli.picker.view.sane_values import amount, finite, moment
from aircher_cli.render.formatting import (
    count,
    describe_reason,
    format_duration,
    format_time,
    relative_time,
)
from aircher_cli.render.models.table import format_price, format_tokens, full_name
from aircher_cli.render.money import format_usd
from aircher_cli.values import Map, as_map, records, text


def wait_text(word: str, until: float, now: float) -> str:
    """Return when a state ends: `cooling down until 14:05, ready in 4:12`."""
    what = "cooling down " if word == "cooling" else ""
    if until <= now:
        return "ready any moment"
    return f"{what}until {format_time(until, now)}, ready in {countdown(until - now)}"


def countdown(seconds: float) -> str:
    """Return a time left as 4:12 or 1:02:03; from a day on as 2 d 3 h."""
    whole = max(0, -int(-seconds // 1))  # rounded up: 0:00 means now
    if whole >= 86400:
        return format_duration(whole)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rate_text(rate: Map, now: float) -> str:
    """Return what is left of a provider's rate limit."""
    most, left = finite(rate.get("limit")), finite(rate.get("remaining"))
    counted = text(rate.get("counted")).replace("_", " ") or "requests"
    parts = ["?" if left is None else f"{left:,.0f}"]
    if most is not None:
        parts.append(f"of {most:,.0f}")
    reset = moment(rate.get("reset_at"))
    if reset is None:
        when = ""
    elif reset <= now:
        when = ", full again"
    else:
        when = f", full in {countdown(reset - now)}"
    return f"{' '.join(parts)} {counted} left{when}"


def error_text(error: Map) -> str:
    """Return a failed attempt in plain words: what it means first, then the provider's message."""
    code, message = text(error.get("outcome")), text(error.get("message"))
    meaning = describe_reason(code)
    model = text(error.get("model"))
    name = f"{text(error.get('provider'))}{f'/{model}' if model else ''}"
    if message.startswith(meaning):
        return f"{name} {message}"
    return f"{name} {meaning}: {message}" if message else f"{name} {meaning}"


def repeats(message: str, why: str) -> bool:
    """Tell whether a state has said what a message says, but for how both begin."""
    detail = message.rpartition("): ")[2].rstrip(".")
    return bool(detail) and detail in why


def limit_text(limit: Map, now: float) -> str:
    """Return how much of a limit is used, on which machines, and when it starts again."""
    used, most = (_amount(limit, name) for name in ("used", "max"))
    incomplete = " or more" if limit.get("incomplete") else ""
    resets = moment(limit.get("resets_at"))
    when = "" if resets is None else f", starts again {relative_time(resets, now)}"
    return f"{used}{incomplete} of {most} used{_by_machines(limit)}{when}"


def _by_machines(limit: Map) -> str:
    """Return the part of this machine of a limit that a fleet shares; else nothing."""
    if limit.get("shared") is not True:
        return ""
    parts = ["by all machines", f"{_amount(limit, 'used_here')} here"]
    if amount(limit.get("held_elsewhere")):
        parts.append(f"{_amount(limit, 'held_elsewhere')} leased elsewhere")
    return f" {', '.join(parts)}"


def _amount(limit: Map, name: str) -> str:
    found = amount(limit.get(name))
    if limit.get("counted") == "usd":
        return format_usd(found)
    return "?" if found is None else f"{found:,f}"


def spend_text(spent: Map) -> str:
    """Return a row of `usage.report`: the cost and the requests."""
    cost = amount(spent.get("cost"))
    requests = int(finite(spent.get("requests")) or 0)
    parts = [format_usd(cost)]
    parts.append(count(requests, "request"))
    if failed := int(finite(spent.get("failed")) or 0):
        parts.append(f"{failed:,} failed")
    if unknown := int(finite(spent.get("unknown_cost")) or 0):
        parts.append(f"{unknown:,} of unknown cost")
    return ", ".join(parts)


def candidate_text(candidate: Map) -> str:
    """Return a candidate that would be tried: the model and the key."""
    key = text(candidate.get("key"))
    return f"{full_name(candidate)}{f' with key {key}' if key else ''}"


def skip_text(entry: Map, now: float) -> str:
    """Return a skipped candidate: which, why, and when it comes back."""
    name = full_name(entry) if entry.get("model") else text(entry.get("provider"))
    reason = describe_reason(text(entry.get("reason")))
    why = text(entry.get("message")).removeprefix(f"{name} ").rstrip(".") or reason
    until = moment(entry.get("until"))
    back = "" if until is None or until <= now else f"; ready in {countdown(until - now)}"
    return f"{name}: {why}{back}"


def latency_text(seconds: float | None) -> str:
    """Return how long a model took to begin its recent answers; empty if that is not known."""
    if seconds is None:
        return ""
    return f"{'under 0.1' if seconds < 0.1 else f'{seconds:.1f}'} s to the first output"


def tokens_text(value: object) -> str:
    """Return a number of tokens; empty if it is unknown."""
    tokens = finite(value)
    return "" if tokens is None else f"{tokens:,.0f} tokens"


_PRICES = (
    ("input", "input"),
    ("output", "output"),
    ("cached", "from the cache"),
    ("cache_write", "to the cache"),
)


def price_fields(prices: Map) -> Iterator[tuple[str, str]]:
    """Yield the prices, and those of long prompts."""
    if rates := _rates(prices):
        yield "price", f"{rates} per million tokens"
    elif prices:
        yield "price", "unknown"
    for tier in records(prices.get("tiers")):
        above = f"over {format_tokens(finite(tier.get('above')))}"
        yield "", f"{above}: {_rates(as_map(tier.get('rates')) or tier)}"


def _rates(rates: Map) -> str:
    amounts = ((amount(rates.get(name)), about) for name, about in _PRICES)
    known = [(each, about) for each, about in amounts if each is not None]
    return ", ".join(f"{format_price(each)} {about}" for each, about in known)
