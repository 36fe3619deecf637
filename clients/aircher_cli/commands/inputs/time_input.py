"""Times as one types them: 7d, 24h, 2026-11-01, today, yesterday, month. All in local time."""

import re
import time
from datetime import date

from aircher_cli.exit_codes import UsageError

_AGO = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_DATE = re.compile(r"(20[0-9]{2})-([0-9]{2})-([0-9]{2})")
_SECONDS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}

TIME_FORMATS = "7d, 24h, 2w, 2026-11-01, today, yesterday, month"

Span = tuple[float, float]
"""The first moment that is meant, and the first one after it, as Unix times."""


def read_span(typed: str, option: str, now: float) -> Span:
    """Return the time that a word means: a moment, a day, or this month so far.

    `7d` is the moment 7 times 24 hours ago.

    Args:
        typed: One of the forms.
        option: Where it was typed, for the error.
        now: Unix time.

    Raises:
        UsageError: it is none of the forms, no date, or after now.
    """
    if ago := _AGO.fullmatch(typed):
        moment = now - int(ago[1]) * _SECONDS[ago[2]]
        return moment, moment
    span = _calendar(typed, option, now)
    if span[0] > now:
        raise UsageError(f"{option}: {typed} is still to come")
    return span


def _calendar(typed: str, option: str, now: float) -> Span:
    year, month, day, *_ = time.localtime(now)
    if typed == "today":
        return _day_span(year, month, day, day + 1)
    if typed == "yesterday":
        return _day_span(year, month, day - 1, day)
    if typed == "month":
        return _day_span(year, month, 1, day + 1)
    if given := _DATE.fullmatch(typed):
        year, month, day = map(int, given.groups())
        try:
            date(year, month, day)
        except ValueError:
            raise UsageError(f"{option}: there is no such day: {typed}") from None
        return _day_span(year, month, day, day + 1)
    raise UsageError(f"{option}: takes one of {TIME_FORMATS}", "aircher-cli usage --help")


def _day_span(year: int, month: int, first: int, after: int) -> Span:
    """Return midnight of two days; `mktime` knows what the 32nd is, and when clocks are changed."""
    start, end = (time.mktime((year, month, day, 0, 0, 0, 0, 0, -1)) for day in (first, after))
    return start, end
