"""What holds of any SQLite database: transactions, versions, and errors in words."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

BUSY_SECONDS = 0.5
LOOK_STEPS = 1_000_000
"""Steps of SQLite's between two looks at whether to go on: 10 to 40 ms. Each look takes the
interpreter's lock, and so 5 ms while the loop is busy."""
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SENTENCES = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the file or its file system can only be read",
    sqlite3.SQLITE_BUSY: "another program has it open",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "reading or writing failed",
}


class Stopped(Exception):
    """What was under way was asked to end before it was done."""


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


def damage(connection: sqlite3.Connection, must_stop: Callable[[], bool]) -> str | None:
    """Look through the whole database; return what is damaged first, None if nothing is.

    Raises:
        Stopped: `must_stop`, which is asked in between, said so.
    """
    connection.set_progress_handler(must_stop, LOOK_STEPS)
    try:
        found = str(value(connection, "PRAGMA quick_check(1)"))
    except sqlite3.Error as error:
        if _code(error) == sqlite3.SQLITE_INTERRUPT:
            raise Stopped from None
        raise
    finally:
        connection.set_progress_handler(None, 0)
    return None if found == "ok" else found


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
