"""What can still be read of a damaged ledger: the attempts that a limit may still count.

A copy is read, for the damaged file stays as it is. Most of a file with a damaged page can be: from
its end back to the damage, and from its beginning on. A damaged head is known all the same, for
every ledger has the same one. A row that cannot be one of ours is left out.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from aircherd.usage.ledger import schema
from aircherd.usage.ledger.db_file import SIDE_FILES
from aircherd.usage.ledger.rows import MAX_NAME, MOST, Cell
from aircherd.usage.time_buckets import LATEST

SECONDS = 1.0
"""A start may wait for it."""
MOST_BYTES = 2**26
MOST_ID = 2**40

_HEAD = b"SQLite format 3\0" + (4096).to_bytes(2, "big") + bytes([2, 2, 0, 64, 32, 32])
"""What the files that SQLite makes for us begin with, in WAL mode."""
_KNOWN_BY = 18
_ID, _AT, _PARTY, _OUTCOME = (
    schema.COLUMNS.index(name) for name in ("id", "at_ms", "party", "outcome")
)
_SOURCE, _ESTIMATED = schema.COLUMNS.index("cost_source"), schema.COLUMNS.index("estimated")
_SELECT = (
    f"SELECT {', '.join(f'attempts.{name}' for name in schema.COLUMNS)}, "  # noqa: S608 - our own names
    f"{', '.join(schema.PARTY)} FROM attempts NOT INDEXED CROSS JOIN parties ON parties.id = party "
    "WHERE hour >= ? ORDER BY attempts.id"
)


_Row = tuple[Any, ...]  # what is in a damaged file can be anything


class Salvaged(NamedTuple):
    """An attempt: its cells in the order of `schema.COLUMNS`, and who was asked by whom."""

    cells: list[Cell]
    party: tuple[str, ...]


def salvage(damaged: Path, copy: Path, *, first_hour: int) -> list[Salvaged]:
    """Return what can be read of the attempts made in `first_hour` or later, in no order.

    Args:
        damaged: The file; it and those beside it are only read.
        copy: Where a copy may lie meanwhile.
        first_hour: As `span.local_hour` has it.
    """
    until = time.monotonic() + SECONDS
    try:
        _copy(damaged, copy)
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute("PRAGMA cell_size_check = ON")
            return _read(connection, first_hour, until)
    except (OSError, sqlite3.Error):
        return []  # nothing can be read
    finally:
        _remove(copy)


def _copy(damaged: Path, copy: Path) -> None:
    """Make the copy, with a head that SQLite knows; ours alone, as the file is."""
    _remove(copy)
    for suffix in ("", "-wal", "-journal"):
        source = damaged.with_name(damaged.name + suffix)
        if not source.exists():
            continue
        if source.stat().st_size > MOST_BYTES:
            raise OSError("it is too large to be read at a start")
        content = source.read_bytes()
        if not suffix and content[:_KNOWN_BY] != _HEAD[:_KNOWN_BY]:
            content = _HEAD + content[len(_HEAD) :]
        target = copy.with_name(copy.name + suffix)
        target.touch(mode=0o600, exist_ok=False)
        target.write_bytes(content)


def _remove(copy: Path) -> None:
    for suffix in ("", *SIDE_FILES):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)


def _read(connection: sqlite3.Connection, first_hour: int, until: float) -> list[Salvaged]:
    found: dict[int, Salvaged] = {}
    for order in ("DESC", "ASC"):
        for row in _rows(connection, order, first_hour):
            if time.monotonic() > until or row[_ID] in found:
                break
            saved = Salvaged(list(row[: len(schema.COLUMNS)]), row[len(schema.COLUMNS) :])
            if _can_be(saved):
                found[row[_ID]] = saved
    return list(found.values())


def _rows(connection: sqlite3.Connection, order: str, first_hour: int) -> Iterator[_Row]:
    """Yield rows until there are no more, or something is damaged."""
    try:
        yield from connection.execute(f"{_SELECT} {order}", (first_hour,))
    except sqlite3.Error:
        return


def _can_be(saved: Salvaged) -> bool:
    """Tell whether a row is one that this program writes."""
    cells = saved.cells
    names, numbers = [cells[_OUTCOME], *saved.party], list(cells)
    del numbers[_SOURCE], numbers[_OUTCOME]  # the later one first
    return (
        all(isinstance(name, str) and len(name) <= MAX_NAME for name in names)
        and all(number is None or _is_count(number, MOST) for number in numbers)
        and _is_count(cells[_ID], MOST_ID)
        and _is_count(cells[_AT], int(LATEST * 1000))
        and _is_count(cells[_ESTIMATED], schema.TOKENS | schema.COST)
        and cells[_SOURCE] in (None, "provider", "catalog")
    )


def _is_count(cell: Cell, most: int) -> bool:
    return isinstance(cell, int) and 0 <= cell <= most


def with_party(saved: Salvaged, number: int) -> Sequence[Cell]:
    """Return the cells with the number that who asked has in another file."""
    cells = saved.cells
    return [*cells[:_PARTY], number, *cells[_PARTY + 1 :]]
