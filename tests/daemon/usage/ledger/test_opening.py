"""Opening creates, checks and upgrades a ledger."""

import gzip
import sqlite3
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest

from aircherd.usage.ledger import opening, schema
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.errors import DamagedFileError
from aircherd.usage.ledger.opening import open_file, open_memory, version_of
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.sqlite import scalar
from helpers.ledger.attempts import NOW, attempts, execute, query, settled, started, sums

VERSION_1 = Path(__file__).with_name("ledger-v1.db.gz")
"""A file of version 1: two attempts with an unknown end, one attempt of each other kind."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def old_file(path):
    path.write_bytes(gzip.decompress(VERSION_1.read_bytes()))
    assert version_of(path) == 1
    return path


def database_of(path):
    return LedgerDatabase(path, clock=lambda: NOW, tz=UTC)


def test_a_new_file_is_an_empty_ledger_of_the_current_version(path):
    """It keeps all attempts, and no other connection can read it."""
    with closing(open_file(path)) as connection:
        assert scalar(connection, "SELECT count(*) FROM attempts") == 0
        assert scalar(connection, schema.KEPT_HOUR) == 0
        with closing(sqlite3.connect(path, timeout=0)) as other, pytest.raises(sqlite3.Error):
            other.execute("SELECT * FROM attempts")
    assert version_of(path) == schema.VERSION


def test_a_ledger_in_memory_is_bounded():
    """It has the same tables."""
    with closing(open_memory()) as connection:
        assert scalar(connection, "SELECT count(*) FROM attempts") == 0
        assert scalar(connection, "PRAGMA max_page_count") == opening.MEMORY_PAGES


def test_a_truncated_file_is_damaged(path):
    """SQLite would take it for a new one."""
    path.write_bytes(b"S")
    with pytest.raises(DamagedFileError, match="truncated"):
        version_of(path)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("PRAGMA application_id = 1", "it is not a ledger"),
        ("DROP TABLE days", "it lacks days"),
        ("PRAGMA user_version = -1", "its version is -1"),
    ],
)
def test_another_database_is_damaged_and_closed(path, statement, reason):
    """Its lock is released, so that it can be moved."""
    open_file(path).close()
    execute(path, statement)
    with pytest.raises(DamagedFileError, match=reason):
        open_file(path)
    execute(path, "PRAGMA user_version")


def test_an_upgraded_file_has_the_current_schema(old_file, tmp_path):
    """Its tables and triggers are those of a new file."""

    def schema_of(path):
        tables = ("attempts", "hours", "days", "parties", "meta")
        infos = [query(path, f"PRAGMA table_info({table})") for table in tables]
        columns = [[column[:4] for column in info] for info in infos]  # without defaults
        others = query(path, "SELECT name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY 1")
        return columns, others, query(path, "PRAGMA user_version")

    for path in (old_file, tmp_path / "new.db"):
        open_file(path).close()
    assert schema_of(old_file) == schema_of(tmp_path / "new.db")


def test_an_upgraded_file_keeps_its_attempts(old_file):
    """Those with an unknown end are marked as estimated; those in progress have ended since."""
    columns = "id, at_ms, party, outcome, input_tokens, output_tokens, cost_nano"
    before = attempts(old_file, columns)
    database = database_of(old_file)
    database.write([LedgerEntry(10, started(), settled())], first_id=10)
    database.close()
    *after, added = attempts(old_file, columns)
    assert [row[3] for row in before[5:]] == ["started", "ok"]
    assert after == [
        row if row[3] != "started" else (*row[:3], "unknown", *row[4:]) for row in before
    ]
    assert added[3:] == ("ok", 80, 40, 5_000)
    marks = attempts(old_file, "outcome, estimated")
    assert [mark for outcome, mark in marks if outcome == "unknown"] == [3, 3, 1]
    assert sum(mark for _, mark in marks) == 7
    for table in ("hours", "days"):
        actual, expected = sums(old_file, table)
        assert actual == expected


def test_a_failed_upgrade_changes_nothing(old_file, monkeypatch):
    """For example on a full disk; the next start tries again."""
    content = query(old_file, "SELECT * FROM days")
    wrong = (*schema.UPGRADES[1][:-1], "INSERT INTO nowhere VALUES (1)")
    with monkeypatch.context() as patched:
        patched.setitem(schema.UPGRADES, 1, wrong)
        with pytest.raises(sqlite3.Error, match="nowhere"):
            open_file(old_file)
    assert version_of(old_file) == 1
    assert query(old_file, "SELECT * FROM days") == content
    open_file(old_file).close()
    assert version_of(old_file) == schema.VERSION


def test_a_damaged_file_is_not_upgraded(old_file, monkeypatch):
    """The whole file is checked before."""
    content = old_file.read_bytes()
    monkeypatch.setattr(opening, "find_damage", lambda *_: "a page is used twice")
    database = database_of(old_file)
    database.open()
    database.close()
    assert "was damaged (a page is used twice)" in database.note
    (aside,) = old_file.parent.glob("*.damaged-20261122T153000Z")
    assert query(aside, "PRAGMA user_version") == [(1,)]
    assert aside.read_bytes()[100:] == content[100:]  # the header now says WAL
