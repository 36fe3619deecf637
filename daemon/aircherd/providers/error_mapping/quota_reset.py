"""When a quota resets, where the vendor says so in the text or fields of its error.

Anthropic: "You will regain access on 2026-12-01 at 00:00 UTC"; an enforced spend limit resets on
the first of the month in UTC, which the error does not say. Gemini: daily quotas reset at midnight
in California. OpenRouter: `resets_at` in the metadata. OpenAI and Groq: "try again in 7m12s", also
without a header; Azure: "retry after 20 seconds". Sources: the vendors' documentation and issue
threads, November 2026.
"""

import re
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

from aircherd.providers.codec.json_in import as_map
from aircherd.providers.error_mapping.google_details import DAILY_QUOTA, LONG_QUOTA
from aircherd.providers.error_mapping.retry_after import MAX_DELAY
from aircherd.providers.health.rate_limit_headers import seconds_of

_REGAIN = re.compile(r"regain access on (\d{4}-\d\d-\d\d)(?: at (\d\d:\d\d))?")
_DELAY = re.compile(r"(?:try again in|retry after) (\d[\d.hmsun]*)(?: (second|minute|hour|day))?")
_DAY = 86400.0
_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": _DAY}
_MONTHLY = "enforced_spend_limit_reached"
_MIDNIGHT = 8 * 3600.0
"""Seconds after midnight UTC when a day begins in California (an hour less in summer)."""


def seconds_to_reset(
    body: dict[str, object], codes: AbstractSet[str], text: str, now: float
) -> float | None:
    """Return the seconds from `now` until the quota resets, None if unknown.

    Args:
        body: the decoded error.
        codes: its machine-readable names, in lower case.
        text: its message, in lower case.
        now: Unix time in seconds.
    """
    at = _timestamp(as_map(as_map(body.get("error")).get("metadata")).get("resets_at"))
    if at is None:
        at = _regain_time(text)
    if at is None and _MONTHLY in codes:
        at = _next_month(now)
    if at is None and DAILY_QUOTA in codes:
        at = now + (_MIDNIGHT - now) % _DAY
    if at is None and LONG_QUOTA not in codes:
        at = _delay_time(text, now)
    # A time in the past comes from a clock that is wrong, here or there.
    return at - now if at is not None and 0 < at - now <= MAX_DELAY else None


def _timestamp(value: object) -> float | None:
    if isinstance(value, int | float) and 0 < value < 1e15:
        return value / 1000 if value > 1e12 else float(value)
    return _parse_time(value) if isinstance(value, str) else None


def _regain_time(text: str) -> float | None:
    match = _REGAIN.search(text)
    return _parse_time(f"{match[1]}T{match[2] or '00:00'}+00:00") if match else None


def _delay_time(text: str, now: float) -> float | None:
    match = _DELAY.search(text)
    if match is None or (seconds := seconds_of(match[1].rstrip("."))) is None:
        return None
    return now + seconds * _UNITS.get(match[2], 1.0)


def _parse_time(text: str) -> float | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _next_month(now: float) -> float:
    today = datetime.fromtimestamp(now, UTC)
    years, month = divmod(today.month, 12)
    return datetime(today.year + years, month + 1, 1, tzinfo=UTC).timestamp()
