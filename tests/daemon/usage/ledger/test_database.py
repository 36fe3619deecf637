"""The database, and errors of its file."""

import math
import sqlite3
from contextlib import closing
from datetime import UTC
from decimal import Decimal

import pytest

from aircherd.usage.ledger import db_file, schema, sqlite
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.errors import FileError
from aircherd.usage.ledger.rows import LedgerEntry
from helpers.ledger.attempts import DAY, HOUR, NOW, attempts, execute, query, settled, started, sums


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def new(path):
    """Create a `LedgerDatabase`; all are closed at the end."""
    made = []

    def make():
        made.append(LedgerDatabase(path, clock=lambda: NOW, tz=UTC))
        return made[-1]

    yield make
    for file in made:
        file.close()


def ended(number, at=NOW, **changes):
    return LedgerEntry(number, started(at), settled(**changes))


def write(file, *entries, first_id=1):
    file.write(entries, first_id=first_id)


def filled(new, count=3):
    """Create a file of `count` attempts, and close it."""
    file = new()
    write(file, *(ended(number) for number in range(1, count + 1)))
    file.note_clean_end()
    file.close()


def names(path):
    return sorted(file.name for file in path.parent.iterdir())


# -------------------------------------------------------------- writing


def test_write_inserts_attempts_and_updates_the_sums(new, path):
    """The sums of its hour and of its day."""
    file = new()
    write(file, LedgerEntry(1, started(), None))
    write(file, ended(1), ended(2, outcome="rate_limited", usage=None, cost_nano=0))
    file.close()
    assert attempts(path) == [(1, "ok"), (2, "rate_limited")]
    for table in ("hours", "days"):
        actual, expected = sums(path, table)
        assert actual == expected
        assert [row[2:5] for row in actual] == [("ok", 1, 80), ("rate_limited", 1, 0)]


def test_an_attempt_written_twice_counts_once(new, path):
    """After a failure it may be unknown whether it was written."""
    file = new()
    for _ in range(3):
        write(file, ended(1), LedgerEntry(2, started(), None))
    write(file, ended(1, cost_nano=999), ended(2))
    file.close()
    assert attempts(path, "id, outcome, cost_nano") == [(1, "ok", 5_000), (2, "ok", 5_000)]
    actual, expected = sums(path, "days")
    assert (actual, actual[0][3]) == (expected, 2)


def test_a_batch_is_written_entirely_or_not_at_all(new, path):
    """A full file takes nothing of it, and all of it once there is room."""
    file = new()
    write(file, ended(1))
    file.read(lambda connection: connection.execute("PRAGMA max_page_count = 1"))
    batch = [ended(number, at=NOW - number * HOUR) for number in range(2, 2000)]
    with pytest.raises(FileError, match="the disk is full"):
        write(file, *batch)
    file.read(lambda connection: connection.execute("PRAGMA max_page_count = 1000000"))
    assert file.read(lambda c: c.execute("SELECT count(*) FROM attempts").fetchall()) == [(1,)]
    write(file, *batch)
    file.close()
    actual, expected = sums(path, "hours")
    assert (actual, len(attempts(path))) == (expected, 1999)


def test_names_are_stored_once(new, path):
    """Rows refer to them by number."""
    file = new()
    write(file, ended(1), ended(2), LedgerEntry(3, started(key=None, project="\udcff"), settled()))
    file.close()
    assert query(path, "SELECT * FROM parties") == [
        (1, "work", "large", "default", "nvim", "/src/aircher"),
        (2, "work", "large", "", "nvim", "?"),
    ]
    assert attempts(path, "party") == [(1,), (1,), (2,)]


@pytest.mark.parametrize("changes", [{"cost_nano": Decimal(1)}, {"cost_source": object()}])
def test_an_invalid_value_does_not_close_the_file(new, path, changes):
    """The error is raised, and the next write succeeds."""
    file = new()
    with pytest.raises((sqlite3.Error, TypeError), match="type"):
        write(file, ended(1), ended(2, **changes))
    assert "open" in repr(file)
    write(file, ended(1))
    file.close()
    assert attempts(path, "id, party") == [(1, 1)]
    assert query(path, "SELECT id FROM parties") == [(1,)]


def test_cached_parties_are_forgotten_after_a_rollback(new, path):
    """The next write inserts them again."""
    file = new()
    with pytest.raises(OverflowError):
        write(file, ended(1), ended(2**63))
    write(file, ended(1))
    file.close()
    assert query(path, "SELECT provider FROM attempts JOIN parties ON parties.id = party") == [
        ("work",)
    ]


