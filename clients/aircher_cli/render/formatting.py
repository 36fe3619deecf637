"""Formats codes, times and counts for the user."""

import math
import time

from aircher_wire import codes

REASONS: dict[str, str] = {
    codes.NOT_AUTHENTICATED: "has no key",
    codes.AUTH_REJECTED: "refused the key",
    codes.KEYRING_LOCKED: "has a key that is locked",
    codes.RATE_LIMITED: "is rate-limiting",
    codes.QUOTA_EXHAUSTED: "has no credit left for this key",
    codes.LIMIT_REACHED: "has reached one of your limits",
    codes.PRICE_UNKNOWN: "has an unknown price",
    codes.TOO_EXPENSIVE: "costs too much",
    codes.CONTEXT_TOO_LONG: "has too small a context window",
    codes.CONTENT_POLICY: "refused the content",
    codes.OVERLOADED: "is overloaded",
    codes.PROVIDER_ERROR: "failed",
    codes.NETWORK: "could not be reached",
    codes.TIMEOUT: "took too long",
    codes.TRUNCATED: "broke off",
    codes.EMPTY_REPLY: "answered with nothing",
    codes.UNKNOWN_MODEL: "does not know the model",
    codes.BAD_REQUEST: "rejected the request",
    codes.FORBIDDEN: "is not allowed for this client",
    codes.CONFIG_INVALID: "is not configured correctly",
    codes.CANCELLED: "was cancelled",
    codes.BUSY: "was stopped: this client's share of memory is used up",
    "ok": "answered",
    "trying": "is being asked",
}
"""Outcome or reason -> the text after a provider's name."""


def describe_reason(code: str) -> str:
    """Return the text after a provider's name for an outcome, or for the reason of a skip."""
    return REASONS.get(code, code.replace("_", " "))


def format_duration(seconds: float) -> str:
    """Return a duration in its largest one or two units."""
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
    """Return a Unix time as local time, with the date unless it is today."""
    local, today = time.localtime(moment), time.localtime(now)
    if (local.tm_year, local.tm_yday) == (today.tm_year, today.tm_yday):
        return time.strftime("%H:%M:%S", local)
    return time.strftime("%Y-%m-%d %H:%M", local)


def relative_time(moment: float, now: float) -> str:
    """Return when a moment comes: `in 42 s`, `at 14:05`, `on 2026-12-01`; Unix times in seconds.

    Less than a day ahead, a time of day is unambiguous.
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
    """Return a Unix time as 2026-11-05 14:05 in local time; midnight is the date alone."""
    local = time.localtime(moment)
    is_midnight = (local.tm_hour, local.tm_min, local.tm_sec) == (0, 0, 0)
    return time.strftime("%Y-%m-%d" if is_midnight else "%Y-%m-%d %H:%M", local)


def format_percent(share: float) -> str:
    """Return a share in whole percent, rounded down: 100% means all of it."""
    return f"{int(round(share * 100, 4))}%"


DIME, MIN_SHOWN = 0.1, 0.000001
"""USD; amounts below the first are shown with two significant digits, below the second as less."""


def format_cost(amount: float) -> str:
    """Return an amount in USD as `money.format_usd` does, without `decimal`: its import takes 8 ms.

    What it is added up from stays exact: only the result is rounded, for people.
    """
    if not amount:
        return "$0"
    if amount < MIN_SHOWN:
        return f"under ${MIN_SHOWN:f}"
    short = float(f"{amount:.2g}")
    if short >= DIME:
        return f"${amount:,.2f}"
    return f"${short:.{1 - math.floor(math.log10(short))}f}".rstrip("0")


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 request, 2,000 requests."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def join_names(names: list[str]) -> str:
    """Join names for a sentence: a; a and b; a, b and c."""
    return " and ".join([*filter(None, [", ".join(names[:-1])]), *names[-1:]])


def with_subject(who: str, name: str, message: str) -> str:
    """Return `who: message`, or the message alone if it already names its subject.

    It names it at its start, or as the provider of a key. A name elsewhere in the message is about
    something else, such as a limit or a suggested command.

    Args:
        who: The subject in full, such as a provider with its model.
        name: The provider.
        message: The message about it.
    """
    head = message.partition(":")[0]
    owns_key = head.endswith((f" for {name}", f" of {name}"))
    is_of_key = owns_key and head.startswith(("no key ", "key "))
    begins_with_it = message.startswith((f"{who.partition(' ')[0]} ", f"{name} "))
    return message if name and (is_of_key or begins_with_it) else f"{who}: {message}"


def available_again(until: float, now: float) -> str:
    """Return `available again in 59 s (14:03:00)`; Unix times in seconds."""
    left = math.ceil(until - now)
    if left < 1:
        return "available again any moment"
    return f"available again in {format_duration(left)} ({format_time(until, now)})"


def short_path(path: str, home: str) -> str:
    """Return a path with the home directory as `~`."""
    return f"~{path[len(home) :]}" if home and path.startswith(f"{home.rstrip('/')}/") else path
