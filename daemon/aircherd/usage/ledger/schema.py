"""The ledger's tables and every statement that changes them.

`attempts` has a row for each attempt, `parties` who was asked by whom, so that a row holds a number
for five names. `hours` and `days` hold the sums: the database itself adds an attempt to them in the
transaction that ends it, once, whatever is written again after a failure.

What nobody told of an attempt, because it was cut off for instance, is in its row as it was
estimated, for limits count it so. `estimated` says which columns that are, and the sums hold beside
the whole how much of it is estimated.

Many rows are one statement. Python's sqlite3 gives up the interpreter's lock for each step, and a
thread that asks for it back waits up to 5 ms while the loop is busy.
"""

from functools import cache

VERSION = 2
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
    "estimated",
)
"""A row of `attempts`. While `outcome` is 'started', tokens and cost are what was estimated."""

TOKENS, COST = 1, 2
"""The bits of `estimated`: input and output tokens are, the cost is."""

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
ESTIMATES = (
    "estimated",
    "estimated_input_tokens",
    "estimated_output_tokens",
    "estimated_cost_nano",
)
SUMS = ("requests", *COUNTS, "unpriced", *ESTIMATES)
"""`unpriced` counts attempts whose cost is not known: their cost is missing in the sum. `estimated`
counts those of which anything is estimated; the others say how much of the sums that is."""


def summands(row: str = "") -> tuple[str, ...]:
    """Return what a row of `attempts` adds to each of `SUMS`; `row` is what its columns are of."""
    counts = [f"ifnull({row}{name}, 0)" for name in COUNTS]
    given, gained, cost = counts[0], counts[1], counts[-1]
    tokens, money = f"({row}estimated & 1)", f"({row}estimated >> 1)"
    estimated = (f"{row}estimated > 0", f"{tokens} * {given}", f"{tokens} * {gained}")
    return ("1", *counts, f"{row}cost_nano IS NULL", *estimated, f"{money} * {cost}")


def _sums_table(table: str, unit: str) -> str:
    sums = ", ".join(f"{name} INTEGER NOT NULL" for name in SUMS)
    return (
        f"CREATE TABLE {table} ({unit} INTEGER NOT NULL, party INTEGER NOT NULL, "
        f"outcome TEXT NOT NULL, {sums}, PRIMARY KEY ({unit}, party, outcome)) WITHOUT ROWID"
    )


def _adding(table: str, unit: str) -> str:
    values = ", ".join(summands("new."))
    added = ", ".join(f"{name} = {name} + excluded.{name}" for name in SUMS)
    return (
        f"INSERT INTO {table} VALUES ({unit}, new.party, new.outcome, {values}) "  # noqa: S608 - our own names
        f"ON CONFLICT DO UPDATE SET {added};"
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
    "cache_write_tokens INTEGER, reasoning_tokens INTEGER, cost_nano INTEGER, cost_source TEXT, "
    "estimated INTEGER NOT NULL DEFAULT 0)"
)
_ENDED_AT_ONCE = (
    f"CREATE TRIGGER ended_at_once AFTER INSERT ON attempts WHEN new.outcome <> 'started' {_ADD}"
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
    _ENDED_AT_ONCE,
    _ENDED_LATER,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)


def _with_estimates(table: str) -> list[str]:
    """Add to sums how much of them is estimated: before, that was all of what nobody saw end."""
    added = [f"ALTER TABLE {table} ADD {name} INTEGER NOT NULL DEFAULT 0" for name in ESTIMATES]
    sources = ("requests", "input_tokens", "output_tokens", "cost_nano")
    values = ", ".join(map(" = ".join, zip(ESTIMATES, sources, strict=True)))
    return [*added, f"UPDATE {table} SET {values} WHERE outcome = 'unknown'"]  # noqa: S608 - our own names


_MARK_ESTIMATED = (
    "UPDATE attempts SET estimated = 1 + 2 * (cost_nano IS NOT NULL) "
    "WHERE outcome IN ('started', 'unknown')"
)

UPGRADES: dict[int, tuple[str, ...]] = {
    1: (
        "DROP TRIGGER ended_at_once",
        "DROP TRIGGER ended_later",
        "ALTER TABLE attempts ADD estimated INTEGER NOT NULL DEFAULT 0",
        _MARK_ESTIMATED,
        *_with_estimates("hours"),
        *_with_estimates("days"),
        _ENDED_AT_ONCE,
        _ENDED_LATER,
        "PRAGMA user_version = 2",
    ),
}
"""What makes the next version of each earlier one: all of it, or nothing."""

NAMES = frozenset({"meta", "parties", "attempts", "hours", "days", "ended_at_once", "ended_later"})
"""What a ledger must have."""


# What has ended is never written again: a batch whose fate was unclear may come twice.
@cache
def write(rows: int) -> str:
    """Return the statement that writes so many rows, whose cells are its arguments."""
    row = f"({', '.join('?' * len(COLUMNS))})"
    return (
        f"INSERT INTO attempts ({', '.join(COLUMNS)}) VALUES {', '.join([row] * rows)} "  # noqa: S608 - our own names
        "ON CONFLICT (id) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[4:])
        + " WHERE attempts.outcome = 'started'"
    )


ADD_PARTY = f"INSERT OR IGNORE INTO parties ({', '.join(PARTY)}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608 - our own names
FIND_PARTY = "SELECT id FROM parties WHERE " + " AND ".join(f"{name} = ?" for name in PARTY)  # noqa: S608 - our own names

# Of an attempt that nobody saw end, what was estimated stays as what it may have cost.
MARK_UNKNOWN = "UPDATE attempts SET outcome = 'unknown' WHERE outcome = 'started'"
HIGHEST = "SELECT ifnull(max(id), 0) FROM attempts"

LOSE = (
    "INSERT INTO meta VALUES ('lost_ms', ?) "
    "ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)"
)
"""What is older than that may be missing: a damaged file was set aside, or attempts were lost."""
LOST = "SELECT max(value) FROM meta WHERE name = 'lost_ms'"

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
