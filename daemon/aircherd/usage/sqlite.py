"""What holds of any SQLite database: transactions, versions, and errors in words."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

BUSY_SECONDS = 0.5
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SENTENCES = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the file or its file system can only be read",
    sqlite3.SQLITE_BUSY: "another program has it open",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "reading or writing failed",
}


def connect(path: Path | None) -> sqlite3.Connection:
    """Return a connection for one thread, without transactions of its own; None is in memory."""
    return sqlite3.connect(path or ":memory:", isolation_level=None, timeout=BUSY_SECONDS)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done within, all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            connection.execute("ROLLBACK")
        raise


def create(connection: sqlite3.Connection, statements: Iterable[str]) -> None:
    """Execute statements, all or none."""
    with transaction(connection):
        for statement in statements:
            connection.execute(statement)


def value(connection: sqlite3.Connection, statement: str) -> object:
    """Return the first cell of the first row."""
    return connection.execute(statement).fetchone()[0]


def user_version(path: Path) -> int:
    """Return whose form a file has, without changing it; what its log holds counts."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
        return int(str(value(connection, "PRAGMA user_version")))


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file is broken, not the world around it."""
    return _code(error) in _DAMAGE


def is_full(error: sqlite3.Error) -> bool:
    """Return whether there is no room: the connection is as good as before."""
    return _code(error) == sqlite3.SQLITE_FULL


def sentence(error: sqlite3.Error) -> str:
    """Return what is wrong, for a person."""
    return _SENTENCES.get(_code(error), str(error))


def _code(error: sqlite3.Error) -> int:
    """Return the plain code: the bits above it say more than is needed."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
