"""Rate-limit and retry headers in the vendors' formats. Pure functions; `now` is passed in.

Sources: the vendors' documentation and SDKs, November 2026. Anthropic's resets are RFC 3339,
OpenAI's are Go durations, OpenRouter's are epoch milliseconds and sent only with its own 429.
"""

from datetime import UTC, datetime
from email.utils import formatdate
from typing import Literal

Headers = list[tuple[str, str]]
RetryFormat = Literal["seconds", "milliseconds", "date", "none"]

REQUEST_LIMIT = 10_000
TOKEN_LIMIT = 2_000_000

_ANTHROPIC_KINDS = (
    ("requests", REQUEST_LIMIT),
    ("tokens", TOKEN_LIMIT),
    ("input-tokens", TOKEN_LIMIT * 4 // 5),
    ("output-tokens", TOKEN_LIMIT // 5),
)
_OPENAI_KINDS = (("requests", REQUEST_LIMIT), ("tokens", TOKEN_LIMIT))


def retry_headers(after: float | None, form: RetryFormat, now: float) -> Headers:
    """Return the header for "retry after `after` seconds", none if `after` is None."""
    if after is None or form == "none":
        return []
    if form == "milliseconds":
        return [("retry-after-ms", f"{after * 1000:g}")]
    if form == "date":
        return [("retry-after", formatdate(now + after, usegmt=True))]
    return [("retry-after", f"{after:g}")]


def limit_headers(
    vendor: str, now: float, *, exhausted: str | None = None, reset: float = 60.0
) -> Headers:
    """Return the vendor's rate-limit headers.

    Args:
        vendor: the vendor whose format is used.
        now: Unix time in seconds.
        exhausted: the limit that is used up, such as `requests` or `tokens`; None for no limit.
        reset: seconds until the limit resets.
    """
    if vendor == "anthropic":
        return _anthropic(now, exhausted, reset)
    if vendor == "openai":
        return _openai(exhausted, reset)
    if vendor == "openrouter" and exhausted is not None:
        return [
            ("x-ratelimit-limit", str(REQUEST_LIMIT)),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", str(int((now + reset) * 1000))),
        ]
    return []


def _anthropic(now: float, exhausted: str | None, reset: float) -> Headers:
    headers: Headers = []
    at = rfc3339(now + reset)
    for kind, limit in _ANTHROPIC_KINDS:
        left = 0 if kind == exhausted else limit - 1
        headers.append((f"anthropic-ratelimit-{kind}-limit", str(limit)))
        headers.append((f"anthropic-ratelimit-{kind}-remaining", str(left)))
        headers.append((f"anthropic-ratelimit-{kind}-reset", at))
    return headers


def _openai(exhausted: str | None, reset: float) -> Headers:
    headers: Headers = []
    for kind, limit in _OPENAI_KINDS:
        spent = kind == exhausted
        headers.append((f"x-ratelimit-limit-{kind}", str(limit)))
        headers.append((f"x-ratelimit-remaining-{kind}", "0" if spent else str(limit - 1)))
        headers.append((f"x-ratelimit-reset-{kind}", go_duration(reset if spent else 0.006)))
    return headers


def rfc3339(at: float) -> str:
    """Return a Unix time as Anthropic writes it, whole seconds in UTC."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def go_duration(seconds: float) -> str:
    """Return a duration as Go prints it: `12ms`, `1s`, `6m0s`, `1h0m2.5s`."""
    if 0 < seconds < 1:
        return f"{seconds * 1000:g}ms"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{round(rest, 3):g}s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
