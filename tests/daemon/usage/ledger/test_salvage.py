"""What can still be read of a damaged ledger."""

import sqlite3
from contextlib import closing
from datetime import UTC

import pytest

from aircherd.usage.ledger import salvage as module
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.salvage import salvage
from helpers.ledger import DAY, NOW, execute, settled, started

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
    """What can be read, by number; checks that nothing is changed and nothing left behind."""
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    found = salvage(path, path.with_name("copy"), first_hour=first_hour)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    return {each.cells[0]: each for each in found}


def overwrite(path, at, content):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def test_without_its_head_all_of_it_is_read(path):
    """Every ledger has the same one."""
    overwrite(path, 0, b"X" * 20)
    found = saved(path)
    assert sorted(found) == list(range(1, 2001))
    assert found[7].names == WHO
    assert found[7].cells[:5] == [7, NOW * 1000, HOUR + 15, 1, "ok"]


def test_what_lies_before_and_behind_a_damaged_page_is_read(path):
    """Of 2,000 all but those in it."""
    overwrite(path, 4096 * 20, b"\xff" * 4096)
    found = saved(path)
    assert {1, 2000} < found.keys()
    assert 1900 < len(found) < 2000


def test_what_is_in_the_log_beside_it_is_read(path):
    """After a kill the last attempts are nowhere else."""
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
def test_of_what_is_no_database_nothing_is_read(path, content):
    """And nothing fails."""
    path.write_bytes(content)
    assert saved(path) == {}


def test_a_file_that_is_gone_or_too_large_is_left_alone(path, monkeypatch):
    """A start does not wait for that."""
    assert salvage(path.with_name("none"), path.with_name("copy"), first_hour=HOUR) == []
    monkeypatch.setattr(module, "MAX_BYTES", 4096)
    assert saved(path) == {}


def test_only_as_much_is_read_as_there_is_time_for(path, monkeypatch):
    """A start waits for it."""
    monkeypatch.setattr(module, "MAX_SECONDS", -1)
    assert saved(path) == {}


def test_what_no_limit_counts_is_not_read(path):
    """Older attempts stay in the old file."""
    write(path, 1, at=NOW - DAY)  # whose number goes on after those that are there
    assert (len(saved(path)), len(saved(path, HOUR - 24))) == (2000, 2001)


NONSENSE = {
    "a count that is a text": "input_tokens = 'many'",
    "a negative one": "output_tokens = -5",
    "one beyond all": "cost_nano = 1000000000000000000",
    "a number for a name": "outcome = x'00'",
    "another source": "cost_source = 'nobody'",
    "a time that is none": "at_ms = -1",
    "an estimate of nothing known": "estimated = 8",
    "somebody unknown": "party = 99",
}


@pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE)
def test_what_cannot_be_an_attempt_is_left_out(path, change):
    """The rows beside it are read."""
    execute(path, f"UPDATE attempts SET {change} WHERE id = 1000")  # noqa: S608 - a test's own
    assert saved(path).keys() == set(range(1, 2001)) - {1000}
