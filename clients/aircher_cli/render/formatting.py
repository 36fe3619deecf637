"""Codes, times and counts as a person would say them."""

import math
import time

from aircher_wire import codes

REASONS: dict[str, str] = {
    codes.NOT_AUTHENTICATED: "has no key",
    codes.AUTH_REJECTED: "refused the key",
    codes.KEYRING_LOCKED: "has a key in a locked keyring",
    codes.RATE_LIMITED: "is limiting the rate",
    codes.QUOTA_EXHAUSTED: "has no credit left for this key",
    codes.LIMIT_REACHED: "is at a limit of yours",
    codes.PRICE_UNKNOWN: "has a price that nobody knows",
    codes.TOO_EXPENSIVE: "costs too much",
    codes.CONTEXT_TOO_LONG: "has too small a window",
    codes.CONTENT_POLICY: "refused the content",
    codes.OVERLOADED: "is overloaded",
    codes.PROVIDER_ERROR: "failed",
    codes.NETWORK: "could not be reached",
    codes.TIMEOUT: "took too long",
    codes.TRUNCATED: "broke off",
    codes.UNKNOWN_MODEL: "does not know the model",
    codes.BAD_REQUEST: "did not take the request",
    codes.CANCELLED: "was cancelled",
    "ok": "answered",
    "trying": "is asked",
}
"""What a provider did, after its name."""


def describe_reason(code: str) -> str:
    """Return what a provider did, for its outcome or the reason it was passed over."""
    return REASONS.get(code, code.replace("_", " "))


def format_duration(seconds: float) -> str:
    """Return a time span in its two largest units that matter."""
    whole = int(max(0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def ago(then: float, now: float) -> str:
    """Return how long ago `then` was, both Unix times in seconds."""
    return "just now" if now - then < 5 else f"{format_duration(now - then)} ago"


def format_time(moment: float, now: float) -> str:
    """Return a Unix time as the local time of day, with the date unless it is today."""
    local, today = time.localtime(moment), time.localtime(now)
    if (local.tm_year, local.tm_yday) == (today.tm_year, today.tm_yday):
        return time.strftime("%H:%M:%S", local)
    return time.strftime("%Y-%m-%d %H:%M", local)


def relative_time(moment: float, now: float) -> str:
    """Return when a moment comes: `in 42 s`, `at 14:05`, `on 2026-12-01`; Unix times in seconds.

    Up to a day ahead, a time of day can mean no other day.
    """
    left = math.ceil(moment - now)
    if left < 1:
        return "any moment"
    if left < 3600:
        return f"in {format_duration(left)}"
    if left < 86400:
        return time.strftime("at %H:%M", time.localtime(moment))
    return f"on {format_date(moment)}"


def format_date(moment: float) -> str:
    """Return a Unix time as 2026-11-05 14:05, local time; midnight is the day alone."""
    local = time.localtime(moment)
    is_midnight = (local.tm_hour, local.tm_min, local.tm_sec) == (0, 0, 0)
    return time.strftime("%Y-%m-%d" if is_midnight else "%Y-%m-%d %H:%M", local)


def format_percent(share: float) -> str:
    """Return a share in whole percent, never more than it is: 100% is all of it."""
    return f"{int(round(share * 100, 4))}%"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 request, 2,000 requests."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def join_names(names: list[str]) -> str:
    """Return names as a sentence has them: a; a and b; a, b and c."""
    return " and ".join([*filter(None, [", ".join(names[:-1])]), *names[-1:]])


def with_subject(who: str, name: str, message: str) -> str:
    """Return `who: message`; a message that names its subject itself stands alone.

    It does so in its first words, or as the provider of a key. Any other name in it is of something
    else: of a limit, or in a command that is advised.

    Args:
        who: The subject in full, such as a provider with its model.
        name: The provider.
        message: What there is to say.
    """
    head = message.partition(":")[0]
    owns_key = head.endswith((f" for {name}", f" of {name}"))
    is_of_key = owns_key and head.startswith(("no key ", "key "))
    begins_with_it = message.startswith((f"{who.partition(' ')[0]} ", f"{name} "))
    return message if name and (is_of_key or begins_with_it) else f"{who}: {message}"


def available_again(until: float, now: float) -> str:
    """Return when somebody can be asked again: `free again in 59 s (14:03:00)`; Unix times."""
    left = math.ceil(until - now)
    if left < 1:
        return "free again any moment"
    return f"free again in {format_duration(left)} ({format_time(until, now)})"


def short_path(path: str, home: str) -> str:
    """Return a path with the home directory as `~`."""
    return f"~{path[len(home) :]}" if home and path.startswith(f"{home.rstrip('/')}/") else path
