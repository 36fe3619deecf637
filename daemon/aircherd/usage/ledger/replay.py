"""Recent usage, for limits to count.

Attempts of the last hour come one by one, because minutes and hours are sliding windows. Older ones
come as sums of whole hours and days of local time, because days and months follow the calendar. So
a month of a million attempts is about a thousand rows.
"""

import sqlite3
from collections.abc import Collection
from datetime import tzinfo
from typing import NamedTuple

import msgspec

from aircherd.usage.ledger import schema
from aircherd.usage.ledger.sqlite import read_rows, scalar
from aircherd.usage.time_buckets import (
    TableRange,
    hour_start,
    local_hour,
    milliseconds,
    recent_ranges,
)


class ReplayedUsage(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that has ended, or `requests` of them, all made in one hour or day.

    `at` is when it was made, or when that hour or day began, by the clock. `steady` is the same on
    the time that only goes forward, None if the clock was not set since. Tokens and cost that the
    provider did not report are estimates. `cost_nano` lacks attempts of unknown cost. `is_margin`
    marks what counts because it may have been lost: see `safety.margin`.
    """

    at: float
    provider: str
    model: str
    key: str | None
    client: str
    project: str | None = None
    outcome: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_nano: int
    is_margin: bool = False
    steady: float | None = None


class Cells(NamedTuple):
    """A row as it is read: `when` is a time in ms, an hour or a day; no key or project is ''."""

    when: int
    provider: str
    model: str
    key: str
    client: str
    project: str
    outcome: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_nano: int


MAX_ZONES_APART = 26
"""Hours between the clocks of two zones on Earth."""
MAX_ID = 2**62
"""No attempt has a larger number."""

GROUPS = ("provider", "model", "key", "client", "project", "outcome")
_SINGLE = ("1", "ifnull(input_tokens, 0)", "ifnull(output_tokens, 0)", "ifnull(cost_nano, 0)")
_SUMMED = ("sum(requests)", "sum(input_tokens)", "sum(output_tokens)", "sum(cost_nano)")


def read_replayed_usage(
    connection: sqlite3.Connection,
    *,
    since: float,
    now: float,
    tz: tzinfo | None,
    before: int = MAX_ID + 1,
    without: Collection[int] = (),
) -> list[ReplayedUsage]:
    """Return the ended attempts made at `since` or later, in no particular order.

    Attempts that come one by one are left out if their number is not below `before` or is one of
    `without`. With the next number and those in progress at `now`, the result is always the same.
    Attempts keep the hour of the zone they were made in: those of a journey east are in hours that
    had ended before `since`, and come one by one.
    """
    found: list[ReplayedUsage] = []
    kept = int(str(scalar(connection, schema.KEPT_HOUR)))
    for part in recent_ranges(since, now, kept=kept, tz=tz):
        if part.table == "attempts":
            found += _attempts(connection, part, since, before, without)
        else:
            found += _sums(connection, part, tz)
    first = local_hour(since, tz)
    in_other_zone = TableRange("attempts", first - MAX_ZONES_APART, first - 1)
    found += _attempts(connection, in_other_zone, since, before, without)
    return found + _margins(connection, since)


def _attempts(
    connection: sqlite3.Connection,
    part: TableRange,
    since: float,
    before: int,
    without: Collection[int],
) -> list[ReplayedUsage]:
    source = (
        "FROM attempts JOIN parties ON parties.id = party "
        "WHERE hour BETWEEN ? AND ? AND at_ms >= ? AND outcome <> 'started' AND attempts.id < ? "
        "AND attempts.id NOT IN (SELECT value FROM json_each(?))"
    )
    excluded = msgspec.json.encode(list(without)).decode()
    arguments = (part.first, part.last, milliseconds(since), before, excluded)
    rows = read_rows(connection, ["at_ms", *GROUPS, *_SINGLE], source, arguments, Cells)
    return [replayed(cells, cells.when / 1000) for cells in rows]


def _margins(connection: sqlite3.Connection, since: float) -> list[ReplayedUsage]:
    columns = ["at_ms", *GROUPS[:-1], "'unknown'", *_SINGLE]
    source = "FROM margins JOIN parties ON parties.id = party WHERE at_ms >= ?"
    rows = read_rows(connection, columns, source, (milliseconds(since),), Cells)
    return [replayed(cells, cells.when / 1000, is_margin=True) for cells in rows]


def _sums(
    connection: sqlite3.Connection, part: TableRange, tz: tzinfo | None
) -> list[ReplayedUsage]:
    unit, hours = ("hour", 1) if part.table == "hours" else ("day", 24)
    source = (
        f"FROM {part.table} JOIN parties ON parties.id = party "
        f"WHERE {unit} BETWEEN ? AND ? GROUP BY {unit}, {', '.join(GROUPS)}"
    )
    rows = read_rows(connection, [unit, *GROUPS, *_SUMMED], source, part[1:], Cells)
    return [replayed(cells, hour_start(cells.when * hours, tz)) for cells in rows]


def replayed(
    cells: Cells, at: float, *, steady: float | None = None, is_margin: bool = False
) -> ReplayedUsage:
    """Return what was read as usage of the time `at`."""
    return ReplayedUsage(
        at=at,
        steady=steady,
        provider=cells.provider,
        model=cells.model,
        key=cells.key or None,
        client=cells.client,
        project=cells.project or None,
        outcome=cells.outcome,
        requests=cells.requests,
        input_tokens=cells.input_tokens,
        output_tokens=cells.output_tokens,
        cost_nano=cells.cost_nano,
        is_margin=is_margin,
    )
