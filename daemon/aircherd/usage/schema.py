"""The ledger's tables and every statement that changes them.

`attempts` has a row for each attempt, `parties` who was asked by whom, so that a row holds a number
for five names. `hours` and `days` hold the sums: the database itself adds an attempt to them in the
transaction that ends it, once, whatever is written again after a failure.

A whole batch is one statement with one argument, a JSON array. Python's sqlite3 gives up the
interpreter's lock for each step, and a thread that asks for it back waits up to 5 ms while the loop
is busy: row by row, a batch of 500 took 428 ms next to a busy loop, as one statement 24 ms.
"""

VERSION = 1
"""Raised with every change of the form; a file of a later one is left alone."""
APPLICATION_ID = 0x61697263
"""In the file's header: this is a ledger and no other database ("airc")."""

COLUMNS = (
    "id",
    "at_ms",
    "hour",
    "party",
    "outcome",
    "ms",
    "first_ms",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_nano",
    "cost_source",
)
"""A row of `attempts`. While `outcome` is 'started', tokens and cost are what was estimated."""

PARTY = ("provider", "model", "key", "client", "project")
"""Who was asked by whom; '' where there is none."""

COUNTS = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_nano",
)
SUMS = ("requests", *COUNTS, "unpriced")
"""`unpriced` counts attempts whose cost is not known: their cost is missing in the sum."""


def _sums_table(table: str, unit: str) -> str:
    sums = ", ".join(f"{name} INTEGER NOT NULL" for name in SUMS)
    return (
        f"CREATE TABLE {table} ({unit} INTEGER NOT NULL, party INTEGER NOT NULL, "
        f"outcome TEXT NOT NULL, {sums}, PRIMARY KEY ({unit}, party, outcome)) WITHOUT ROWID"
    )


def _adding(table: str, unit: str) -> str:
    values = ", ".join(["1", *(f"ifnull(new.{name}, 0)" for name in COUNTS)])
    added = ", ".join(f"{name} = {name} + excluded.{name}" for name in SUMS)
    return (
        f"INSERT INTO {table} VALUES ({unit}, new.party, new.outcome, {values}, "  # noqa: S608 - our own names
        f"new.cost_nano IS NULL) ON CONFLICT DO UPDATE SET {added};"
    )


_ADD = f"BEGIN {_adding('hours', 'new.hour')} {_adding('days', 'new.hour / 24')} END"

_PARTIES = (
    "CREATE TABLE parties (id INTEGER PRIMARY KEY, "
    f"{', '.join(f'{name} TEXT NOT NULL' for name in PARTY)}, UNIQUE ({', '.join(PARTY)}))"
)
_ATTEMPTS = (
    "CREATE TABLE attempts (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, "
    "hour INTEGER NOT NULL, party INTEGER NOT NULL, outcome TEXT NOT NULL, ms INTEGER, "
    "first_ms INTEGER, input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER, "
    "cache_write_tokens INTEGER, reasoning_tokens INTEGER, cost_nano INTEGER, cost_source TEXT)"
)
_ENDED_LATER = (
    "CREATE TRIGGER ended_later AFTER UPDATE OF outcome ON attempts "
    f"WHEN old.outcome = 'started' AND new.outcome <> 'started' {_ADD}"
)

CREATE = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('kept_hour', 0)",
    _PARTIES,
    _ATTEMPTS,
    "CREATE INDEX attempts_by_hour ON attempts (hour)",
    "CREATE INDEX attempts_open ON attempts (id) WHERE outcome = 'started'",
    _sums_table("hours", "hour"),
    _sums_table("days", "day"),
    f"CREATE TRIGGER ended_at_once AFTER INSERT ON attempts WHEN new.outcome <> 'started' {_ADD}",
    _ENDED_LATER,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)

NAMES = frozenset({"meta", "parties", "attempts", "hours", "days", "ended_at_once", "ended_later"})
"""What a ledger must have."""

# What has ended is never written again: a batch whose fate was unclear may come twice.
WRITE = (
    f"INSERT INTO attempts ({', '.join(COLUMNS)}) SELECT "  # noqa: S608 - our own names
    + ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(COLUMNS)))
    + " FROM json_each(?) WHERE true ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[4:])
    + " WHERE attempts.outcome = 'started'"
)
ADD_PARTY = f"INSERT OR IGNORE INTO parties ({', '.join(PARTY)}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608 - our own names
FIND_PARTY = "SELECT id FROM parties WHERE " + " AND ".join(f"{name} = ?" for name in PARTY)  # noqa: S608 - our own names

# Of an attempt that nobody saw end, what was estimated stays as what it may have cost.
MARK_UNKNOWN = "UPDATE attempts SET outcome = 'unknown' WHERE outcome = 'started'"
HIGHEST = "SELECT ifnull(max(id), 0) FROM attempts"

KEPT_HOUR = "SELECT value FROM meta WHERE name = 'kept_hour'"
KEEP_FROM = "UPDATE meta SET value = max(value, ?) WHERE name = 'kept_hour'"
REMOVE_ATTEMPTS = (
    "DELETE FROM attempts WHERE id IN (SELECT id FROM attempts "
    "WHERE hour < ? AND outcome <> 'started' LIMIT ?)"
)
REMOVE_HOURS = (
    "DELETE FROM hours WHERE (hour, party, outcome) IN "
    "(SELECT hour, party, outcome FROM hours WHERE hour < ? LIMIT ?)"
)
