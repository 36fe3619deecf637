"""How long a vendor asks to wait: the formats of Retry-After, and headers used in its place."""

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

MAX_DELAY = 366 * 86400.0
"""Seconds; a longer delay is treated as invalid."""


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds from `now` (Unix time) that `headers` ask to wait, None if they do not.

    In the order of the vendors' own SDKs: `retry-after-ms`, `retry-after` in seconds, `retry-after`
    as an HTTP date; last OpenRouter's `x-ratelimit-reset` in epoch milliseconds.
    """
    delays = (
        _number(headers.get("retry-after-ms"), 1000),
        _number(headers.get("retry-after"), 1),
        _date(headers.get("retry-after"), now),
        _epoch(headers.get("x-ratelimit-reset"), now),
    )
    return next((seconds for seconds in delays if seconds is not None), None)


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """Return what `x-should-retry` says about retrying the same request, None without it."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())


def _number(text: str | None, per_second: float) -> float | None:
    try:
        seconds = float(text or "") / per_second
    except ValueError:
        return None
    return _valid(seconds)


def _date(text: str | None, now: float) -> float | None:
    try:
        when = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:  # "-0000": HTTP dates are always in GMT
        when = when.replace(tzinfo=UTC)
    return _valid(max(when.timestamp() - now, 0.0))  # a past date: now


def _epoch(text: str | None, now: float) -> float | None:
    milliseconds = _digits(text)
    # Smaller numbers are no dates of this century: other vendors send seconds from now here.
    return _valid(max(milliseconds / 1000 - now, 0.0)) if milliseconds > 1e12 else None


def _digits(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else 0


def _valid(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) and 0 <= seconds <= MAX_DELAY else None
