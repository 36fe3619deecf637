"""Attempts one by one, for people: what happened in a period, and above all what failed.

An index finds the hours of the period, and the sums of these hours tell which of them have matching
attempts. So the newest few of a million attempts are read without the others. The ledger has no
error messages: an attempt is described by its outcome.

Nothing in the ledger links the attempts of one request. What answered after a failure is therefore
derived: the next attempt of the same client and project that began as the failed one ended.
"""

import sqlite3
import time
from functools import partial

import msgspec
import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger import schema
from aircherd.usage.ledger.ledger import Ledger
from aircherd.usage.ledger.rows import stored_name
from aircherd.usage.ledger.sqlite import Stopped, read_rows, scalar, stopping
from aircherd.usage.listed_attempts import AttemptFilter, AttemptList, ListedAttempt, NextAttempt
from aircherd.usage.time_buckets import (
    FIRST_HOUR,
    LAST_HOUR,
    hour_start,
    local_hour,
    milliseconds,
)

READ_SECONDS = 3.0
"""Reading stops after this time: the ledger's thread has to write, too."""
WAIT_SECONDS = 10.0
"""A ledger that does not answer for so long is given up: its disk hangs, or others read it."""

NO_ERROR = ("ok", "cancelled", "unknown")
"""Outcomes that `failed` leaves out, as reports do."""

MAX_AFTER_MS = 100
MAX_BEFORE_MS = 50
"""The next attempt of a request begins when the failed one ends, give or take.

A new process of a client takes longer to ask. What a request waited for is not linked then, which
is better than a request of its own that seems to answer another.
"""
MAX_ATTEMPTS_BETWEEN = 500
"""So many later attempts may be the next one of the same request."""

_LATEST_MS = 2**62


async def list_attempts(ledger: Ledger, wanted: AttemptFilter) -> AttemptList:
    """Return the attempts that match.

    Raises:
        LedgerUnavailable: the file cannot be read, or not fast enough.
    """
    work = partial(read_attempts, wanted=wanted, ledger=ledger)
    with trio.move_on_after(WAIT_SECONDS):
        found = await ledger.read_file(work)
        if found is None:
            raise LedgerUnavailable(
                f"reading the attempts takes longer than {READ_SECONDS:g} s: choose a shorter "
                "period, one provider or one outcome"
            )
        return found
    raise LedgerUnavailable(
        f"the ledger did not answer within {WAIT_SECONDS:g} s: its disk hangs, or it is busy with "
        "other requests; try again"
    )


def read_attempts(
    connection: sqlite3.Connection,
    *,
    wanted: AttemptFilter,
    ledger: Ledger,
    seconds: float = READ_SECONDS,
) -> AttemptList | None:
    """Read the attempts that match, in the ledger's thread; None if that takes too long."""
    deadline = time.monotonic() + seconds
    try:
        with stopping(connection, lambda: time.monotonic() >= deadline):
            return _Reader(connection, wanted, ledger).read()
    except Stopped:
        return None


class _Cells(msgspec.Struct, array_like=True):
    """A row as it is read; a name that does not exist is ''."""

    id: int
    at_ms: int
    provider: str
    model: str
    key: str
    client: str
    project: str
    outcome: str
    ms: int | None
    first_ms: int | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_nano: int | None
    estimated: int
    next_id: int | None


_NAMES = ("provider", "model", "key", "client", "project")
_COLUMNS = (
    *("id", "at_ms", *_NAMES, "outcome", "ms", "first_ms"),
    *(*schema.COUNTS, "estimated"),
)

# The window is in numbers of attempts, which are in the order of their starts, so that it needs no
# index of its own.
_NEXT = (
    "CASE WHEN outcome NOT IN ('ok', 'cancelled', 'unknown') THEN ("  # noqa: S608 - our own names
    "SELECT id FROM (SELECT later.id, "
    "abs(later.at_ms - found.at_ms - ifnull(found.ms, 0)) AS away "
    "FROM attempts AS later JOIN parties AS them ON them.id = later.party "
    f"WHERE later.id > found.id AND later.id <= found.id + {MAX_ATTEMPTS_BETWEEN} "
    f"AND later.at_ms >= found.at_ms + ifnull(found.ms, 0) - {MAX_BEFORE_MS} "
    f"AND later.at_ms <= found.at_ms + ifnull(found.ms, 0) + {MAX_AFTER_MS} "
    "AND them.client = found.client AND them.project = found.project "
    # The same client may have other requests; the next attempt of this one begins at once.
    "ORDER BY away, later.id LIMIT 1)) END"
)


