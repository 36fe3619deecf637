"""What limits count after an unclean end: it may have been used, and is not in the ledger.

Attempts that were in progress are in the ledger, as unknown, and count as estimated. What had ended
within the last 0.1 s may be missing: as many as ended in the busiest 0.1 s of the last 10 s, and
the latest attempts are taken for what they were. Each counts once more, at its own time, so that
the margin leaves a limit's window as usage does. Reports do not have it.
"""

import sqlite3
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from aircherd.usage.ledger.sqlite import read_rows
from aircherd.usage.time_buckets import milliseconds

WINDOW_MS = 100
"""Milliseconds of answered attempts that a `kill -9` may lose: see `guard`."""
LOOK_BACK_MS = 10_000
MAX_ROWS = 5000
KEPT_DAYS = 32

_IS_OPEN = "SELECT count(*) FROM meta WHERE name = 'in_use' AND value = 1"
_SET_OPEN = (
    "INSERT INTO meta VALUES ('in_use', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_LATEST = (
    "FROM (SELECT id, at_ms, ms, outcome FROM attempts ORDER BY id DESC LIMIT ?) "
    "WHERE outcome NOT IN ('started', 'unknown')"
)
_ADD = (
    "INSERT OR IGNORE INTO margins SELECT id, at_ms, party, input_tokens, output_tokens, cost_nano "
    "FROM attempts WHERE id = ?"
)


class _End(NamedTuple):
    """When an attempt ended, and its number."""

    at_ms: int
    id: int


def was_unclean(connection: sqlite3.Connection) -> bool:
    """Return whether the last run did not end by itself."""
    return bool(connection.execute(_IS_OPEN).fetchone()[0])


def set_in_use(connection: sqlite3.Connection, *, in_use: bool) -> None:
    """Record that a run uses the ledger, or has ended by itself."""
    connection.execute(_SET_OPEN, (int(in_use),))


def add_margin(connection: sqlite3.Connection, now: float) -> int:
    """Add the margin of an unclean end; return how many attempts it has."""
    first = milliseconds(now) - KEPT_DAYS * 86_400_000
    connection.execute("DELETE FROM margins WHERE at_ms < ?", (first,))
    ends = read_rows(connection, ["at_ms + ifnull(ms, 0)", "id"], _LATEST, (MAX_ROWS,), _End)
    ends.sort(reverse=True)
    missing = most_within([end.at_ms for end in ends])
    connection.executemany(_ADD, [(end.id,) for end in ends[:missing]])
    return missing


def most_within(ends: Iterable[int]) -> int:
    """Return how many of the latest 10 s ended within 0.1 s at most; times in ms, latest first."""
    window: deque[int] = deque()
    most, last = 0, None
    for end in ends:
        last = end if last is None else last
        if end < last - LOOK_BACK_MS:
            break
        window.append(end)
        while window[0] - end >= WINDOW_MS:
            window.popleft()
        most = max(most, len(window))
    return most
