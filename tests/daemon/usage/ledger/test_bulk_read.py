"""Many rows in one step."""

import sqlite3
from contextlib import closing

import pytest

from aircherd.usage.ledger import schema
from aircherd.usage.ledger.bulk_read import kept_hour, read_rows


@pytest.fixture
def connection():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in schema.CREATE:
            connection.execute(statement)
        yield connection


def test_rows_come_as_they_are(connection):
    """Whatever text and whichever number is in them, and what is null."""
    names = ['"quoted"', "ü\u2028\n\\", ""]
    for number, name in enumerate(names):
        connection.execute("INSERT INTO parties VALUES (?, ?, '', '', '', '')", (number, name))
    rows = read_rows(
        connection,
        ["id + 9007199254740993", "provider", "nullif(provider, '')"],
        "FROM parties WHERE id < ?",
        [3],
        tuple[int, str, str | None],
    )
    assert sorted(rows) == [
        (2**53 + 1 + number, name, name or None) for number, name in enumerate(names)
    ]


def test_no_rows_are_an_empty_list(connection):
    """Not a row of nothing."""
    assert read_rows(connection, ["id"], "FROM attempts", [], tuple[int]) == []


def test_the_database_is_asked_once(connection):
    """Each step would cost up to 5 ms beside a busy loop."""
    connection.execute(
        "INSERT INTO parties VALUES (1, 'a', '', '', '', ''), (2, 'b', '', '', '', '')"
    )
    asked = []
    connection.set_trace_callback(asked.append)
    read_rows(connection, ["id"], "FROM parties", [], tuple[int])
    assert len(asked) == 1


def test_the_hour_from_which_attempts_are_kept(connection):
    """All of them, to begin with."""
    assert kept_hour(connection) == 0
    connection.execute(schema.KEEP_FROM, (48,))
    connection.execute(schema.KEEP_FROM, (24,))
    assert kept_hour(connection) == 48
