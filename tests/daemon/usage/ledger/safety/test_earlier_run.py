"""What an earlier run left becomes part of the ledger."""

from datetime import UTC

from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.safety.earlier_run import EarlierRun
from aircherd.usage.ledger.safety.records import decode_record, encode_record
from helpers.ledger.attempts import NOW, attempts, ended, started, sums


def test_its_attempts_are_inserted_once_and_its_loss_is_known(tmp_path):
    """An attempt that the database has as begun ends as it ended."""
    path, forgotten = tmp_path / "ledger.db", []
    first = LedgerDatabase(path, clock=lambda: NOW, tz=UTC)
    first.write([LedgerEntry(1, started(), None), LedgerEntry(2, started(), None)], first_id=1)
    first.close()

    done = ended(1)
    records = [
        decode_record(encode_record(7, 0, [LedgerEntry(1, done, done.settled)])) for _ in "ab"
    ]
    second = LedgerDatabase(path, clock=lambda: NOW, tz=UTC)
    second.earlier = EarlierRun(records, 550, NOW - 60, lambda: forgotten.append(True))
    second.open()
    assert (second.highest_id, second.lost_at, forgotten) == (2, NOW - 60, [True])
    assert "550 attempts" in second.note
    second.note_clean_end()
    second.close()
    assert attempts(path) == [(1, "ok"), (2, "unknown")]
    actual, expected = sums(path, "days")
    assert actual == expected
