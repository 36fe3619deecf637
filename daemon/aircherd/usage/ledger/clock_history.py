"""When the clock was set: from which attempt on it was ahead of the steady time, and by how much.

An attempt has the clock's time in its row, for reports. Limits count by the time that really
passed: the row's time less the offset of its number. Nothing is written unless the clock is set, or
the machine was started.
"""

import sqlite3
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from aircherd.usage.ledger.replay import GROUPS, Cells, ReplayedUsage, replayed
from aircherd.usage.ledger.sqlite import read_rows, scalar, transaction
from aircherd.usage.steady_clock import Stored

TOLERANCE = 2.0
"""Seconds: smaller changes are corrections."""
LONGEST = 32 * 86400.0
"""Seconds that a limit may count."""
SINGLE = 7200.0
"""Seconds in which attempts are read one by one, because minutes and hours are sliding windows."""

# Without it, a ledger is of no earlier version: an earlier aircher ignores it.
_CREATE = (
    "CREATE TABLE IF NOT EXISTS clock_offsets (attempt INTEGER PRIMARY KEY, "
    "offset_ms INTEGER NOT NULL, boot INTEGER, added_ms INTEGER NOT NULL)"
)
_EXISTS = "SELECT max(name) FROM sqlite_master WHERE name = 'clock_offsets'"
_ADD = "INSERT OR REPLACE INTO clock_offsets VALUES (?, ?, ?, ?)"
_REMOVE = "DELETE FROM clock_offsets WHERE attempt < ?"
_FIRST_TIME = "SELECT at_ms FROM attempts WHERE id >= ? ORDER BY id LIMIT 1"
_LAST_TIME = "SELECT max(at_ms) FROM attempts WHERE id = (SELECT max(id) FROM attempts)"
_MARGINS = (
    "FROM margins JOIN parties ON parties.id = party "
    "WHERE attempt >= ? AND attempt < ? AND at_ms >= ?"
)
_MARGIN = (
    "'unknown'",
    "1",
    "ifnull(input_tokens, 0)",
    "ifnull(output_tokens, 0)",
    "ifnull(cost_nano, 0)",
)
_SUMS = (
    "count(*)",
    "ifnull(sum(input_tokens), 0)",
    "ifnull(sum(output_tokens), 0)",
    "ifnull(sum(cost_nano), 0)",
)


class Period(NamedTuple):
    """From attempt number `first` on, the clock was `offset` seconds ahead of the steady time."""

    first: int
    offset: float
    boot: int | None
    added: float


FIRST = Period(0, 0.0, None, 0.0)


class EndedAttempts(NamedTuple):
    """Which attempts had ended at a moment: all below `before` but those `without`.

    `steady` is that moment; `periods` say what the clock was ahead of the steady time.
    """

    before: int
    without: Collection[int]
    periods: Sequence[Period]
    steady: float


class _Record(NamedTuple):
    first: int
    offset_ms: int
    boot: int | None
    added_ms: int


def read_periods(connection: sqlite3.Connection) -> list[Period]:
    """Return the periods in order. At first the offset is 0."""
    if scalar(connection, _EXISTS) is None:
        return [FIRST]
    columns = ["attempt", "offset_ms", "boot", "added_ms"]
    records = read_rows(connection, columns, "FROM clock_offsets ORDER BY 1", (), _Record)
    return [FIRST] * (not records) + [
        Period(each.first, each.offset_ms / 1000, each.boot, each.added_ms / 1000)
        for each in records
    ]


def read_stored(connection: sqlite3.Connection) -> Stored:
    """Return what a start has to know to go on with the steady time."""
    periods = read_periods(connection)
    last_at = scalar(connection, _LAST_TIME)
    _, offset, boot, added = periods[-1]
    last = None if last_at is None else int(str(last_at)) / 1000
    return Stored(boot, added, offset, None if last is None else (last - offset, last))


def note_period(connection: sqlite3.Connection, period: Period, steady: float) -> None:
    """Record a period, and forget those that no limit counts any more."""
    periods = read_periods(connection)
    connection.execute(_CREATE)
    old = [each.first for each in periods if _is_old(connection, each, steady)]
    with transaction(connection):
        for each in dict.fromkeys((periods[0], period)):
            milliseconds = (round(each.offset * 1000), each.boot, round(each.added * 1000))
            connection.execute(_ADD, (each.first, *milliseconds))
        if old:
            connection.execute(_REMOVE, (old[-1],))


def _is_old(connection: sqlite3.Connection, period: Period, steady: float) -> bool:
    """Return whether a period began so long ago that no limit counts what was before it."""
    row = connection.execute(_FIRST_TIME, (period.first,)).fetchone()
    return row is not None and row[0] / 1000 - period.offset < steady - LONGEST


def has_jumped(periods: Collection[Period], offset: float) -> bool:
    """Return whether the clock was set since anything that a limit may count."""
    return any(abs(period.offset - offset) > TOLERANCE for period in periods)


def read_jumped_usage(
    connection: sqlite3.Connection,
    periods: Collection[Period],
    *,
    steady: float,
    before: int,
    without: Collection[int],
) -> list[ReplayedUsage]:
    """Return the attempts of the last 32 days that really passed, each with its steady time.

    Those of the last two hours come one by one, earlier ones as sums of an hour. `steady` is now;
    attempts are left out if their number is not below `before` or is one of `without`.
    """
    found: list[ReplayedUsage] = []
    starts = list(periods)
    excluded = msgspec.json.encode(list(without)).decode()
    for number, period in enumerate(starts):
        end = starts[number + 1].first if number + 1 < len(starts) else before
        single = round((steady - SINGLE + period.offset) * 1000)
        oldest = round((steady - LONGEST + period.offset) * 1000)
        source = (
            "FROM attempts JOIN parties ON parties.id = party WHERE attempts.id >= ? "
            "AND attempts.id < ? AND at_ms >= ? AND at_ms < ? AND outcome <> 'started' "
            "AND attempts.id NOT IN (SELECT value FROM json_each(?)) GROUP BY "
        )
        ids = (period.first, min(end, before))
        for group, times in (
            ("attempts.id", (single, 2**62)),
            ("hour, party, outcome", (oldest, single)),
        ):
            arguments = (*ids, *times, excluded)
            columns = ["max(at_ms)", *GROUPS, *_SUMS]
            rows = read_rows(connection, columns, source + group, arguments, Cells)
            found += [_at(row, period.offset) for row in rows]
        margins = (*ids, oldest)
        rows = read_rows(connection, ["at_ms", *GROUPS[:-1], *_MARGIN], _MARGINS, margins, Cells)
        found += [_at(row, period.offset, is_margin=True) for row in rows]
    return found


def _at(cells: Cells, offset: float, *, is_margin: bool = False) -> ReplayedUsage:
    at = cells.when / 1000
    return replayed(cells, at, steady=at - offset, is_margin=is_margin)
