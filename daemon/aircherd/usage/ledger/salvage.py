"""Reads what is still readable in a damaged ledger: the attempts that a limit may count.

It reads a copy; the damaged file is left as it is. Most of a file with a damaged page is readable:
from its end back to the damage, and from its beginning on. A damaged header is replaced, because
every ledger has the same. A row that this program cannot have written is left out.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from aircherd.usage.ledger import schema
from aircherd.usage.ledger.db_file import SIDE_FILES
from aircherd.usage.ledger.rows import MAX_COUNT, MAX_NAME, Cell
from aircherd.usage.time_buckets import LATEST

MAX_SECONDS = 1.0
"""A start may wait for it."""
MAX_BYTES = 2**26
MAX_ID = 2**40

_HEADER = b"SQLite format 3\0" + (4096).to_bytes(2, "big") + bytes([2, 2, 0, 64, 32, 32])
"""The first bytes of every ledger in WAL mode."""
_COMPARED_BYTES = 18
_ID, _AT, PARTY_CELL, _OUTCOME = (
    schema.COLUMNS.index(name) for name in ("id", "at_ms", "party", "outcome")
)
_SOURCE, _ESTIMATED = schema.COLUMNS.index("cost_source"), schema.COLUMNS.index("estimated")
_SELECT = (
    f"SELECT {', '.join(f'attempts.{name}' for name in schema.COLUMNS)}, "  # noqa: S608 - our own names
    f"{', '.join(schema.PARTY_NAMES)} "
    "FROM attempts NOT INDEXED CROSS JOIN parties ON parties.id = party "
    "WHERE hour >= ? ORDER BY attempts.id"
)


_Row = tuple[Any, ...]  # a damaged file may contain anything


class SalvagedAttempt(NamedTuple):
    """The cells in the order of `schema.COLUMNS`, and the `schema.PARTY_NAMES` of its party.

    The cell at `PARTY_CELL` is the party's row number in the damaged file.
    """

    cells: list[Cell]
    names: tuple[str, ...]


class Salvaged(NamedTuple):
    """The readable attempts, in no particular order, and whether the file had an id in a fleet."""

    attempts: list[SalvagedAttempt]
    was_machine: bool = False


def salvage(damaged: Path, copy: Path, *, first_hour: int) -> Salvaged:
    """Return what can be read of the attempts made in `first_hour` or later.

    Args:
        damaged: The file; it and those next to it are only read.
        copy: A path for a temporary copy.
        first_hour: A `time_buckets.local_hour`.
    """
    until = time.monotonic() + MAX_SECONDS
    try:
        _copy(damaged, copy)
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute("PRAGMA cell_size_check = ON")
            attempts = _read(connection, first_hour, until)
            return Salvaged(attempts, was_machine=_has_machine(connection))
    except (OSError, sqlite3.Error):
        return Salvaged([])  # nothing can be read
    finally:
        _remove(copy)


def _copy(damaged: Path, copy: Path) -> None:
    """Create the copy, private like the file, with a valid header."""
    _remove(copy)
    for suffix in ("", "-wal", "-journal"):
        source = damaged.with_name(damaged.name + suffix)
        if not source.exists():
            continue
        if source.stat().st_size > MAX_BYTES:
            raise OSError("it is too large to be read during the start")
        content = source.read_bytes()
        if not suffix and content[:_COMPARED_BYTES] != _HEADER[:_COMPARED_BYTES]:
            content = _HEADER + content[len(_HEADER) :]
        target = copy.with_name(copy.name + suffix)
        target.touch(mode=0o600, exist_ok=False)
        target.write_bytes(content)


def _remove(copy: Path) -> None:
    for suffix in ("", *SIDE_FILES):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)


def _read(connection: sqlite3.Connection, first_hour: int, until: float) -> list[SalvagedAttempt]:
    found: dict[int, SalvagedAttempt] = {}
    for order in ("DESC", "ASC"):
        for row in _rows(connection, order, first_hour):
            if time.monotonic() > until or row[_ID] in found:
                break
            attempt = SalvagedAttempt(list(row[: len(schema.COLUMNS)]), row[len(schema.COLUMNS) :])
            if _is_valid(attempt):
                found[row[_ID]] = attempt
    return list(found.values())


def _has_machine(connection: sqlite3.Connection) -> bool:
    """Return whether what was used is known by this ledger's id elsewhere; False if unreadable."""
    try:
        return connection.execute(schema.HAS_MACHINE).fetchone() is not None
    except sqlite3.Error:
        return False


def _rows(connection: sqlite3.Connection, order: str, first_hour: int) -> Iterator[_Row]:
    """Yield rows until there are no more or damage is hit."""
    try:
        yield from connection.execute(f"{_SELECT} {order}", (first_hour,))
    except sqlite3.Error:
        return


def _is_valid(attempt: SalvagedAttempt) -> bool:
    """Return whether this program can have written the row."""
    cells = attempt.cells
    names, numbers = [cells[_OUTCOME], *attempt.names], list(cells)
    del numbers[_SOURCE], numbers[_OUTCOME]  # the later one first
    return (
        all(isinstance(name, str) and len(name) <= MAX_NAME for name in names)
        and all(number is None or _is_count(number, MAX_COUNT) for number in numbers)
        and _is_count(cells[_ID], MAX_ID)
        and _is_count(cells[_AT], int(LATEST * 1000))
        and _is_count(cells[_ESTIMATED], schema.TOKENS | schema.COST)
        and cells[_SOURCE] in (None, "provider", "catalog")
    )


def _is_count(cell: Cell, maximum: int) -> bool:
    return isinstance(cell, int) and 0 <= cell <= maximum
