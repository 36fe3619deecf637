"""How long a vendor asks to wait: Retry-After in every format, and headers used in its place."""

from collections.abc import Mapping
from typing import Final

from aircherd.providers.error_mapping.delays.moments import seconds_until

_HEADERS: Final = (
    ("retry-after-ms", 1e-3),
    ("x-retry-after-ms", 1e-3),
    ("retry-after", 1.0),
    ("x-retry-after", 1.0),
    ("x-ratelimit-retry-after", 1.0),
)
"""Header -> the unit of a number, in the order of the vendors' own SDKs."""


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds from `now` (Unix time) that `headers` ask to wait, None if they do not.

    Last comes OpenRouter's `x-ratelimit-reset` in epoch milliseconds. Smaller numbers in it are of
    vendors that send it with every response: `rate_limit_headers` reads them.
    """
    for name, unit in _HEADERS:
        text = headers.get(name)
        wait = seconds_until(text, now, unit=unit)
        if wait is None and text is not None and "," in text:  # sent twice, by a gateway too
            wait = seconds_until(text.partition(",")[0], now, unit=unit)
        if wait is not None:
            return max(wait, 0.0)  # a past date: now
    reset = headers.get("x-ratelimit-reset", "")
    if len(reset) != len("1795000000000") or not reset.isascii() or not reset.isdigit():
        return None
    wait = seconds_until(reset, now)
    return None if wait is None else max(wait, 0.0)


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """Return what `x-should-retry` says about retrying the same request, None without it."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())
