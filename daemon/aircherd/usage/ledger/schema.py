"""The ledger's tables and every statement that changes them.

`attempts` has a row for each attempt. `parties` has the provider, model, key, client and project of
attempts, so that a row has one number instead of five names. `hours` and `days` have the sums:
triggers add an attempt to them in the transaction that ends it, once, even if it is written again
after a failure.

What a provider did not report of an attempt, for example because it was cut off, is in its row as
it was estimated, because limits count it so. `estimated` says which columns are estimates; the sums
have the estimated part next to the whole.

Many rows are one statement: Python's sqlite3 releases the interpreter's lock for each step, and a
thread that takes it back waits up to 5 ms while the event loop is busy.
"""

from functools import cache

VERSION = 2
"""Raised with every change of the schema; a file of a later version is not touched."""
APPLICATION_ID = 0x61697263
"""In the file's header: it is a ledger and not another database ("airc")."""

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
"""A row of `attempts`. While `outcome` is 'started', tokens and cost are estimates."""

TOKENS, COST = 1, 2
"""The bits of `estimated`: the input and output tokens, the cost."""

PARTY_NAMES = ("provider", "model", "key", "client", "project")
"""The columns of `parties`; '' where there is none."""

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
"""`unpriced` counts attempts of unknown cost, which the sum lacks. `estimated` counts attempts of
which anything is estimated; the columns after it are the estimated part of the sums."""


def summands(row: str = "") -> tuple[str, ...]:
    """Return what a row of `attempts` adds to each of `SUMS`; `row` is a prefix of its columns."""
    counts = [f"ifnull({row}{name}, 0)" for name in COUNTS]
    input_tokens, output_tokens, cost = counts[0], counts[1], counts[-1]
    has_tokens, has_cost = f"({row}estimated & 1)", f"({row}estimated >> 1)"
    return (
        "1",
        *counts,
        f"{row}cost_nano IS NULL",
        f"{row}estimated > 0",
        f"{has_tokens} * {input_tokens}",
        f"{has_tokens} * {output_tokens}",
        f"{has_cost} * {cost}",
    )


def _sums_table(table: str, unit: str) -> str:
    sums = ", ".join(f"{name} INTEGER NOT NULL" for name in SUMS)
    return (
        f"CREATE TABLE {table} ({unit} INTEGER NOT NULL, party INTEGER NOT NULL, "
        f"outcome TEXT NOT NULL, {sums}, PRIMARY KEY ({unit}, party, outcome)) WITHOUT ROWID"
    )


def _add_to(table: str, unit: str) -> str:
    values = ", ".join(summands("new."))
    added = ", ".join(f"{name} = {name} + excluded.{name}" for name in SUMS)
    return (
        f"INSERT INTO {table} VALUES ({unit}, new.party, new.outcome, {values}) "  # noqa: S608 - our own names
        f"ON CONFLICT DO UPDATE SET {added};"
    )


_ADD = f"BEGIN {_add_to('hours', 'new.hour')} {_add_to('days', 'new.hour / 24')} END"

_PARTIES = (
    "CREATE TABLE parties (id INTEGER PRIMARY KEY, "
    f"{', '.join(f'{name} TEXT NOT NULL' for name in PARTY_NAMES)}, "
    f"UNIQUE ({', '.join(PARTY_NAMES)}))"
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

CREATE_MARGINS = (
    "CREATE TABLE IF NOT EXISTS margins (attempt INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, "
    "party INTEGER NOT NULL, input_tokens INTEGER, output_tokens INTEGER, cost_nano INTEGER)"
)
"""What limits count after an unclean end. A ledger without it is of no earlier version: an earlier
aircher ignores it."""

CREATE = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('kept_hour', 0)",
    _PARTIES,
    _ATTEMPTS,
    "CREATE INDEX attempts_by_hour ON attempts (hour)",
    "CREATE INDEX attempts_open ON attempts (id) WHERE outcome = 'started'",
    _sums_table("hours", "hour"),
    _sums_table("days", "day"),
    CREATE_MARGINS,
    _ENDED_AT_ONCE,
    _ENDED_LATER,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)


def _with_estimates(table: str) -> list[str]:
    """Add the estimated part to sums: before version 2, that was all of the unknown attempts."""
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
"""From each earlier version to the next one: all of the statements or none."""

NAMES = frozenset({"meta", "parties", "attempts", "hours", "days", "ended_at_once", "ended_later"})
"""Tables and triggers that a ledger must have."""


# An attempt that has ended is never changed: a batch may be written twice after a failure.
@cache
def write(rows: int) -> str:
    """Return the statement that writes so many rows; their cells are its arguments."""
    row = f"({', '.join('?' * len(COLUMNS))})"
    return (
        f"INSERT INTO attempts ({', '.join(COLUMNS)}) VALUES {', '.join([row] * rows)} "  # noqa: S608 - our own names
        "ON CONFLICT (id) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[4:])
        + " WHERE attempts.outcome = 'started'"
    )


def _wanted(index: int) -> str:
    return f"json_extract(wanted.value, '$[{index}]')"


_WANTED = ", ".join(map(_wanted, range(len(PARTY_NAMES))))
ADD_PARTIES = f"INSERT OR IGNORE INTO parties ({', '.join(PARTY_NAMES)}) SELECT {_WANTED} FROM json_each(?) AS wanted"  # noqa: S608, E501 - our own names
"""Their argument is a JSON array of arrays of names."""
PARTY_NUMBERS = ("parties.id", "wanted.key")
FIND_PARTIES = "FROM json_each(?) AS wanted CROSS JOIN parties ON " + " AND ".join(
    f"parties.{name} = {_wanted(index)}" for index, name in enumerate(PARTY_NAMES)
)

# The estimates of an attempt with an unknown end stay in its row.
MARK_UNKNOWN = "UPDATE attempts SET outcome = 'unknown' WHERE outcome = 'started'"
HIGHEST_ID = "SELECT ifnull(max(id), 0) FROM attempts"

RECORD_LOSS = (
    "INSERT INTO meta VALUES ('lost_ms', ?) "
    "ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)"
)
"""Attempts before it may be missing: a damaged file was set aside, or attempts were lost."""
LAST_LOSS = "SELECT max(value) FROM meta WHERE name = 'lost_ms'"

HAS_MACHINE = "SELECT value FROM meta WHERE name = 'machine'"
"""Whether the ledger has an id in a fleet: see `fleet.machine`."""
NOTE_SALVAGED = "INSERT OR REPLACE INTO meta SELECT 'salvaged', ifnull(max(id), 0) FROM attempts"
"""Attempts up to there are counted in a fleet under the id of the damaged file."""

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
