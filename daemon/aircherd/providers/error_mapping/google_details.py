"""The details of Google's errors: typed messages with what status and message do not say.

Of `google.rpc`: `ErrorInfo` has a reason, `RetryInfo` a delay, `QuotaFailure` the exceeded quota.
Source: Google's API design guide and Gemini's responses, November 2026.
"""

import re

import msgspec

from aircherd.providers.codec.json_in import as_map
from aircherd.providers.error_mapping.delays.moments import HOUR, MAX_DELAY, duration_of

LONG_QUOTA = "has:long-quota"
"""The code for a quota that does not reset within minutes: a daily one, or one of zero."""

DAILY_QUOTA = "has:daily-quota"
"""The code for a daily quota."""

_ZERO_LIMIT = re.compile(r"limit: 0(?![0-9.])")


class Details(msgspec.Struct, frozen=True):
    """Codes in lower case, and the seconds to wait, found in an error's details."""

    codes: frozenset[str] = frozenset()
    retry_after: float | None = None


def read_details(details: object, message: str = "") -> Details:
    """Read the `details` of an error, if they are a list like Google's.

    A quota of zero may appear only in the error's `message`.
    """
    if not isinstance(details, list):
        return Details()
    each = [as_map(detail) for detail in details]
    codes = {reason.lower() for one in each if isinstance(reason := one.get("reason"), str)}
    waits = [wait for one in each if (wait := _seconds(one.get("retryDelay"))) is not None]
    violations = [violation for one in each for violation in _violations(one)]
    if any(_is_daily(violation) for violation in violations):
        codes |= {LONG_QUOTA, DAILY_QUOTA}
    if _ZERO_LIMIT.search(message) or any(v.get("quotaValue") in ("0", 0) for v in violations):
        codes.add(LONG_QUOTA)
    if LONG_QUOTA in codes:
        # A shorter delay belongs to the limit per minute.
        waits = [wait for wait in waits if wait >= HOUR]
    return Details(frozenset(codes), max(waits, default=None))


def _violations(detail: dict[str, object]) -> list[dict[str, object]]:
    violations = detail.get("violations")
    return [as_map(each) for each in violations] if isinstance(violations, list) else []


def _is_daily(violation: dict[str, object]) -> bool:
    quota = violation.get("quotaId")
    return isinstance(quota, str) and "perday" in quota.lower()


def _seconds(value: object) -> float | None:
    seconds = duration_of(value) if isinstance(value, str) else None
    return None if seconds is None else min(seconds, MAX_DELAY)
