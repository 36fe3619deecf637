"""Helpers for any SQLite database: transactions, bulk reads, integrity, and error messages."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

BulkRow = TypeVar("BulkRow")

BUSY_SECONDS = 0.5
PROGRESS_STEPS = 1_000_000
"""SQLite's steps between two calls that ask whether to stop: 10 to 40 ms. Each call takes the
interpreter's lock, which takes 5 ms while the event loop is busy."""
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_MESSAGES = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the file or its file system can only be read",
    sqlite3.SQLITE_BUSY: "another program has it open",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "reading or writing failed",
}


class Stopped(Exception):
    """An operation was stopped before it was done."""


def connect(path: Path | None) -> sqlite3.Connection:
    """Return a connection for one thread, in autocommit mode; None means in memory."""
    return sqlite3.connect(path or ":memory:", isolation_level=None, timeout=BUSY_SECONDS)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block does, all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            connection.execute("ROLLBACK")
        raise


def create(connection: sqlite3.Connection, statements: Iterable[str]) -> None:
    """Execute all of the statements or none."""
    with transaction(connection):
        for statement in statements:
            connection.execute(statement)


def scalar(connection: sqlite3.Connection, statement: str) -> object:
    """Return the first cell of the first row."""
    return connection.execute(statement).fetchone()[0]


def read_rows(
    connection: sqlite3.Connection,
    columns: Sequence[str],
    source: str,
    arguments: Sequence[int | str],
    row: type[BulkRow],
) -> list[BulkRow]:
    """Return `SELECT columns source`, each row as a `row`, in no particular order.

    All rows come as one JSON text. Row by row, the thread would have to get the interpreter's lock
    back for each, and waits up to 5 ms for it while the event loop is busy.
    """
    named = ", ".join(f"{column} AS c{index}" for index, column in enumerate(columns))
    cells = ", ".join(f"c{index}" for index in range(len(columns)))
    statement = f"SELECT json_group_array(json_array({cells})) FROM (SELECT {named} {source})"  # noqa: S608 - our own names
    (text,) = connection.execute(statement, arguments).fetchone()
    return msgspec.json.decode(text, type=list[row])  # type: ignore[valid-type] # known at run time


@contextmanager
def stopping(connection: sqlite3.Connection, must_stop: Callable[[], bool]) -> Iterator[None]:
    """Stop a statement of the block once `must_stop`, which is called in between, returns True.

    Raises:
        Stopped: it did.
    """
    connection.set_progress_handler(must_stop, PROGRESS_STEPS)
    try:
        yield
    except sqlite3.Error as error:
        if _code(error) == sqlite3.SQLITE_INTERRUPT:
            raise Stopped from None
        raise
    finally:
        connection.set_progress_handler(None, 0)


def find_damage(connection: sqlite3.Connection, must_stop: Callable[[], bool]) -> str | None:
    """Check the whole database; return the first damage found, None if there is none.

    Raises:
        Stopped: `must_stop`, which is called in between, returned True.
    """
    with stopping(connection, must_stop):
        found = str(scalar(connection, "PRAGMA quick_check(1)"))
    return None if found == "ok" else found


def user_version(path: Path) -> int:
    """Return the `user_version` of a file without changing it; its write-ahead log counts."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
        return int(str(scalar(connection, "PRAGMA user_version")))


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file itself is damaged."""
    return _code(error) in _DAMAGE


def is_full(error: sqlite3.Error) -> bool:
    """Return whether the disk is full: the connection still works."""
    return _code(error) == sqlite3.SQLITE_FULL


def describe_error(error: sqlite3.Error) -> str:
    """Return a message for people."""
    return _MESSAGES.get(_code(error), str(error))


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code, without its extension."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