def test_ids_continue_those_in_the_file(new, path):
    """Even ids that were assigned before the file could be read."""
    filled(new)
    file = new()
    file.open()
    assert file.highest_id == 3
    write(file, ended(4), first_id=4)
    file.close()
    late = new()
    write(late, ended(1), ended(2), first_id=1)
    write(late, ended(1), first_id=1)
    late.close()
    assert attempts(path, "id") == [(number,) for number in range(1, 7)]


def test_settled_attempts_are_synced_to_the_disk(new):
    """An attempt in progress is not: it only has to survive this process."""
    file, levels = new(), []
    for entry in (LedgerEntry(1, started(), None), ended(1), LedgerEntry(2, started(), None)):
        write(file, entry)
        levels += file.read(lambda c: c.execute("PRAGMA synchronous").fetchone())
    assert levels == [1, 2, 1]  # NORMAL, FULL, NORMAL


def test_a_network_file_system_gets_a_rollback_journal(new, path, monkeypatch):
    """Every commit is synced, or a crash could damage the file."""
    monkeypatch.setattr(db_file, "is_on_network", lambda _: True)
    file = new()
    write(file, LedgerEntry(1, started(), None))
    write(file, ended(1), LedgerEntry(2, started(), None))
    write(file, LedgerEntry(2, started(), None))
    assert file.read(lambda c: c.execute("PRAGMA journal_mode").fetchone()) == ("delete",)
    assert file.read(lambda c: c.execute("PRAGMA synchronous").fetchone()) == (2,)  # FULL
    file.close()
    assert names(path) == ["ledger.db"]
    assert attempts(path) == [(1, "ok"), (2, "started")]


def test_all_files_are_private(new, path):
    """The log too; closing leaves only the database."""
    file = new()
    write(file, ended(1))
    assert names(path) == ["ledger.db", "ledger.db-wal"]
    assert {path.with_name(name).stat().st_mode & 0o777 for name in names(path)} == {0o600}
    file.close()
    assert names(path) == ["ledger.db"]


def test_no_other_connection_can_open_it(new, path):
    """Two connections to one log can damage the file."""
    file = new()
    write(file, ended(1))
    other = sqlite3.connect(path, timeout=0)
    with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("SELECT * FROM attempts")


def test_a_locked_file_can_be_retried(new, path):
    """Nothing is lost meanwhile."""
    filled(new)
    file = new()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(FileError, match="another program has it open"):
            write(file, ended(1))
    write(file, ended(1))
    file.close()
    assert len(attempts(path)) == 4


def test_old_attempts_are_removed_in_steps(new, path):
    """Sums of days and attempts in progress stay, sums of hours are removed."""
    file = new()
    old = [ended(number, at=NOW - 40 * DAY + number * HOUR) for number in range(1, 4)]
    write(file, *old, LedgerEntry(4, started(NOW - 40 * DAY), None), ended(5))
    hour = 24 * (739_942 - 32)
    removed = [file.remove_before(hour, limit=2) for _ in range(5)]
    file.close()
    assert removed == [2, 1, 2, 1, 0]
    assert attempts(path, "id") == [(4,), (5,)]
    assert query(path, "SELECT sum(requests) FROM days") == [(4,)]
    assert query(path, "SELECT sum(requests) FROM hours") == [(1,)]
    assert query(path, schema.KEPT_HOUR) == [(hour,)]


# -------------------------------------------------------------- earlier runs


def test_attempts_left_in_progress_by_an_earlier_run_are_unknown(new, path):
    """They count as estimated, also in the sums."""
    file = new()
    write(
        file,
        LedgerEntry(1, started(), None),
        LedgerEntry(2, started(cost_estimate_nano=None), None),
    )
    file.close()
    file = new()
    file.open()
    file.close()
    assert attempts(path, "outcome, input_tokens, output_tokens, cost_nano") == [
        ("unknown", 100, 50, 7_000),
        ("unknown", 100, 50, None),
    ]
    for table in ("hours", "days"):
        actual, expected = sums(path, table)
        assert actual == expected
        assert [row[2:] for row in actual] == [
            ("unknown", 2, 200, 100, 0, 0, 0, 7_000, 1, 2, 200, 100, 7_000)
        ]


def test_reopening_keeps_attempts_in_progress(new, path):
    """Opening the file again after an error is not a new run."""
    file = new()
    write(file, LedgerEntry(1, started(), None))
    file.close()
    file.open()
    write(file, ended(1))
    file.close()
    assert attempts(path) == [(1, "ok")]


