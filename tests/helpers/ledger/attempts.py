"""Attempts for the ledger, and the content of its file."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

from aircherd.usage.ledger.ledger import open_ledger
from aircherd.vocabulary.reply import Usage
from aircherd.vocabulary.usage import Settled, Started

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86400.0

open_at_noon = partial(open_ledger, clock=lambda: NOW, tz=UTC)


def started(at=NOW, **changes):
    """Return an attempt of `nvim` at `work`, estimated at 100 + 50 tokens and 7,000 nano-USD."""
    fields = {
        "at": at,
        "provider": "work",
        "model": "large",
        "key": "default",
        "client": "nvim",
        "project": "/src/aircher",
        "input_estimate": 100,
        "output_estimate": 50,
        "cost_estimate_nano": 7_000,
    }
    return Started(**fields | changes)


def ended(number=0, at=NOW, **changes):
    """Return an attempt that has ended."""
    attempt = started(at, id=number)
    attempt.settled = settled(**changes)
    return attempt


def settled(outcome="ok", **changes):
    """Return the end of an attempt that used 80 + 40 tokens and 5,000 nano-USD."""
    fields = {
        "outcome": outcome,
        "ms": 1200,
        "first_ms": 300,
        "usage": Usage(80, 40, 20, 10, 5),
        "cost_nano": 5_000,
        "cost_source": "catalog",
    }
    return Settled(**fields | changes)


def query(path, statement, *arguments):
    """Return rows of a closed ledger, after checking its integrity."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute(statement, arguments).fetchall()


def execute(path, *statements):
    """Change a closed ledger."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def attempts(path, columns="id, outcome"):
    """Return the attempts in a file, ordered by id."""
    return query(path, f"SELECT {columns} FROM attempts ORDER BY id")  # noqa: S608 - a test's own


def sums(path, table):
    """Return the rows of `hours` or `days`, and what they should be, computed from attempts."""
    unit = {"hours": "hour", "days": "hour / 24"}[table]
    actual = query(path, f"SELECT * FROM {table} ORDER BY 1, 2, 3")  # noqa: S608 - likewise
    expected = query(
        path,
        f"SELECT {unit}, party, outcome, count(*), ifnull(sum(input_tokens), 0), "  # noqa: S608 - likewise
        "ifnull(sum(output_tokens), 0), ifnull(sum(cached_tokens), 0), "
        "ifnull(sum(cache_write_tokens), 0), ifnull(sum(reasoning_tokens), 0), "
        "ifnull(sum(cost_nano), 0), count(*) - count(cost_nano), sum(estimated > 0), "
        "ifnull(sum((estimated & 1) * input_tokens), 0), "
        "ifnull(sum((estimated & 1) * output_tokens), 0), "
        "ifnull(sum((estimated >> 1) * cost_nano), 0) FROM attempts "
        "WHERE outcome <> 'started' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    return actual, expected