class _Reader:
    """Reads one list: first what to look through, then the attempts."""

    def __init__(
        self, connection: sqlite3.Connection, wanted: AttemptFilter, ledger: Ledger
    ) -> None:
        self._connection = connection
        self._wanted = wanted
        self._tz = ledger.tz
        since, until = wanted.since, wanted.until
        self._at_ms = (
            0 if since is None else milliseconds(since),
            _LATEST_MS if until is None else milliseconds(until),
        )
        self._hours = (
            FIRST_HOUR if since is None else local_hour(since, ledger.tz),
            LAST_HOUR if until is None else local_hour(until, ledger.tz),
        )

    def read(self) -> AttemptList:
        """Return the list."""
        kept = int(str(scalar(self._connection, schema.KEPT_HOUR)))
        kept_since = hour_start(kept, self._tz) if kept and self._hours[0] < kept else None
        where, arguments = self._conditions()
        hours = self._newest_hours(where, arguments)
        rows = self._read_rows(hours, where, arguments) if hours else []
        limit = self._wanted.limit
        return AttemptList(self._with_next(rows[-limit:]), len(rows) > limit, kept_since)

    def _conditions(self) -> tuple[str, list[str | int]]:
        """Return what both `hours` and `attempts` are filtered by."""
        wanted, where, arguments = self._wanted, "outcome <> 'started'", list[str | int]()
        if wanted.failed:
            where += f" AND outcome NOT IN ({', '.join('?' * len(NO_ERROR))})"
            arguments += NO_ERROR
        if wanted.outcome is not None:
            where += " AND outcome = ?"
            arguments.append(stored_name(wanted.outcome))
        if (parties := self._parties()) is not None:
            where += " AND party IN (SELECT value FROM json_each(?))"
            arguments.append(msgspec.json.encode(parties).decode())
        return where, arguments

    def _parties(self) -> list[int] | None:
        """Return the row numbers of the parties that match; None if all do."""
        wanted = self._wanted
        tests = {
            "provider = ?": wanted.provider,
            "? IN (model, provider || '/' || model)": wanted.model,
            "client = ?": wanted.client,
        }
        known = {test: stored_name(name) for test, name in tests.items() if name is not None}
        if not known:
            return None
        source = f"FROM parties WHERE {' AND '.join(known)}"
        found = read_rows(self._connection, ["id"], source, list(known.values()), tuple[int])
        return [number for (number,) in found]

    def _newest_hours(self, where: str, arguments: list[str | int]) -> list[int]:
        """Return the newest hours that have enough matching attempts, and one more.

        The hours at both ends may have fewer within the bounds.
        """
        source = f"FROM hours WHERE hour BETWEEN ? AND ? AND {where} GROUP BY hour"
        bounds = [*self._hours, *arguments]
        counts = read_rows(
            self._connection, ["hour", "sum(requests)"], source, bounds, tuple[int, int]
        )
        chosen: list[int] = []
        total = 0
        for hour, requests in sorted(counts, reverse=True):
            if total > self._wanted.limit:
                break
            chosen.append(hour)
            total += 0 if hour in self._hours else requests
        return chosen

    def _read_rows(self, hours: list[int], where: str, arguments: list[str | int]) -> list[_Cells]:
        """Return the newest matches, at most one more than `limit`, the newest last.

        The order of their numbers is that of an hour's index, so the oldest of an hour with a
        million attempts are not read.
        """
        newest = (
            "SELECT * FROM attempts WHERE hour IN (SELECT value FROM json_each(?)) "  # noqa: S608 - our own names
            f"AND at_ms >= ? AND at_ms < ? AND {where} ORDER BY id DESC LIMIT ?"
        )
        inner = ("id", "at_ms", "outcome", *_COLUMNS[_COLUMNS.index("ms") :])
        source = (
            f"FROM (SELECT {', '.join(f'some.{name}' for name in inner)}, {', '.join(_NAMES)} "  # noqa: S608 - our own names
            f"FROM ({newest}) AS some JOIN parties ON parties.id = party) AS found"
        )
        values = [
            msgspec.json.encode(hours).decode(),
            *self._at_ms,
            *arguments,
            self._wanted.limit + 1,
        ]
        found = read_rows(self._connection, [*_COLUMNS, _NEXT], source, values, _Cells)
        return sorted(found, key=lambda row: (row.at_ms, row.id))

    def _with_next(self, rows: list[_Cells]) -> list[ListedAttempt]:
        numbers = [row.next_id for row in rows if row.next_id is not None]
        source = (
            "FROM attempts JOIN parties ON parties.id = party WHERE outcome <> 'started' "
            "AND attempts.id IN (SELECT value FROM json_each(?))"
        )
        columns = ["attempts.id", "provider", "model", "outcome"]
        later = read_rows(
            self._connection,
            columns,
            source,
            [msgspec.json.encode(numbers).decode()],
            tuple[int, str, str, str],
        )
        following = {number: NextAttempt(*names) for number, *names in later}
        return [_listed(row, following.get(row.next_id or 0)) for row in rows]


def _listed(row: _Cells, then: NextAttempt | None) -> ListedAttempt:
    return ListedAttempt(
        at=row.at_ms / 1000,
        provider=row.provider,
        model=row.model,
        key=row.key or None,
        client=row.client or None,
        project=row.project or None,
        outcome=row.outcome,
        ms=row.ms,
        first_ms=row.first_ms,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_tokens=row.cached_tokens,
        cache_write_tokens=row.cache_write_tokens,
        reasoning_tokens=row.reasoning_tokens,
        cost_nano=row.cost_nano,
        is_estimated=row.estimated > 0,
        then=then,
    )
