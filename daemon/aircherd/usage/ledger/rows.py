"""An attempt as a row of the ledger.

Whatever a clock, a client or a provider sends becomes a row that can be written: an unwritable row
would block the queue.
"""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import tzinfo
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import msgspec

from aircherd.usage.ledger import schema
from aircherd.usage.ledger.sqlite import read_rows
from aircherd.usage.time_buckets import LocalHours, milliseconds
from aircherd.vocabulary.usage import Settled, Started

MAX_NAME = 200
"""Characters of a name that are kept."""
MAX_COUNT = 10**15
"""The largest count or amount of one attempt: sums of them fit in a 64-bit integer."""

SMALL_BITS = MAX_COUNT.bit_length() - 1
"""A count of so many bits is below `MAX_COUNT`."""
MAX_PARTIES = 5000
"""How many row numbers of `parties` are cached: clients may make up names."""
_TAKES_MANY = sqlite3.sqlite_version_info >= (3, 32)
"""Earlier versions take 999 values in a statement."""
ROWS_PER_STATEMENT = 100 if _TAKES_MANY else 50
"""A statement takes a third of the time of the same rows in a JSON array.

The rows of each are made just before it, since SQLite works without the interpreter's lock: with
all of a batch made at once, the event loop waited for them. 50 cost 2 % more CPU than 100.
"""
MANY_ROWS = 500 if _TAKES_MANY else ROWS_PER_STATEMENT
"""Of a statement of a large batch: next to a busy event loop each one waits up to 5 ms for the
interpreter's lock."""
LARGE_BATCH = 1000
"""Attempts from which a batch is large: the loop is so busy that its writer falls behind."""

Cell = int | str | None
Names = tuple[str | None, ...]
"""Provider, model, key, client and project of an attempt."""


class _Party(NamedTuple):
    """A row of `parties`, found for the names at `position`."""

    id: int
    position: int


class LedgerEntry(msgspec.Struct, frozen=True):
    """A snapshot of an attempt to be written; `settled` is None while it is in progress.

    The attempt may end while the snapshot is being written. Then another one follows.
    """

    id: int
    started: Started
    settled: Settled | None


class RowInserter:
    """Inserts attempts, and caches what their rows refer to."""

    def __init__(self, tz: tzinfo | None) -> None:
        self._hours = LocalHours(tz)
        self._parties: dict[Names, int] = {}

    def insert(
        self, connection: sqlite3.Connection, entries: Collection[LedgerEntry], offset: int
    ) -> None:
        """Insert or complete the rows of attempts, `offset` added to their ids."""
        rows, parties, hours = [], self._parties, self._hours
        at_once = MANY_ROWS if len(entries) >= LARGE_BATCH else ROWS_PER_STATEMENT
        for entry in entries:
            started = entry.started
            names = (started.provider, started.model, started.key, started.client, started.project)
            party = parties.get(names) or self._learn(connection, entries)[names]
            rows.append(row(entry, entry.id + offset, party, hours.of(started.at)))
            if len(rows) == at_once:
                insert_rows(connection, rows)
                rows.clear()
        insert_rows(connection, rows)

    def parties_of(
        self, connection: sqlite3.Connection, names: Collection[Names]
    ) -> dict[Names, int]:
        """Return the row numbers in `parties`, at least of these: added if needed, all at once.

        With a thousand made-up names, one by one, each waits for the interpreter's lock twice.
        """
        new = [each for each in dict.fromkeys(names) if each not in self._parties]
        if len(self._parties) + len(new) > MAX_PARTIES:
            self._parties.clear()
            new = list(dict.fromkeys(names))
        stored = msgspec.json.encode([list(map(stored_name, each)) for each in new]).decode()
        connection.execute(schema.ADD_PARTIES, (stored,))
        found = read_rows(connection, schema.PARTY_NUMBERS, schema.FIND_PARTIES, (stored,), _Party)
        self._parties.update((new[party.position], party.id) for party in found)
        return self._parties

    def _learn(
        self, connection: sqlite3.Connection, entries: Collection[LedgerEntry]
    ) -> dict[Names, int]:
        return self.parties_of(connection, [_names(entry.started) for entry in entries])

    def forget_parties(self) -> None:
        """Clear the cache of row numbers, after a rollback or in a new file."""
        self._parties.clear()


def insert_rows(connection: sqlite3.Connection, rows: Sequence[Sequence[Cell]]) -> None:
    """Insert or complete rows of `attempts`."""
    first, left = 0, len(rows)
    while left:
        # Few different numbers: each is a statement of its own, compiled once.
        number = MANY_ROWS if left >= MANY_ROWS else min(left, ROWS_PER_STATEMENT)
        some = rows[first : first + number]
        connection.execute(schema.write(number), list(chain.from_iterable(some)))
        first, left = first + number, left - number


def _names(started: Started) -> Names:
    return (started.provider, started.model, started.key, started.client, started.project)


def stored_name(text: str | None) -> str:
    """Return a name as it is stored: bounded, and valid UTF-8 without NUL."""
    kept = (text or "")[:MAX_NAME].replace("\0", "")
    return kept.encode("utf-8", "replace").decode()


def row(entry: LedgerEntry, row_id: int, party: int, hour: int) -> list[Cell]:
    """Return the cells in the order of `schema.COLUMNS`; `hour` is the local hour of the start."""
    settled = entry.settled
    at = milliseconds(entry.started.at)
    if settled is None:
        return [row_id, at, hour, party, *_started_cells(entry.started)]
    return [row_id, at, hour, party, *_settled_cells(settled)]


def _started_cells(started: Started) -> list[Cell]:
    tokens = [_clamp(started.input_estimate), _clamp(started.output_estimate), None, None, None]
    cost = _clamp(started.cost_estimate_nano)
    estimated = schema.TOKENS if cost is None else schema.TOKENS | schema.COST
    return ["started", None, None, *tokens, cost, None, estimated]


def _settled_cells(settled: Settled) -> tuple[Cell, ...]:
    ms, first_ms, cost = settled.ms, settled.first_ms, settled.cost_nano
    bits = schema.TOKENS * settled.tokens_estimated | schema.COST * settled.cost_estimated
    outcome, source, usage = _stored_outcome(settled.outcome), settled.cost_source, settled.usage
    given = output = cached = written = reasoning = None
    any_bit = ms | (first_ms or 0) | (cost or 0)
    if usage is not None:
        given, output, cached = usage.input_tokens, usage.output_tokens, usage.cached_tokens
        written, reasoning = usage.cache_write_tokens, usage.reasoning_tokens
        any_bit |= given | output | cached | written | reasoning
    counts: tuple[int | None, ...]
    counts = (ms, first_ms, given, output, cached, written, reasoning, cost)
    if any_bit >> SMALL_BITS:  # a negative number has all of its high bits
        counts = tuple(map(_clamp, counts))
    return (outcome, *counts, source, bits)


@lru_cache(200)
def _stored_outcome(outcome: str) -> str:
    stored = stored_name(outcome)
    # "started" would count as in progress until the next start.
    return "unknown" if stored == "started" else stored


def _clamp(count: int | None) -> int | None:
    if count is None or 0 <= count <= MAX_COUNT:
        return count
    return 0 if count < 0 else MAX_COUNT
