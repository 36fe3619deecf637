"""Parses times in local time: 30min, 7d, 24h, 2026-11-01, today, yesterday, month, 18:00.

`5m` is refused: minutes and months are equally likely, and a guess would sum up something else.
"""

import re
import time
from datetime import date

from aircher_cli.exit_codes import UsageError

_AGO = re.compile(r"([1-9][0-9]{0,4})(min|[hdw])")
_DATE = re.compile(r"(20[0-9]{2})-([0-9]{2})-([0-9]{2})")
_TIME_OF_DAY = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_SECONDS = {"min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}

_MOMENT = re.compile(rf"({_DATE.pattern})[T ]({_TIME_OF_DAY.pattern})")

TIME_FORMATS = "30min, 24h, 7d, 2w, 10:30, 2026-11-01, 2026-11-01T10:30, today, yesterday, month"

Span = tuple[float, float]
"""(first moment, first moment after it), as Unix times."""


def read_span(typed: str, option: str, now: float) -> Span:
    """Parse a time: a moment, a day, or this month so far.

    `7d` is the moment 7 times 24 hours ago, and a time of day the last one of that name.

    Args:
        typed: A time in one of `TIME_FORMATS`.
        option: The option, for error messages.
        now: Unix time.

    Raises:
        UsageError: the format or the date is invalid, or the time is in the future.
    """
    if ago := _AGO.fullmatch(typed):
        moment = now - int(ago[1]) * _SECONDS[ago[2]]
        return moment, moment
    span = _clock_span(typed, option, now) or _calendar(typed, option, now)
    if span[0] > now:
        raise UsageError(f"{option}: {typed} is in the future")
    return span


def read_length(typed: str, option: str) -> float:
    """Parse a length of time, such as 30min, 2h or 7d, in seconds.

    Raises:
        UsageError: it is something else.
    """
    found = _AGO.fullmatch(typed)
    if found is None:
        raise UsageError(f"{option}: must be a length of time: 30min, 2h, 7d, 1w")
    return float(int(found[1]) * _SECONDS[found[2]])


def read_end(typed: str, option: str, now: float) -> float:
    """Parse a time that is to come, as a Unix time: 18:00, 2026-12-24, 2026-12-24T18:00.

    A time of day is the next one of that name. A date is its first moment.

    Raises:
        UsageError: it is something else, or over.
    """
    day, separator, time_of_day = typed.partition("T")
    if not separator and not _DATE.fullmatch(day):
        day, time_of_day = "", typed
    clock = _TIME_OF_DAY.fullmatch(time_of_day if separator or not day else "00:00")
    if clock is None or (day and not _DATE.fullmatch(day)):
        raise UsageError(f"{option}: must be a time: 18:00, 2026-12-24 or 2026-12-24T18:00")
    hour, minute = int(clock[1]), int(clock[2])
    if not day:
        year, month, today, *_ = time.localtime(now)
        moments = (_moment(year, month, today + days, hour, minute) for days in (0, 1, 2))
        return next(moment for moment in moments if moment > now)
    _calendar(day, option, now)  # checks that the date exists
    year, month, today = map(int, day.split("-"))
    moment = _moment(year, month, today, hour, minute)
    if moment <= now:
        raise UsageError(f"{option}: {typed} is over")
    return moment


def _clock_span(typed: str, option: str, now: float) -> Span | None:
    """Parse a time of day, with or without its date; None if it is something else."""
    dated = _MOMENT.fullmatch(typed)
    clock = _TIME_OF_DAY.fullmatch(typed.removeprefix(dated[1])[1:] if dated else typed)
    if clock is None:
        return None
    hour, minute = int(clock[1]), int(clock[2])
    if dated:
        _calendar(dated[1], option, now)  # checks that the date exists
        year, month, day = map(int, dated[1].split("-"))
        moment = _moment(year, month, day, hour, minute)
    else:
        year, month, day, *_ = time.localtime(now)
        moments = (_moment(year, month, day - days, hour, minute) for days in (0, 1, 2))
        moment = next(each for each in moments if each <= now)
    return moment, moment


def _moment(year: int, month: int, day: int, hour: int, minute: int) -> float:
    return time.mktime((year, month, day, hour, minute, 0, 0, 0, -1))


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
            raise UsageError(f"{option}: {typed} is not a date") from None
        return _day_span(year, month, day, day + 1)
    meant = f" (did you mean {typed}in?)" if re.fullmatch(r"[1-9][0-9]*m", typed) else ""
    raise UsageError(f"{option}: must be a time such as {TIME_FORMATS}{meant}")


def _day_span(year: int, month: int, first: int, after: int) -> Span:
    """Return midnight of two days; `mktime` handles day 32 and daylight saving time."""
    start, end = (time.mktime((year, month, day, 0, 0, 0, 0, 0, -1)) for day in (first, after))
    return start, end
