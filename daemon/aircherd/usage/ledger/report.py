"""What was used and spent, summed up: a report by any of day, provider, model, client and so on.

Only attempts that have ended are counted. What nobody told of one, because it was cut off or nobody
saw it end, is counted as it was estimated, as limits count it: it is in the sums, and what begins
with `estimated` says how much of them that is.
"""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import tzinfo
from typing import Literal, cast, get_args

import msgspec

from aircherd.errors import BadRequest
from aircherd.usage.ledger import schema
from aircherd.usage.ledger.bulk_read import kept_hour, read_rows
from aircherd.usage.time_buckets import Piece, day_text, milliseconds, pieces

By = Literal["day", "provider", "model", "key", "client", "project", "outcome"]
BY: tuple[By, ...] = get_args(By)

_UNITS = {"attempts": "hour", "hours": "hour", "days": "day"}
_DAYS = {"attempts": "hour / 24", "hours": "hour / 24", "days": "day"}
_SUMS = (
    *(f"ifnull(sum({name}), 0)" for name in schema.SUMS),
    "ifnull(sum(CASE WHEN outcome NOT IN ('ok', 'cancelled', 'unknown') THEN requests END), 0)",
)
_EVER = (-1, 2**62)


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What attempts took together; cost in nano-USD, without those that are `unpriced`.

    `estimated` counts attempts of which anything is estimated, what follows it is how much of the
    sums that makes; `failed` counts those that ended in an error.
    """

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_nano: int = 0
    unpriced: int = 0
    estimated: int = 0
    estimated_input_tokens: int = 0
    estimated_output_tokens: int = 0
    estimated_cost_nano: int = 0
    failed: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        mine, theirs = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        pairs = zip(self.__struct_fields__, mine, theirs, strict=True)
        return Sums(**{field: one + two for field, one, two in pairs})


class ReportRow(msgspec.Struct, frozen=True):
    """The sums of one group: `by` has its day (2026-11-22), provider and so on, None if none."""

    by: dict[str, str | None]
    sums: Sums


class UsageReport(msgspec.Struct, frozen=True):
    """Groups in the order of their names, and what they make together."""

    rows: list[ReportRow]
    totals: Sums


def checked(by: Collection[str]) -> tuple[By, ...]:
    """Return what to group by, each once.

    Raises:
        BadRequest: there is no such thing to group by.
    """
    for name in by:
        if name not in BY:
            raise BadRequest(f"by: {name!r} is none of {', '.join(BY)}")
    return cast("tuple[By, ...]", tuple(dict.fromkeys(by)))


def read_report(
    connection: sqlite3.Connection,
    *,
    since: float | None,
    until: float | None,
    by: Sequence[By],
    tz: tzinfo | None,
) -> UsageReport:
    """Sum up attempts of `since` <= at < `until`, Unix seconds; None is without end."""
    parts = pieces(since, until, kept=kept_hour(connection), tz=tz)
    if not parts:
        return UsageReport([], Sums())
    bounds = (
        _EVER[0] if since is None else milliseconds(since),
        _EVER[1] if until is None else milliseconds(until),
    )
    arguments = [value for part in parts for value in _arguments(part, bounds)]
    found = read_rows(connection, [*by, *_SUMS], _source(parts, by), arguments, list[int | str])
    rows = [_row(by, cells) for cells in sorted(found, key=lambda cells: cells[: len(by)])]
    return UsageReport(rows if by else [], sum((row.sums for row in rows), Sums()))


def _source(parts: Sequence[Piece], by: Sequence[By]) -> str:
    rows = " UNION ALL ".join(_part(part) for part in parts)
    source = f"FROM ({rows}) JOIN parties ON parties.id = party"
    return f"{source} GROUP BY {', '.join(by)}" if by else source


def _part(part: Piece) -> str:
    """Return the rows of a piece, all in one form: day, party, outcome and the sums."""
    table, unit = part.table, _UNITS[part.table]
    names = ", ".join(schema.SUMS)
    where = f"{unit} BETWEEN ? AND ?"
    if table == "attempts":
        pairs = zip(schema.summands(), schema.SUMS, strict=True)
        names = ", ".join(f"{summand} AS {name}" for summand, name in pairs)
        where += " AND at_ms >= ? AND at_ms < ? AND outcome <> 'started'"
    return f"SELECT {_DAYS[table]} AS day, party, outcome, {names} FROM {table} WHERE {where}"  # noqa: S608 - likewise


def _arguments(part: Piece, bounds: tuple[int, int]) -> tuple[int, ...]:
    within = bounds if part.table == "attempts" else ()
    return (part.first, part.last, *within)


def _row(by: Sequence[By], cells: Sequence[int | str]) -> ReportRow:
    names: dict[str, str | None] = {
        name: _label(name, cell) for name, cell in zip(by, cells, strict=False)
    }
    numbers = zip(Sums.__struct_fields__, cells[len(by) :], strict=True)
    return ReportRow(names, Sums(**{field: int(cell) for field, cell in numbers}))


def _label(name: By, cell: int | str) -> str | None:
    return day_text(int(cell)) if name == "day" else str(cell) or None
