"""SQLite, without anything of the ledger."""

import sqlite3
from contextlib import closing, suppress

import pytest

from aircherd.usage.sqlite import (
    connect,
    create,
    is_damage,
    is_full,
    sentence,
    transaction,
    user_version,
    value,
)


@pytest.fixture
def connection():
    with closing(connect(None)) as connection:
        connection.execute("CREATE TABLE things (name TEXT)")
        yield connection


def count(connection):
    return value(connection, "SELECT count(*) FROM things")


def test_a_transaction_is_all_or_nothing(connection):
    """Whatever ends it, also what is no error of SQLite."""
    for ending in (KeyboardInterrupt, sqlite3.OperationalError):
        with suppress(ending), transaction(connection):
            connection.execute("INSERT INTO things VALUES ('a')")
            raise ending
    assert (count(connection), connection.in_transaction) == (0, False)
    with transaction(connection):
        connection.execute("INSERT INTO things VALUES ('a')")
    assert (count(connection), connection.in_transaction) == (1, False)


def test_statements_are_executed_all_or_none(connection):
    """A form that is made by half is none."""
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


def test_a_full_database_is_full_and_not_damaged(connection):
    """In words that a person knows."""
    connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("INSERT INTO things VALUES (zeroblob(100000))")
    assert (is_full(caught.value), is_damage(caught.value)) == (True, False)
    assert sentence(caught.value) == "the disk is full"


def test_what_is_no_database_is_damage(tmp_path):
    """SQLite's own words say it well enough."""
    path = tmp_path / "text"
    path.write_bytes(b"x" * 10_000)
    with pytest.raises(sqlite3.DatabaseError) as caught:
        user_version(path)
    assert (is_full(caught.value), is_damage(caught.value)) == (False, True)
    assert sentence(caught.value) == "file is not a database"


def test_an_error_without_a_code_is_told_as_it_is():
    """The module's own have none."""
    assert sentence(sqlite3.ProgrammingError("closed")) == "closed"
