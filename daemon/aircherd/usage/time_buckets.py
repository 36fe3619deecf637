"""Hours and days of local time as numbers, and which tables hold a span of time: pure.

    hour = ordinal of the local date * 24 + hour of the day        day = hour // 24

Every attempt is in one row of `attempts`, and counted in one row of `hours` and one of `days`. A
report takes whole days from `days`, the hours beside them from `hours`, and only the parts of an
hour at its two ends attempt by attempt:

    since                                                      until
      |attempts|  hours  |        days        |  hours  |attempts|

An attempt keeps the hour it was made in: where the clock jumps, or the machine travels to another
time zone, reports change for nothing that was counted before.
"""

import math
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal, NamedTuple

Table = Literal["attempts", "hours", "days"]

BEGINNING = 0
END = date.max.toordinal() * 24 + 23
LATEST = 253_370_764_800.0
"""The year 9999: clocks that say more are taken to say this."""
MINUTE = 60.0
RECENT_HOURS = 2
"""Hours before this one that a rolling hour may reach into, when a clock is put forward."""


class Piece(NamedTuple):
    """Rows of a table from `first` to `last`, both included: hours, in `days` days."""

    table: Table
    first: int
    last: int


def sane(at: float) -> float:
    """Return a time that has a date; a clock can say anything."""
    if 0 <= at <= LATEST:
        return at
    return LATEST if at > LATEST else 0.0


def milliseconds(at: float) -> int:
    """Return a time as the ledger keeps it."""
    return round((at if 0 <= at <= LATEST else sane(at)) * 1000)


def local_hour(at: float, tz: tzinfo | None) -> int:
    """Return the hour a moment is in; `tz` None is the machine's time zone."""
    moment = datetime.fromtimestamp(sane(at), tz)
    return moment.toordinal() * 24 + moment.hour


class LocalHours:
    """Hours as `local_hour` has them, the one of the last minute remembered."""

    __slots__ = ("_first", "_hour", "_tz")

    def __init__(self, tz: tzinfo | None) -> None:
        self._tz = tz
        self._first = math.inf  # the minute of which all is in `_hour`
        self._hour = 0

    def of(self, at: float) -> int:
        """Return the hour a moment is in."""
        if not 0 <= at - self._first < MINUTE:
            self._first, self._hour = math.inf, local_hour(at, self._tz)
            first = sane(at) // MINUTE * MINUTE
            if local_hour(first, self._tz) == local_hour(first + MINUTE - 1e-3, self._tz):
                self._first = first
        return self._hour


def hour_start(hour: int, tz: tzinfo | None) -> float:
    """Return when an hour begins; of one that comes twice, the first time."""
    moment = datetime.fromordinal(hour // 24) + timedelta(hours=hour % 24)
    return moment.replace(tzinfo=tz).timestamp()


def day_text(day: int) -> str:
    """Return the date as 2026-11-22."""
    return date.fromordinal(day).isoformat()


def pieces(
    since: float | None, until: float | None, *, kept: int, tz: tzinfo | None
) -> list[Piece]:
    """Return what to read for `since` <= at < `until`; pieces do not overlap.

    Before the hour `kept`, the first of a day, only days are left: a part of one counts whole.
    """
    if since is not None and until is not None and since >= until:
        return []
    first, last, edges = BEGINNING, END, []
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
    parts = [Piece("attempts", edge, edge) for edge in dict.fromkeys(edges)]
    return parts + _whole_hours(first, last, kept)


def recent_pieces(since: float, now: float, *, kept: int, tz: tzinfo | None) -> list[Piece]:
    """Return what to read for all since then: attempt by attempt for at least the last hour."""
    recent = max(local_hour(now, tz) - RECENT_HOURS, kept)
    first = local_hour(since, tz)
    if first >= recent:
        return [Piece("attempts", first, END)]
    parts = pieces(since, hour_start(recent, tz), kept=kept, tz=tz)
    return [*parts, Piece("attempts", recent, END)]


def _whole_hours(first: int, last: int, kept: int) -> list[Piece]:
    if first < kept:
        first -= first % 24
    if last < kept:
        last += 23 - last % 24
    first_day, next_day = -(-first // 24), (last + 1) // 24
    if first_day >= next_day:
        found = [Piece("hours", first, last)]
    else:
        found = [
            Piece("hours", first, first_day * 24 - 1),
            Piece("days", first_day, next_day - 1),
            Piece("hours", next_day * 24, last),
        ]
    return [piece for piece in found if piece.first <= piece.last]
