"""Many rows in one step: the database hands them over as one JSON text.

Row by row, the thread that reads would have to get the interpreter's lock back for each, and waits
up to 5 ms for it while the loop is busy (`schema` says more).
"""

import sqlite3
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from aircherd.usage.ledger import schema

BulkRow = TypeVar("BulkRow")


def read_rows(
    connection: sqlite3.Connection,
    columns: Sequence[str],
    source: str,
    arguments: Sequence[int | str],
    row: type[BulkRow],
) -> list[BulkRow]:
    """Return `SELECT columns source`, each row as a `row`, in no order to rely on."""
    named = ", ".join(f"{column} AS c{place}" for place, column in enumerate(columns))
    cells = ", ".join(f"c{place}" for place in range(len(columns)))
    statement = f"SELECT json_group_array(json_array({cells})) FROM (SELECT {named} {source})"  # noqa: S608 - our own names
    (text,) = connection.execute(statement, arguments).fetchone()
    return msgspec.json.decode(text, type=list[row])  # type: ignore[valid-type] # known when run


def kept_hour(connection: sqlite3.Connection) -> int:
    """Return the hour before which only the sums of days are left."""
    (hour,) = connection.execute(schema.KEPT_HOUR).fetchone()
    return int(hour)
