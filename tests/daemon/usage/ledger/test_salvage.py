"""What is readable in a damaged ledger."""

import sqlite3
from contextlib import closing
from datetime import UTC

import pytest

from aircherd.usage.ledger import salvage as module
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.salvage import salvage
from helpers.ledger.attempts import DAY, NOW, execute, settled, started

HOUR = 739_942 * 24
WHO = ("work", "large", "default", "nvim", "/src/aircher")


@pytest.fixture
def path(tmp_path):
    """A ledger of 2,000 attempts."""
    path = tmp_path / "ledger.db"
    write(path, *range(1, 2001))
    return path


def write(path, *numbers, at=NOW):
    file = LedgerDatabase(path, clock=lambda: NOW, tz=UTC)
    file.write([LedgerEntry(number, started(at), settled()) for number in numbers], first_id=1)
    file.close()


def saved(path, first_hour=HOUR):
    """Return what is readable, by id; check that the file is unchanged and no copy remains."""
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    found, _ = salvage(path, path.with_name("copy"), first_hour=first_hour)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    return {each.cells[0]: each for each in found}


def overwrite(path, at, content):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def test_a_file_without_its_header_is_read_completely(path):
    """Every ledger has the same header."""
    overwrite(path, 0, b"X" * 20)
    found = saved(path)
    assert sorted(found) == list(range(1, 2001))
    assert found[7].names == WHO
    assert found[7].cells[:5] == [7, NOW * 1000, HOUR + 15, 1, "ok"]


def test_rows_around_a_damaged_page_are_read(path):
    """Of 2,000 attempts, all except those on it."""
    overwrite(path, 4096 * 20, b"\xff" * 4096)
    found = saved(path)
    assert {1, 2000} < found.keys()
    assert 1900 < len(found) < 2000


def test_the_log_is_read(path):
    """After a kill, only it has the last attempts."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE attempts SET outcome = 'timeout' WHERE id = 2000")
        copy = path.parent / "killed" / "ledger.db"
        copy.parent.mkdir()
        for suffix in ("", "-wal"):
            source = path.with_name(path.name + suffix)
            copy.with_name(copy.name + suffix).write_bytes(source.read_bytes())
    overwrite(copy, 0, b"X" * 20)
    assert saved(copy)[2000].cells[4] == "timeout"


@pytest.mark.parametrize("content", [b"", b"x" * 50, b"this is no database" * 1000])
def test_anything_but_a_database_yields_nothing(path, content):
    """And no error."""
    path.write_bytes(content)
    assert saved(path) == {}


def test_a_missing_or_too_large_file_is_not_read(path, monkeypatch):
    """A start does not wait for it."""
    found = salvage(path.with_name("none"), path.with_name("copy"), first_hour=HOUR)
    assert found == ([], False)
    monkeypatch.setattr(module, "MAX_BYTES", 4096)
    assert saved(path) == {}


def test_reading_stops_after_a_second(path, monkeypatch):
    """A start waits for it."""
    monkeypatch.setattr(module, "MAX_SECONDS", -1)
    assert saved(path) == {}


def test_attempts_that_no_limit_counts_are_not_read(path):
    """They stay in the damaged file."""
    write(path, 1, at=NOW - DAY)  # its id continues those in the file
    assert (len(saved(path)), len(saved(path, HOUR - 24))) == (2000, 2001)


INVALID = {
    "a count that is text": "input_tokens = 'many'",
    "a negative count": "output_tokens = -5",
    "a count beyond the maximum": "cost_nano = 1000000000000000000",
    "a name that is not text": "outcome = x'00'",
    "an unknown source": "cost_source = 'unknown'",
    "a negative time": "at_ms = -1",
    "unknown bits of estimated": "estimated = 8",
    "an unknown party": "party = 99",
}


@pytest.mark.parametrize("change", INVALID.values(), ids=INVALID)
def test_invalid_rows_are_left_out(path, change):
    """Other rows are read."""
    execute(path, f"UPDATE attempts SET {change} WHERE id = 1000")  # noqa: S608 - a test's own
    assert saved(path).keys() == set(range(1, 2001)) - {1000}
