"""Sums of days in the fleet's time zone, by the engine's clock, for `usage --fleet`.

Where attempts have been removed, the ledger's sums of local days are left, and each counts for the
day of the same date.
"""

import sqlite3
import time
from collections import Counter
from datetime import date, datetime, tzinfo
from typing import NamedTuple

import msgspec

from aircherd.usage.ledger import schema
from aircherd.usage.ledger.clock_history import EndedAttempts
from aircherd.usage.ledger.fleet.shared_usage import oldest_hour, spans
from aircherd.usage.ledger.sqlite import read_rows, scalar
from aircherd.usage.time_buckets import clamp_time, day_text

BLOCK = 900
"""Seconds: everywhere on Earth, a day begins at such a step of Unix time."""
KEPT_DAYS = 62

_SUMS = (
    "count(*)",
    "ifnull(sum(ifnull(input_tokens, 0) + ifnull(output_tokens, 0)), 0)",
    "ifnull(sum(cost_nano), 0)",
)
_DAYS = ("sum(requests)", "sum(input_tokens + output_tokens)", "sum(cost_nano)")


class DaySum(NamedTuple):
    """What was used on one day."""

    requests: int
    tokens: int
    cost_nano: int


class ReadDays(NamedTuple):
    """Sums by date, and the seconds of CPU that it took to add them up."""

    sums: dict[str, DaySum]
    seconds: float


class _Block(NamedTuple):
    """The sums of a step of time, or of a day."""

    number: int
    requests: int
    tokens: int
    cost_nano: int


def time_day_sums(
    connection: sqlite3.Connection,
    ended: EndedAttempts,
    *,
    ahead: float,
    zone: tzinfo,
    first: int,
    tz: tzinfo | None,
    days: int,
) -> ReadDays:
    """Return what `read_day_sums` does, and what it cost the ledger's thread."""
    began = time.thread_time()
    sums = read_day_sums(connection, ended, ahead=ahead, zone=zone, first=first, tz=tz, days=days)
    return ReadDays(sums, time.thread_time() - began)


def read_day_sums(
    connection: sqlite3.Connection,
    ended: EndedAttempts,
    *,
    ahead: float,
    zone: tzinfo,
    first: int,
    tz: tzinfo | None,
    days: int = KEPT_DAYS,
) -> dict[str, DaySum]:
    """Return the sums of the last `days` days with any attempts, by date (2026-11-30).

    Args:
        connection: The ledger.
        ended: The attempts that had ended.
        ahead: What the engine's clock is ahead of the steady time, in seconds.
        zone: The fleet's time zone.
        first: The number of the first attempt that counts.
        tz: The zone of the ledger's hours.
        days: How many days, today included.
    """
    kept = int(str(scalar(connection, schema.KEPT_HOUR)))
    today = _date(ended.steady + ahead, zone)
    sums: dict[str, Counter[str]] = {}
    excluded = msgspec.json.encode(list(ended.without)).decode()
    for span in spans(ended, first):
        shift = ahead - span.offset
        oldest = ended.steady + span.offset - days * 86400.0
        source = (
            "FROM attempts WHERE id >= ? AND id < ? AND hour >= ? AND outcome <> 'started' "
            "AND id NOT IN (SELECT value FROM json_each(?)) GROUP BY 1"
        )
        block = f"(at_ms + {round(shift * 1000):d}) / {BLOCK * 1000}"
        hour = max(kept, oldest_hour(oldest, tz))
        arguments = (span.first, span.before, hour, excluded)
        for row in read_rows(connection, [block, *_SUMS], source, arguments, _Block):
            _add(sums, _date(row.number * BLOCK, zone).isoformat(), row)
    if first == 0:
        source = "FROM days WHERE day < ? AND day >= ? GROUP BY day"
        bounds = (kept // 24, today.toordinal() - days)
        for row in read_rows(connection, ["day", *_DAYS], source, bounds, _Block):
            _add(sums, day_text(row.number), row)
    since = date.fromordinal(today.toordinal() - days + 1).isoformat()
    return {day: DaySum(**found) for day, found in sorted(sums.items()) if day >= since}


def _date(at: float, zone: tzinfo) -> date:
    return datetime.fromtimestamp(clamp_time(at), zone).date()


def _add(sums: dict[str, Counter[str]], day: str, row: _Block) -> None:
    found = sums.setdefault(day, Counter(requests=0, tokens=0, cost_nano=0))
    found["requests"] += row.requests
    found["tokens"] += row.tokens
    found["cost_nano"] += row.cost_nano
