"""When to come back, in the sentences of vendors: "try again in 7m12s", "resets on Dec 1, 2026"."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Final

from aircherd.providers.error_mapping.delays.moments import (
    DATE,
    DAY,
    DURATION,
    HOUR,
    TIME_OF_DAY,
    date_until,
    duration_of,
    seconds_until,
    time_until,
)

_MAX_TEXT: Final = 4096
"""Characters of a message that are searched."""

_BACK: Final = (
    r"(?:\b(?:again|available|back|blocked|lift(?:s|ed)|recover(?:s|ed)?|refresh(?:es|ed)?"
    r"|regain(?: access)?|renew(?:s|ed|al)?|replenish(?:es|ed)?|reset(?:s|ting)?|restor(?:es|ed)"
    r"|resum(?:es|ed)|retry(?:ing)?|try|unblocked|unlock(?:s|ed)?|until|wait(?:ing)?)"
    r"|将在|将于|会在|直到|等待)"
)
_GAP: Final = r"[^\d.\n]{0,40}?"
_NEAR: Final = r"[^\d.\n]{0,20}?"

_DATE: Final = re.compile(rf"{_BACK}{_GAP}{DATE}", re.IGNORECASE)
_DATE_BEFORE: Final = re.compile(
    rf"{DATE}\s*(?:[之以]?[后前])?.{{0,6}}?(?:重置|恢复|重试|再试|刷新)", re.IGNORECASE
)
_DELAY: Final = re.compile(rf"{_BACK}({_GAP})({DURATION})", re.IGNORECASE)
_EPOCH: Final = re.compile(
    r"\b(?:again|available|reached|reset(?:s|ting)?|retry|until)(?: (?:after|at|in|on|time))*"
    r" ?[|:=]? ?(\d{13}|\d{10})(?!\d)",
    re.IGNORECASE,
)
_TIME: Final = re.compile(rf"{_BACK}{_NEAR}{TIME_OF_DAY}", re.IGNORECASE)
_ONE: Final = re.compile(
    rf"{_BACK}{_NEAR} (?:in|after|for) (?:about )?(?:an?|one)"
    r" (second|minute|hour|day|week|month)\b",
    re.IGNORECASE,
)
_BARE: Final = re.compile(
    r"(?:try again in|retry[- ]after|retry in|wait(?: for)?)[:=]? ?(\d{1,13}(?:\.\d{1,9})?)"
    r"(?!\.?\d|[-/:年]\d)",
    re.IGNORECASE,
)
_CHINESE_DELAY: Final = re.compile(r"(\d{1,9})\s?(秒钟?|分钟?|小时|天)[之以]?后")
_TOMORROW: Final = re.compile(rf"{_BACK}{_NEAR}\b(?:tomorrow|next day)\b", re.IGNORECASE)
_NO_DELAY: Final = re.compile(r"\b(?:every|each|per|limit|within|last|past)\b", re.IGNORECASE)
"""Between the verb and a duration: this is the length of a window, not what is left of it."""


def date_in(text: str, now: float, zone: tzinfo = UTC) -> float | None:
    """Return the seconds from `now` (Unix time) to the date at which `text` says to come back.

    Negative if it has passed; None without a date. Dates that name no zone are in `zone`.
    """
    text = text[:_MAX_TEXT]
    if found := _EPOCH.search(text):
        return seconds_until(int(found[1]), now)
    found = _DATE.search(text) or _DATE_BEFORE.search(text)
    return date_until(found, now, zone) if found else None


def delay_in(text: str) -> float | None:
    """Return the seconds for which `text` says to wait, None if it does not say."""
    text = text[:_MAX_TEXT]
    for delay in _DELAY.finditer(text):
        if not _NO_DELAY.search(delay[1]):
            return seconds_until(delay[2], 0.0)
    if found := _CHINESE_DELAY.search(text):
        return duration_of(found[1] + found[2])
    if found := _ONE.search(text):
        return duration_of(f"1 {found[1]}")
    return seconds_until(found[1], 0.0) if (found := _BARE.search(text)) else None


def time_in(text: str, now: float, zone: tzinfo = UTC) -> float | None:
    """Return the seconds from `now` to the time of the day, or to the tomorrow, that `text` names.

    In `zone` unless the text names another; None without one.
    """
    text = text[:_MAX_TEXT]
    if found := _TIME.search(text):
        return time_until(found, now, zone)
    return _until_tomorrow(now, zone) if _TOMORROW.search(text) else None


def _until_tomorrow(now: float, zone: tzinfo) -> float:
    midnight = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    # The zone is a guess: close to midnight, the day may have begun elsewhere or not.
    return max(midnight.timestamp() + DAY - now, HOUR)
