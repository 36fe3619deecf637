"""The spans of time in which limits count: pure, the time and its zone are handed in.

    minute, hour   roll: the last 60 or 3600 seconds
    day, month     the calendar's, in local time; a day of 23 or 25 hours is one day

`tz` None is the machine's own time zone, with its changes to and from summer time.
"""

from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from aircherd.config.model import Per
from aircherd.usage.time_buckets import sane


class Rolling(NamedTuple):
    """A rolling window: its length, and the length of the steps in which it moves, in seconds."""

    length: int
    step: int


ROLLING: dict[Per, Rolling] = {"minute": Rolling(60, 1), "hour": Rolling(3600, 10)}


def window_start(per: Per, now: float, tz: tzinfo | None) -> float:
    """Return since when is counted what is counted now, as Unix time."""
    if rolling := ROLLING.get(per):
        return now - rolling.length
    today = _midnight(now, tz)
    first = today if per == "day" else today.replace(day=1)
    return first.timestamp()


def next_start(per: Per, now: float, tz: tzinfo | None) -> float:
    """Return when the next day or month of the calendar begins, as Unix time.

    Raises:
        KeyError: `per` rolls, and has no next one.
    """
    following = _FOLLOWING[per](_midnight(now, tz))
    start = following.timestamp()
    # Where clocks are put back over midnight, it strikes twice; the first time may be past.
    return start if start > now else following.replace(fold=1).timestamp()


def _midnight(now: float, tz: tzinfo | None) -> datetime:
    """Return 0 o'clock of the day; one that was left out stands for the moment that came instead.

    (The clock before the gap is the one that `fold=0` reads, and by it the gap begins there.)
    """
    moment = datetime.fromtimestamp(sane(now), tz)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _next_day(midnight: datetime) -> datetime:
    return midnight + timedelta(days=1)


def _next_month(midnight: datetime) -> datetime:
    # The 1st plus 32 days is in the next month, whatever month it is.
    return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


_FOLLOWING = {"day": _next_day, "month": _next_month}