# -------------------------------------------------------------- damage


def overwrite(path, at, content):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def truncate(path, size):
    with path.open("r+b") as file:
        file.truncate(size)


DAMAGES = {
    "text": lambda path: path.write_bytes(b"not a database, " * 1000),
    "header": lambda path: overwrite(path, 0, b"\0" * 16),
    "zeros": lambda path: overwrite(path, 0, b"\0" * 8192),
    "page size": lambda path: overwrite(path, 16, b"\x12\x34"),
    "the end": lambda path: truncate(path, path.stat().st_size - 4096 * 2),
    "half a page": lambda path: truncate(path, 4096 + 2048),
    "one byte": lambda path: truncate(path, 1),
    "another program's": lambda path: execute(path, "PRAGMA application_id = 1"),
    "a table is missing": lambda path: execute(path, "DROP TABLE days"),
    "a trigger is missing": lambda path: execute(path, "DROP TRIGGER ended_later"),
}


READABLE = [
    DAMAGES[name]
    for name in (
        "header",
        "page size",
        "another program's",
        "a table is missing",
        "a trigger is missing",
    )
]
"""After these, every attempt is still readable."""


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_moved_aside_and_replaced(new, path, damage):
    """It is kept unchanged, and the note has its path."""
    filled(new, 2000)
    damage(path)
    content = path.read_bytes()
    file = new()
    write(file, ended(1))
    file.close()
    (aside,) = path.parent.glob("*.damaged-20261122T153000Z")
    assert aside.read_bytes() == content
    assert "was damaged" in file.note
    assert f"is now {aside}: a new one was created" in file.note
    *saved, last = attempts(path)
    assert last == (len(saved) + 1, "ok")
    assert len(saved) == (2000 if damage in READABLE else 0)


def damage_an_unread_page(path):
    overwrite(path, 4096 * 20, b"\xff" * 4096)


def never():
    return False


def test_the_check_finds_a_damaged_page_that_is_not_read(new, path):
    """The start does not wait for it."""
    filled(new, 5000)
    damage_an_unread_page(path)
    file = new()
    write(file, ended(5001), first_id=5001)
    assert (file.note, file.highest_id) == (None, 5000)
    with pytest.raises(FileError):
        file.check(never)
    assert "was damaged" in file.note
    assert file.check(never) is True
    write(file, ended(5002), first_id=5001)
    file.close()
    numbers = [number for number, _ in attempts(path)]
    assert (numbers[0], numbers[-2:]) == (1, [5001, 5002])
    assert 4900 < len(numbers) < 5002
    assert f", with {len(numbers) - 1:,} attempts of the old one" in file.note
    for table in ("hours", "days"):
        actual, expected = sums(path, table)
        assert actual == expected


def test_the_check_of_an_intact_file_finds_nothing(new):
    """And does not change it."""
    filled(new)
    file = new()
    assert file.check(never) is True
    assert file.note is None


def test_the_check_can_be_stopped(new, monkeypatch):
    """The file still works afterwards."""
    monkeypatch.setattr(sqlite, "PROGRESS_STEPS", 1)
    filled(new)
    file = new()
    assert file.check(lambda: True) is False
    write(file, ended(4), first_id=4)
    assert file.note is None


def test_files_next_to_a_damaged_one_are_moved_along(new, path):
    """A log would damage another database."""
    filled(new)
    path.write_bytes(b"x" * 10_000)
    path.with_name("ledger.db-wal").write_bytes(b"log")
    path.with_name("ledger.db-shm").write_bytes(b"shared")
    new().open()
    aside = "ledger.db.damaged-20261122T153000Z"
    assert [name for name in names(path) if "damaged" in name] == [
        aside,
        f"{aside}-shm",
        f"{aside}-wal",
    ]


def test_a_log_without_its_database_is_kept(new, path):
    """It may contain attempts that nothing else has."""
    path.with_name("ledger.db-wal").write_bytes(b"log")
    file = new()
    file.open()
    assert "it is truncated" in file.note
    assert path.with_name("ledger.db.damaged-20261122T153000Z-wal").read_bytes() == b"log"


