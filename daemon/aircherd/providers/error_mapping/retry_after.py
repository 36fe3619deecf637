"""When a vendor says one may come again: the forms of Retry-After, and what stands in for it."""

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

LONGEST = 366 * 86400.0
"""Seconds; anything beyond is nonsense rather than a wait."""


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds from `now` (Unix time) that `headers` ask to wait, None if they do not.

    In the order in which the vendors' own SDKs look: `retry-after-ms`, then `retry-after` as float
    seconds, then as an HTTP date; last OpenRouter's `x-ratelimit-reset` in epoch milliseconds.
    """
    asked = (
        _number(headers.get("retry-after-ms"), 1000),
        _number(headers.get("retry-after"), 1),
        _date(headers.get("retry-after"), now),
        _epoch(headers.get("x-ratelimit-reset"), now),
    )
    return next((seconds for seconds in asked if seconds is not None), None)


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """Return what `x-should-retry` says of trying the same once more, None if it says nothing."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())


def _number(text: str | None, per_second: float) -> float | None:
    try:
        seconds = float(text or "") / per_second
    except ValueError:
        return None
    return _sane(seconds)


def _date(text: str | None, now: float) -> float | None:
    try:
        when = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:  # "-0000": HTTP dates are in GMT whatever they say
        when = when.replace(tzinfo=UTC)
    return _sane(max(when.timestamp() - now, 0.0))  # a date gone by: at once


def _epoch(text: str | None, now: float) -> float | None:
    milliseconds = _digits(text)
    # Smaller numbers are not a time of this century: other vendors count seconds from now here.
    return _sane(max(milliseconds / 1000 - now, 0.0)) if milliseconds > 1e12 else None


def _digits(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else 0


def _sane(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) and 0 <= seconds <= LONGEST else None
