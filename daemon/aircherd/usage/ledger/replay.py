"""What was spent of late, for those who count it against limits.

Attempts of the last hour come one by one, for minutes and hours roll; older ones as sums of whole
hours and days of local time, for days and months are the calendar's. So a month of a million
attempts is some thousand rows.
"""

import sqlite3
from collections.abc import Collection
from datetime import tzinfo
from typing import NamedTuple

import msgspec

from aircherd.usage.ledger.bulk_read import kept_hour, read_rows
from aircherd.usage.time_buckets import Piece, hour_start, milliseconds, recent_pieces


class ReplayedUsage(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that has ended, or as many as `requests` says, all made in one hour or day.

    `at` is when it was made, or when that hour or day began. What nobody told of tokens and cost is
    what was estimated. `cost_nano` leaves out what has no known cost.
    """

    at: float
    provider: str
    model: str
    key: str | None
    client: str
    outcome: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_nano: int


class _Cells(NamedTuple):
    """A row as it is read: `when` is a time in ms, an hour or a day; no key is ''."""

    when: int
    provider: str
    model: str
    key: str
    client: str
    outcome: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_nano: int


LAST = 2**62
"""No attempt has a larger number."""

_WHO = ("provider", "model", "key", "client", "outcome")
_SINGLE = ("1", "ifnull(input_tokens, 0)", "ifnull(output_tokens, 0)", "ifnull(cost_nano, 0)")
_SUMMED = ("sum(requests)", "sum(input_tokens)", "sum(output_tokens)", "sum(cost_nano)")


def read_replayed_usage(
    connection: sqlite3.Connection,
    *,
    since: float,
    now: float,
    tz: tzinfo | None,
    before: int = LAST + 1,
    without: Collection[int] = (),
) -> list[ReplayedUsage]:
    """Return what has ended of the attempts made at `since` or later, in no order.

    Of those that come one by one, only those with a number below `before` that is not one of
    `without`: told which were next and under way at `now`, this returns the same whenever it is
    asked.
    """
    found: list[ReplayedUsage] = []
    for part in recent_pieces(since, now, kept=kept_hour(connection), tz=tz):
        if part.table == "attempts":
            found += _attempts(connection, part, since, before, without)
        else:
            found += _sums(connection, part, tz)
    return found


def _attempts(
    connection: sqlite3.Connection,
    part: Piece,
    since: float,
    before: int,
    without: Collection[int],
) -> list[ReplayedUsage]:
    source = (
        "FROM attempts JOIN parties ON parties.id = party "
        "WHERE hour BETWEEN ? AND ? AND at_ms >= ? AND outcome <> 'started' AND attempts.id < ? "
        "AND attempts.id NOT IN (SELECT value FROM json_each(?))"
    )
    left_out = msgspec.json.encode(list(without)).decode()
    arguments = (part.first, part.last, milliseconds(since), before, left_out)
    rows = read_rows(connection, ["at_ms", *_WHO, *_SINGLE], source, arguments, _Cells)
    return [_spent(cells, cells.when / 1000) for cells in rows]


def _sums(connection: sqlite3.Connection, part: Piece, tz: tzinfo | None) -> list[ReplayedUsage]:
    unit, hours = ("hour", 1) if part.table == "hours" else ("day", 24)
    source = (
        f"FROM {part.table} JOIN parties ON parties.id = party "
        f"WHERE {unit} BETWEEN ? AND ? GROUP BY {unit}, {', '.join(_WHO)}"
    )
    rows = read_rows(connection, [unit, *_WHO, *_SUMMED], source, part[1:], _Cells)
    return [_spent(cells, hour_start(cells.when * hours, tz)) for cells in rows]


def _spent(cells: _Cells, at: float) -> ReplayedUsage:
    return ReplayedUsage(
        at=at,
        provider=cells.provider,
        model=cells.model,
        key=cells.key or None,
        client=cells.client,
        outcome=cells.outcome,
        requests=cells.requests,
        input_tokens=cells.input_tokens,
        output_tokens=cells.output_tokens,
        cost_nano=cells.cost_nano,
    )
