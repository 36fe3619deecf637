"""What is left of a key's allowance, from the headers of a response; pure.

    anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}
    x-ratelimit-{limit,remaining,reset}-{requests,tokens}      OpenAI, Groq, compatible servers
    X-RateLimit-{Limit,Remaining,Reset}                        OpenRouter, with its own 429 only

A reset is RFC 3339 at Anthropic, a Go duration (`6m0s`, `12ms`, `2m59.56s`) at OpenAI and Groq,
epoch milliseconds at OpenRouter, seconds elsewhere. Azure sends -1, or 0 for everything: that is
ignored. Sources: the vendors' documentation and SDKs, November 2026.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, get_args

import msgspec

from aircherd.providers.error_mapping.retry_after import MAX_DELAY
from aircherd.vocabulary.availability import Allowance, Counted, RateLimitState

_ANTHROPIC = "anthropic-ratelimit-"
_OTHERS = "x-ratelimit-"
_FIELDS = ("limit", "remaining", "reset")
_COUNTED: dict[str, Counted] = {name.replace("_", "-"): name for name in get_args(Counted)}

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s))")
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}

Found = dict[Counted, dict[str, str]]
QuickScan = Literal["silent", "left", "spent"]


def read_rate_limits(
    headers: Iterable[tuple[bytes, bytes]], *, now: float
) -> RateLimitState | None:
    """Return what is left according to `headers`, None if they do not say.

    Args:
        headers: names, in any case, and values.
        now: Unix time in seconds, from which durations count.
    """
    found: Found = {}
    for name, value in headers:
        # Most headers are other ones: they cost no more than this test.
        if b"ratelimit-" in (lower := name.lower()):
            _note(found, lower.decode("latin-1"), value.decode("latin-1").strip())
    allowances = [_allowance(counted, fields, now) for counted, fields in found.items()]
    known = tuple(each for each in allowances if each is not None)
    return RateLimitState(seen_at=now, allowances=known) if known else None


def seconds_until_whole(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return the seconds until everything spent is restored, None if `headers` do not say."""
    raw = [(name.encode(), value.encode("utf-8", "replace")) for name, value in headers.items()]
    state = read_rate_limits(raw, now=now)
    until = state.exhausted_until(now) if state else None
    return None if until is None else until - now


def quick_scan(headers: Iterable[tuple[bytes, bytes]]) -> QuickScan:
    """Return what can be seen without parsing: enough for most responses at a tenth of the cost."""
    if b"ratelimit-" not in b"\n".join(dict(headers)).lower():
        return "silent"  # one test for all headers, of which some vendors send thirty
    seen: QuickScan = "silent"
    for name, value in headers:
        if b"ratelimit-" in (lower := name.lower()):
            if value == b"0" and b"remaining" in lower:
                return "spent"
            seen = "left"
    return seen


def _note(found: Found, name: str, value: str) -> None:
    if name.startswith(_ANTHROPIC):
        kind, _, field = name.removeprefix(_ANTHROPIC).rpartition("-")
    elif name.startswith(_OTHERS):
        field, _, kind = name.removeprefix(_OTHERS).partition("-")
        kind = kind or "requests"
    else:
        return
    if field in _FIELDS and (counted := _COUNTED.get(kind)):
        found.setdefault(counted, {})[field] = value


def _allowance(counted: Counted, fields: Mapping[str, str], now: float) -> Allowance | None:
    limit, remaining = _count(fields.get("limit")), _count(fields.get("remaining"))
    if remaining is None or (limit == 0 and remaining == 0):
        return None
    return Allowance(
        counted=counted,
        limit=limit or None,
        remaining=remaining,
        reset_at=_instant(fields.get("reset", ""), now),
    )


def _count(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 15:
        return None
    return int(text)


def _instant(text: str, now: float) -> float | None:
    """Return the Unix time of a reset in any format, None if it is invalid or years ahead."""
    at = _rfc3339(text) or _number(text, now) or _duration(text, now)
    return at if at is not None and at - now <= MAX_DELAY else None


def _rfc3339(text: str) -> float | None:
    if "T" not in text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when.timestamp() if when.tzinfo else None


def _number(text: str, now: float) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not 0 <= number < 1e15:  # NaN is neither
        return None
    if number > 1e12:  # milliseconds of this century
        return number / 1000
    return number if number > 1e9 else now + number


def seconds_of(text: str) -> float | None:
    """Return a Go duration, or a bare number, in seconds; None for anything else."""
    seconds = _duration(text, 0.0)
    return _number(text, 0.0) if seconds is None else seconds


def _duration(text: str, now: float) -> float | None:
    parts = _DURATION.findall(text)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != text:
        return None
    return now + sum(float(number) * _UNITS.get(unit, 1e-9) for number, unit in parts)


def shown(state: RateLimitState) -> list[dict[str, object]]:
    """Return the allowances as they are sent to clients."""
    return [msgspec.to_builtins(allowance) for allowance in state.allowances]