def test_damage_of_an_open_file_is_handled(new, path):
    """The batch goes into the new file."""
    filled(new, 2000)
    file = new()
    file.read(lambda c: c.executescript("PRAGMA cache_size = 0; PRAGMA shrink_memory"))
    overwrite(path, 4096, b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(FileError):
        write(file, ended(1), first_id=2001)
    write(file, ended(2001), first_id=2001)
    file.close()
    assert "was damaged" in file.note
    assert attempts(path) == [(2001, "ok")]


def test_a_damaged_file_that_cannot_be_moved_is_not_changed(new, path, monkeypatch):
    """Its content may still be recoverable."""

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    path.write_bytes(b"x" * 10_000)
    monkeypatch.setattr(db_file, "set_aside", refuse)
    with pytest.raises(FileError, match="cannot be moved away: Permission denied"):
        write(new(), ended(1))
    assert path.read_bytes() == b"x" * 10_000


def test_a_loss_is_remembered_across_starts(new, path):
    """Limits may lack usage from before it."""
    filled(new)
    file = new()
    file.open()
    assert file.lost_at == -math.inf
    file.close()
    path.write_bytes(b"x" * 10_000)
    for _ in range(2):
        file = new()
        file.open()
        file.close()
        assert file.lost_at == NOW
    assert file.note == (
        f"{path} may lack what was used before 2026-11-22 15:30: a damaged file was set aside, or "
        "attempts could not be written"
    )


def test_a_loss_is_noted_as_long_as_limits_look_back(new, path):
    """After 32 days it no longer matters."""
    file = new()
    file.record_loss()
    file.close()
    late = LedgerDatabase(path, clock=lambda: NOW + 32 * DAY, tz=UTC)
    late.open()
    late.close()
    assert (late.lost_at, late.note) == (NOW, None)


def test_a_loss_in_the_future_counts_as_of_now(new, path):
    """The clock was wrong then, or is now."""
    late = LedgerDatabase(path, clock=lambda: NOW + DAY, tz=UTC)
    late.record_loss()
    late.close()
    file = new()
    file.open()
    assert file.lost_at == NOW


# -------------------------------------------------------------- a later version


LATER = schema.VERSION + 1


def of_later_version(new, path):
    filled(new)
    execute(path, f"PRAGMA user_version = {LATER}", "ALTER TABLE attempts ADD COLUMN mood TEXT")


def test_a_file_of_a_later_version_is_not_changed(new, path):
    """New attempts are held in memory and can be read."""
    of_later_version(new, path)
    content = path.read_bytes()
    file = new()
    write(file, ended(1))
    assert file.read(lambda c: c.execute("SELECT count(*) FROM attempts").fetchall()) == [(1,)]
    file.close()
    assert path.read_bytes() == content
    assert f"is of a later version ({LATER}, this aircherd knows {LATER - 1})" in file.refusal
    assert "move the file away" in file.refusal
    assert (file.note, attempts(path)) == (None, [(1, "ok"), (2, "ok"), (3, "ok")])


def test_a_later_version_in_the_log_counts(new, path, tmp_path):
    """A later aircherd may have been killed right after an upgrade."""
    of_later_version(new, path)
    execute(path, f"PRAGMA user_version = {schema.VERSION}")
    with closing(sqlite3.connect(path, isolation_level=None)) as later:
        later.execute(f"PRAGMA user_version = {LATER}")
        log = path.with_name("ledger.db-wal").read_bytes()
        content = path.read_bytes()
    path.write_bytes(content)
    path.with_name("ledger.db-wal").write_bytes(log)
    file = new()
    write(file, ended(1))
    file.close()
    assert "is of a later version" in file.refusal
    assert (path.read_bytes(), path.with_name("ledger.db-wal").read_bytes()) == (content, log)


def test_the_memory_of_a_refused_file_is_bounded(new, path):
    """It is full like a disk."""
    of_later_version(new, path)
    file = new()

    def write_forever():
        for start in range(1, 10_000_000, 20_000):
            write(file, *(ended(start + number) for number in range(20_000)))

    with pytest.raises(FileError, match="full"):
        write_forever()


# -------------------------------------------------------------- refused paths


def test_a_symlink_is_refused_with_a_reason(new, path, tmp_path):
    """As for every file of the daemon."""
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileError, match="symbolic links"):
        new().open()


def test_a_directory_is_refused_with_a_reason(new, path):
    """It is not changed."""
    path.mkdir()
    with pytest.raises(FileError, match="Is a directory"):
        new().open()


def test_repr_has_path_and_state(new, path):
    """For logs."""
    file = new()
    assert repr(file) == f"<LedgerDatabase {path} closed>"
    file.open()
    assert repr(file) == f"<LedgerDatabase {path} open>"
