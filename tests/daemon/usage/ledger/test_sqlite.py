"""Helpers for SQLite."""

import sqlite3
from contextlib import closing, suppress

import pytest

from aircherd.usage.ledger import schema, sqlite
from aircherd.usage.ledger.sqlite import (
    Stopped,
    connect,
    create,
    describe_error,
    find_damage,
    is_damage,
    is_full,
    read_rows,
    scalar,
    transaction,
    user_version,
)


@pytest.fixture
def connection():
    with closing(connect(None)) as connection:
        connection.execute("CREATE TABLE things (name TEXT)")
        yield connection


def count(connection):
    return scalar(connection, "SELECT count(*) FROM things")


def test_a_transaction_is_all_or_nothing(connection):
    """Whatever ends it, also errors that are not SQLite's."""
    for ending in (KeyboardInterrupt, sqlite3.OperationalError):
        with suppress(ending), transaction(connection):
            connection.execute("INSERT INTO things VALUES ('a')")
            raise ending
    assert (count(connection), connection.in_transaction) == (0, False)
    with transaction(connection):
        connection.execute("INSERT INTO things VALUES ('a')")
    assert (count(connection), connection.in_transaction) == (1, False)


def test_create_executes_all_statements_or_none(connection):
    """A partial schema would be invalid."""
    with pytest.raises(sqlite3.OperationalError):
        create(connection, ["INSERT INTO things VALUES ('a')", "INSERT INTO nothing VALUES (1)"])
    assert count(connection) == 0


def test_a_version_is_read_without_changing_the_file(tmp_path):
    """Not even its time."""
    path = tmp_path / "odd name?#.db"
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")
    before = path.stat()
    assert user_version(path) == 7
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_full_database_is_not_damaged(connection):
    """Its message is for people."""
    connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("INSERT INTO things VALUES (zeroblob(100000))")
    assert (is_full(caught.value), is_damage(caught.value)) == (True, False)
    assert describe_error(caught.value) == "the disk is full"


def test_a_file_that_is_not_a_database_is_damaged(tmp_path):
    """With SQLite's own message."""
    path = tmp_path / "text"
    path.write_bytes(b"x" * 10_000)
    with pytest.raises(sqlite3.DatabaseError) as caught:
        user_version(path)
    assert (is_full(caught.value), is_damage(caught.value)) == (False, True)
    assert describe_error(caught.value) == "file is not a database"


def test_an_error_without_a_code_keeps_its_message():
    """Errors of the sqlite3 module have none."""
    assert describe_error(sqlite3.ProgrammingError("closed")) == "closed"


def never():
    return False


def test_an_intact_database_has_no_damage(connection):
    """It still works afterwards."""
    assert find_damage(connection, never) is None
    assert count(connection) == 0


def test_a_damaged_page_is_found(tmp_path):
    """Even if no query reads it."""
    path = tmp_path / "a.db"
    with closing(connect(path)) as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, text TEXT)")
        connection.execute(
            "INSERT INTO things SELECT value, 'x' FROM json_each(?)", (str([*range(9000)]),)
        )
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT max(id) FROM things").fetchone() == (8999,)
        assert find_damage(connection, never)


def test_a_check_can_be_stopped(connection, monkeypatch):
    """The connection still works."""
    monkeypatch.setattr(sqlite, "PROGRESS_STEPS", 1)
    connection.execute("INSERT INTO things SELECT value FROM json_each('[1, 2, 3]')")
    with pytest.raises(Stopped):
        find_damage(connection, lambda: True)
    assert find_damage(connection, never) is None
    assert count(connection) == 3


@pytest.fixture
def ledger():
    with closing(connect(None)) as connection:
        create(connection, schema.CREATE)
        yield connection


def test_read_rows_preserves_values(ledger):
    """Any text, large integers and null."""
    names = ['"quoted"', "ü\u2028\n\\", ""]
    for number, name in enumerate(names):
        ledger.execute("INSERT INTO parties VALUES (?, ?, '', '', '', '')", (number, name))
    rows = read_rows(
        ledger,
        ["id + 9007199254740993", "provider", "nullif(provider, '')"],
        "FROM parties WHERE id < ?",
        [3],
        tuple[int, str, str | None],
    )
    assert sorted(rows) == [
        (2**53 + 1 + number, name, name or None) for number, name in enumerate(names)
    ]


def test_read_rows_of_nothing_is_an_empty_list(ledger):
    """Not a row of nulls."""
    assert read_rows(ledger, ["id"], "FROM attempts", [], tuple[int]) == []


def test_read_rows_runs_one_statement(ledger):
    """Each step may take 5 ms while the event loop is busy."""
    ledger.execute("INSERT INTO parties VALUES (1, 'a', '', '', '', ''), (2, 'b', '', '', '', '')")
    asked = []
    ledger.set_trace_callback(asked.append)
    read_rows(ledger, ["id"], "FROM parties", [], tuple[int])
    assert len(asked) == 1
