"""Opens the ledger's database, checks that it is one, and upgrades it.

The lock is exclusive: SQLite before 3.51.3 can damage a database that two connections write to. It
also avoids memory shared between processes, which network file systems lack. There a rollback
journal is used as well, because another machine may not see the locks.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import structlog

from aircherd.usage.ledger import db_file, schema
from aircherd.usage.ledger.errors import DamagedFileError
from aircherd.usage.ledger.sqlite import connect, create, find_damage, scalar, user_version

log = structlog.get_logger()

MEMORY_PAGES = 4096
"""16 MiB, where nothing may be written to the disk."""


def open_file(path: Path) -> sqlite3.Connection:
    """Open the ledger at `path` for reading and writing; create or upgrade it if needed.

    Raises:
        DamagedFileError: it is damaged or not a ledger.
        OSError, sqlite3.Error: it cannot be opened.
    """
    connection = connect(path)
    try:
        _configure(connection, "DELETE" if db_file.is_on_network(path) else "WAL")
        db_file.remove_shared_memory(path)
        _create_if_empty(connection)
        _check_schema(connection)
        _upgrade(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_memory() -> sqlite3.Connection:
    """Open an empty ledger in memory, bounded in size."""
    connection = connect(None)
    _configure(connection, "WAL")
    connection.execute(f"PRAGMA max_page_count = {MEMORY_PAGES}")
    _create_if_empty(connection)
    return connection


def version_of(path: Path) -> int:
    """Return the schema version of a file without changing it.

    Raises:
        DamagedFileError: it is truncated.
    """
    if db_file.is_truncated(path):
        raise DamagedFileError("it is truncated")
    return user_version(path)


def check_integrity(connection: sqlite3.Connection, must_stop: Callable[[], bool]) -> None:
    """Check the whole file.

    Raises:
        DamagedFileError: it is damaged.
        Stopped: `must_stop`, which is called in between, returned True.
    """
    found = find_damage(connection, must_stop)
    if found is not None:
        raise DamagedFileError(found)


def _configure(connection: sqlite3.Connection, journal_mode: str) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # before anything is read
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute(f"PRAGMA journal_mode = {journal_mode}").fetchall()


def _create_if_empty(connection: sqlite3.Connection) -> None:
    if scalar(connection, "PRAGMA schema_version") == 0:
        create(connection, schema.CREATE)


def _check_schema(connection: sqlite3.Connection) -> None:
    if scalar(connection, "PRAGMA application_id") != schema.APPLICATION_ID:
        raise DamagedFileError("it is not a ledger")
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if missing := schema.NAMES - names:
        raise DamagedFileError(f"it lacks {', '.join(sorted(missing))}")


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Upgrade a file of an earlier version to the current schema, without loss."""
    version = int(str(scalar(connection, "PRAGMA user_version")))
    if version < 1:
        raise DamagedFileError(f"its version is {version}")
    if version < schema.VERSION:
        check_integrity(connection, _never)  # an upgrade rewrites everything
    for before in range(version, schema.VERSION):
        log.info("ledger_upgraded", file=str(path), version=before + 1)
        create(connection, schema.UPGRADES[before])


def _never() -> bool:
    """Let a check run to its end."""
    return False
