"""Hours and days of local time as numbers, and which tables cover a time range: pure.

    hour = ordinal of the local date * 24 + hour of the day        day = hour // 24

Every attempt is in one row of `attempts`, and counted in one row of `hours` and one of `days`. A
report takes whole days from `days`, the remaining hours from `hours`, and only the partial hours at
both ends from `attempts`:

    since                                                      until
      |attempts|  hours  |        days        |  hours  |attempts|

An attempt keeps the hour it was made in: reports do not change for what was counted before when the
clock jumps or the machine moves to another time zone.
"""

import math
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal, NamedTuple

Table = Literal["attempts", "hours", "days"]

FIRST_HOUR = 0
LAST_HOUR = date.max.toordinal() * 24 + 23
LATEST = 253_370_764_800.0
"""The year 9999: later times are clamped to it."""
MINUTE = 60.0
RECENT_HOURS = 2
"""Hours before this one that a sliding hour may reach into after a clock was set forward."""


class TableRange(NamedTuple):
    """Rows of a table from `first` to `last` inclusive: days in `days`, else hours."""

    table: Table
    first: int
    last: int


def clamp_time(at: float) -> float:
    """Return the nearest time that has a date: a clock may return anything."""
    if 0 <= at <= LATEST:
        return at
    return LATEST if at > LATEST else 0.0


def milliseconds(at: float) -> int:
    """Return a time as the ledger stores it."""
    return round((at if 0 <= at <= LATEST else clamp_time(at)) * 1000)


def local_hour(at: float, tz: tzinfo | None) -> int:
    """Return the hour of a Unix time; `tz` None is the machine's time zone."""
    moment = datetime.fromtimestamp(clamp_time(at), tz)
    return moment.toordinal() * 24 + moment.hour


class LocalHours:
    """`local_hour` with a cache of the last minute."""

    __slots__ = ("_first", "_hour", "_tz")

    def __init__(self, tz: tzinfo | None) -> None:
        self._tz = tz
        self._first = math.inf  # start of the minute that is entirely in `_hour`
        self._hour = 0

    def of(self, at: float) -> int:
        """Return the hour of a Unix time."""
        if not 0 <= at - self._first < MINUTE:
            self._first, self._hour = math.inf, local_hour(at, self._tz)
            first = clamp_time(at) // MINUTE * MINUTE
            if local_hour(first, self._tz) == local_hour(first + MINUTE - 1e-3, self._tz):
                self._first = first
        return self._hour


def hour_start(hour: int, tz: tzinfo | None) -> float:
    """Return the Unix time when an hour begins; the first one if it occurs twice."""
    moment = datetime.fromordinal(hour // 24) + timedelta(hours=hour % 24)
    return moment.replace(tzinfo=tz).timestamp()


def day_text(day: int) -> str:
    """Return a date like 2026-11-22."""
    return date.fromordinal(day).isoformat()


def table_ranges(
    since: float | None, until: float | None, *, kept: int, tz: tzinfo | None
) -> list[TableRange]:
    """Return what to read for `since` <= at < `until`, without overlap.

    Before the hour `kept`, the first of a day, only days are left: a partial day counts whole.
    """
    if since is not None and until is not None and since >= until:
        return []
    first, last, edges = FIRST_HOUR, LAST_HOUR, []
    if since is not None:
        first = local_hour(since, tz)
        if hour_start(first, tz) != since and first >= kept:
            edges.append(first)
            first += 1
    if until is not None:
        last = local_hour(until, tz)
        if hour_start(last, tz) == until:
            last -= 1
        elif last >= kept:
            edges.append(last)
            last -= 1
    parts = [TableRange("attempts", edge, edge) for edge in dict.fromkeys(edges)]
    return parts + _whole_hours(first, last, kept)


def recent_ranges(since: float, now: float, *, kept: int, tz: tzinfo | None) -> list[TableRange]:
    """Return what to read since then: single attempts for at least the last hour."""
    recent = max(local_hour(now, tz) - RECENT_HOURS, kept)
    first = local_hour(since, tz)
    if first >= recent:
        return [TableRange("attempts", first, LAST_HOUR)]
    parts = table_ranges(since, hour_start(recent, tz), kept=kept, tz=tz)
    return [*parts, TableRange("attempts", recent, LAST_HOUR)]


def _whole_hours(first: int, last: int, kept: int) -> list[TableRange]:
    if first < kept:
        first -= first % 24
    if last < kept:
        last += 23 - last % 24
    first_day, next_day = -(-first // 24), (last + 1) // 24
    if first_day >= next_day:
        found = [TableRange("hours", first, last)]
    else:
        found = [
            TableRange("hours", first, first_day * 24 - 1),
            TableRange("days", first_day, next_day - 1),
            TableRange("hours", next_day * 24, last),
        ]
    return [part for part in found if part.first <= part.last]
