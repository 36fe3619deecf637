"""When to come back, in the sentences of vendors: "try again in 7m12s", "resets on Dec 1, 2026"."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Final

from aircherd.providers.error_mapping.delays.moments import (
    DATE,
    DAY,
    DURATION,
    FLAGS,
    HOUR,
    TIME_OF_DAY,
    date_until,
    duration_of,
    seconds_until,
    time_until,
)
from aircherd.providers.error_mapping.pattern import Pattern

_MAX_TEXT: Final = 4096
"""Characters of a message that are searched."""

_BACK: Final = (
    r"(?:\b(?:again|allowed|available|back|blocked|lift(?:s|ed)|recover(?:s|ed)?|refresh(?:es|ed)?"
    r"|regain(?: access)?|renew(?:s|ed|al)?|replenish(?:es|ed)?|reset(?:s|ting)?|restor(?:es|ed)"
    r"|resum(?:es|ed)|retry(?:ing)?|try|unblocked|unlock(?:s|ed)?|until|wait(?:ing)?)"
    r"|将在|将于|会在|直到|等待)"
)
_GAP: Final = r"[^\d.\n]{0,40}?"
_NEAR: Final = r"[^\d.\n]{0,20}?"

_DATE: Final = Pattern(rf"{_BACK}{_GAP}{DATE}", FLAGS)
_DATE_BEFORE: Final = Pattern(
    rf"{DATE}\s*(?:[之以]?[后前])?.{{0,6}}?(?:重置|恢复|重试|再试|刷新)", FLAGS
)
_DELAY: Final = Pattern(rf"{_BACK}({_GAP})({DURATION})", FLAGS)
_EPOCH: Final = Pattern(
    r"\b(?:again|available|reached|reset(?:s|ting)?|retry|until)(?: (?:after|at|in|on|time))*"
    r" ?[|:=]? ?(\d{13}|\d{10})(?!\d)",
    FLAGS,
)
_TIME: Final = Pattern(rf"{_BACK}{_NEAR}{TIME_OF_DAY}", FLAGS)
_ONE: Final = Pattern(
    rf"{_BACK}{_NEAR} (?:in|after|for) (?:about )?(?:an?|one)"
    r" (second|minute|hour|day|week|month)\b",
    FLAGS,
)
_BARE: Final = Pattern(
    r"(?:try again in|retry[- ]after|retry in|wait(?: for)?)[:=]? ?(\d{1,13}(?:\.\d{1,9})?)"
    r"(?!\.?\d|[-/:年]\d)",
    FLAGS,
)
_CHINESE_DELAY: Final = Pattern(r"(\d{1,9})\s?(秒钟?|分钟?|小时|天)[之以]?后")
_REMAINING: Final = Pattern(rf"({DURATION}) (?:left|remain(?:s|ing)?|to go)\b", FLAGS)
_CLOCK_DELAY: Final = Pattern(rf"{_BACK}{_NEAR}\b(?:in|after|for) (\d{{1,3}}:\d\d:\d\d)\b", FLAGS)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BEGINNING: Final = Pattern(
    rf"{_BACK}{_GAP}\b(?:(?P<day>tomorrow|next day)|(?P<month>next month|end of (?:the|this) month"
    rf"|new month)|(?P<week>next week|end of (?:the|this) week)"
    rf"|(?P<weekday>{'|'.join(_DAYS)})(?:s?day|nesday|rsday|urday)?)\b"
    rf"(?:,? (?:at )?{TIME_OF_DAY})?",
    FLAGS,
)
"""Of a day, a week or a month, perhaps with a time."""
_NO_DELAY: Final = Pattern(r"\b(?:every|each|per|limit|within|last|past)\b", FLAGS)
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
    if found := _CLOCK_DELAY.search(text) or _CHINESE_DELAY.search(text):
        return duration_of("".join(found.groups()))
    if found := _REMAINING.search(text):
        return duration_of(found[1])
    if found := _ONE.search(text):
        return duration_of(f"1 {found[1]}")
    return seconds_until(found[1], 0.0) if (found := _BARE.search(text)) else None


def time_in(text: str, now: float, zone: tzinfo = UTC) -> float | None:
    """Return the seconds from `now` to the time of the day, or the day, week or month, in `text`.

    In `zone` unless the text names another; None without one.
    """
    text = text[:_MAX_TEXT]
    if found := _BEGINNING.search(text):
        return _until_beginning(found, now, zone)
    return time_until(found, now, zone) if (found := _TIME.search(text)) else None


def until_next_month(now: float, zone: tzinfo) -> float:
    """Return the seconds from `now` to the first of the next month in `zone`."""
    today = datetime.fromtimestamp(now, zone)
    years, month = divmod(today.month, 12)
    return datetime(today.year + years, month + 1, 1, tzinfo=zone).timestamp() - now


def _until_beginning(found: re.Match[str], now: float, zone: tzinfo) -> float:
    today = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    weekday = _DAYS.index(found["weekday"].lower()) if found["weekday"] else 0
    days = (weekday - today.weekday()) % 7 or 7
    wait = today.timestamp() + (1 if found["day"] else days) * DAY - now
    if found["month"]:
        wait = until_next_month(now, zone)
    elif found["hour"] or found["midnight"]:
        at = time_until(found, now + wait - 1, zone)  # the first such time of that day
        wait += at - 1 if at is not None else 0.0
    # The zone is a guess: close to midnight, the day may have begun elsewhere or not.
    return max(wait, HOUR)
