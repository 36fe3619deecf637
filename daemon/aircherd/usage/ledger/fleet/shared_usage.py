"""Recent usage for shared limits, on the side of the fleet's midnight that it belongs to.

A shared day or month begins in the fleet's time zone and by the engine's clock, so the ledger's
sums of local hours and days cannot be used: the attempts themselves are added up, on either side of
each `cut`, which is where such a day or month begins. The attempts of the last two hours come one
by one, for minutes and hours. (A million attempts take about a second, once in a start.)

Times are steady ones: when the clock of the machine was set does not matter.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

import msgspec

from aircherd.usage.ledger.clock_history import LONGEST, SINGLE, EndedAttempts
from aircherd.usage.ledger.replay import GROUPS, MAX_ZONES_APART, Cells, ReplayedUsage, replayed
from aircherd.usage.ledger.sqlite import read_rows
from aircherd.usage.time_buckets import local_hour

_SUMS = (
    "count(*)",
    "ifnull(sum(input_tokens), 0)",
    "ifnull(sum(output_tokens), 0)",
    "ifnull(sum(cost_nano), 0)",
)
_FROM = (
    "FROM attempts JOIN parties ON parties.id = party WHERE attempts.id >= ? AND attempts.id < ? "
    "AND hour >= ? AND at_ms >= ? AND outcome <> 'started' "
    "AND attempts.id NOT IN (SELECT value FROM json_each(?)) AND"
)
_MARGIN = (
    "'unknown'",
    "1",
    "ifnull(input_tokens, 0)",
    "ifnull(output_tokens, 0)",
    "ifnull(cost_nano, 0)",
)
_MARGINS = (
    "FROM margins JOIN parties ON parties.id = party "
    "WHERE attempt >= ? AND attempt < ? AND at_ms >= ?"
)


class Span(NamedTuple):
    """The attempts of one period: numbers from `first` to below `before`."""

    first: int
    before: int
    offset: float


def spans(ended: EndedAttempts, first: int) -> Iterator[Span]:
    """Yield the periods with attempts from number `first` on."""
    for number, period in enumerate(ended.periods):
        following = ended.periods[number + 1 :][:1]
        before = min([ended.before, *(each.first for each in following)])
        if max(first, period.first) < before:
            yield Span(max(first, period.first), before, period.offset)


def oldest_hour(seconds: float, tz: tzinfo | None) -> int:
    """Return the hour of a time, early enough for all zones: rows are found by it."""
    return local_hour(seconds, tz) - MAX_ZONES_APART


def read_shared_usage(
    connection: sqlite3.Connection,
    ended: EndedAttempts,
    *,
    cuts: Sequence[float],
    first: int,
    tz: tzinfo | None,
) -> list[ReplayedUsage]:
    """Return the attempts of the last 32 days from number `first` on.

    Sums have no attempts of both sides of a cut, and the time of their last one. `tz` is the
    zone of the ledger's hours.
    """
    found: list[ReplayedUsage] = []
    excluded = msgspec.json.encode(list(ended.without)).decode()
    for span in spans(ended, first):
        oldest = ended.steady - LONGEST + span.offset
        single = round((ended.steady - SINGLE + span.offset) * 1000)
        sides = [f"at_ms >= {round((cut + span.offset) * 1000):d}" for cut in cuts]
        bounds = (span.first, span.before, oldest_hour(oldest, tz), round(oldest * 1000))
        for compared, groups in ((">=", ["attempts.id"]), ("<", ["party", "outcome", *sides])):
            source = f"{_FROM} at_ms {compared} ? GROUP BY {', '.join(groups)}"
            columns = ["max(at_ms)", *GROUPS, *_SUMS]
            rows = read_rows(connection, columns, source, (*bounds, excluded, single), Cells)
            found += [_usage(row, span.offset) for row in rows]
        margins = (span.first, span.before, round(oldest * 1000))
        columns = ["at_ms", *GROUPS[:-1], *_MARGIN]
        rows = read_rows(connection, columns, _MARGINS, margins, Cells)
        found += [_usage(row, span.offset, is_margin=True) for row in rows]
    return found


def _usage(cells: Cells, offset: float, *, is_margin: bool = False) -> ReplayedUsage:
    at = cells.when / 1000
    return replayed(cells, at, steady=at - offset, is_margin=is_margin)
