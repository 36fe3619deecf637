"""The periods that limits count: pure; the time and its zone are arguments.

    minute, hour   sliding: the last 60 or 3600 seconds
    day, month     of the calendar in local time; a day of 23 or 25 hours is one day

`tz` None is the machine's own time zone, with its changes to and from summer time.
"""

from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from aircherd.config.model import Per
from aircherd.usage.time_buckets import clamp_time


class Rolling(NamedTuple):
    """A sliding window: its length and the length of its steps, in seconds."""

    length: int
    step: int


ROLLING: dict[Per, Rolling] = {"minute": Rolling(60, 1), "hour": Rolling(3600, 10)}


def window_start(per: Per, now: float, tz: tzinfo | None) -> float:
    """Return the Unix time when the current period began."""
    if rolling := ROLLING.get(per):
        return now - rolling.length
    today = _midnight(now, tz)
    first = today if per == "day" else today.replace(day=1)
    return first.timestamp()


def next_start(per: Per, now: float, tz: tzinfo | None) -> float:
    """Return the Unix time when the next day or month begins.

    Raises:
        KeyError: `per` is a sliding period, which has no next one.
    """
    following = _FOLLOWING[per](_midnight(now, tz))
    start = following.timestamp()
    # If clocks are set back over midnight, it occurs twice; the first one may be past.
    return start if start > now else following.replace(fold=1).timestamp()


def _midnight(now: float, tz: tzinfo | None) -> datetime:
    """Return midnight of the day; one that was skipped is the moment that the gap begins.

    (`fold=0` reads the clock before the gap.)
    """
    moment = datetime.fromtimestamp(clamp_time(now), tz)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _next_day(midnight: datetime) -> datetime:
    return midnight + timedelta(days=1)


def _next_month(midnight: datetime) -> datetime:
    # The 1st plus 32 days is in the next month for every month.
    return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


_FOLLOWING = {"day": _next_day, "month": _next_month}
