"""What is left of a key's allowance, from the headers of a response; pure.

    anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}
    x-ratelimit-{limit,remaining,reset}-{requests,tokens}      OpenAI, Groq, compatible servers
    X-RateLimit-{Limit,Remaining,Reset}                        OpenRouter, with its own 429 only
    RateLimit-{Limit,Remaining,Reset}                          gateways, after the IETF's draft

A reset may have every format that `moments` reads: RFC 3339 at Anthropic, a Go duration at OpenAI
and Groq, epoch milliseconds at OpenRouter, seconds elsewhere. Azure sends -1, or 0 for everything:
that is ignored. Of a refusal, `seconds_until_whole` also reads what is counted in other windows
(`x-ratelimit-reset-requests-day`), and resets that come without a count. Sources: the vendors'
documentation and SDKs, November 2026.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, get_args

import msgspec

from aircherd.providers.error_mapping.delays.moments import seconds_until
from aircherd.vocabulary.availability import Allowance, Counted, RateLimitState

_ANTHROPIC = "anthropic-ratelimit-"
_OTHERS = ("x-ratelimit-", "ratelimit-")
_FIELDS = ("limit", "remaining", "reset")
_COUNTED: dict[str, Counted] = {name.replace("_", "-"): name for name in get_args(Counted)}

_RESET: Final = re.compile(
    r"(?:x-|anthropic-)?rate-?limit"
    r"(?:-(?P<field>remaining|reset)(?P<after>-after)?(?P<window>-[a-z-]{1,40})?"
    r"|(?P<counted>-[a-z-]{1,40})-(?P<last>remaining|reset)(?P<last_after>-after)?)"
)
_DRAFT: Final = re.compile(r"(?:^|[;,\s])(?P<name>remaining|r|reset|t)=(?P<value>\d{1,10})")
"""The IETF's draft in one header: `limit=9, remaining=0, reset=30`, or `"burst";r=0;t=30`."""

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
    """Return the seconds until everything spent is restored, None if `headers` do not say.

    For a refusal: where no count of what remains is sent, the latest reset is of what was spent.
    """
    windows = _windows(headers)
    spent = [window for window in windows if window.get("remaining") == "0"]
    if not spent and any("remaining" in window for window in windows):
        return None
    resets = [seconds_until(window.get("reset"), now) for window in spent or windows]
    return max((wait for wait in resets if wait is not None and wait > 0), default=None)


def _windows(headers: Mapping[str, str]) -> list[dict[str, str]]:
    """Return `remaining` and `reset` of each window that `headers` count."""
    found: dict[str, dict[str, str]] = {}
    for name, value in headers.items():
        if match := _RESET.fullmatch(name.lower()):
            field = match["field"] or match["last"]
            window = match["window"] or match["counted"] or ""
            found.setdefault(window, {})[field] = value.strip()
    if draft := headers.get("ratelimit"):
        long = {"r": "remaining", "t": "reset"}
        fields = {long.get(m["name"], m["name"]): m["value"] for m in _DRAFT.finditer(draft)}
        found["draft"] = fields
    return list(found.values())


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
        field, _, kind = name.partition("ratelimit-")[2].partition("-")
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
    seconds = seconds_until(text, now)
    return None if seconds is None else now + seconds


def shown(state: RateLimitState) -> list[dict[str, object]]:
    """Return the allowances as they are sent to clients."""
    return [msgspec.to_builtins(allowance) for allowance in state.allowances]
