"""What limits count after an unclean end."""

from datetime import UTC

import pytest

from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.replay import read_replayed_usage
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.safety.margin import most_within
from helpers.ledger.attempts import DAY, NOW, ended


@pytest.fixture
def run(tmp_path):
    """Run once: write attempts, end well or not, and return what the next run's limits count."""

    def make(*attempts, is_clean, now=NOW):
        file = LedgerDatabase(tmp_path / "ledger.db", clock=lambda: now, tz=UTC)
        file.open()
        first = file.highest_id + 1
        entries = [LedgerEntry(first + n, each, each.settled) for n, each in enumerate(attempts)]
        if entries:
            file.write(entries, first_id=first)
        rows = file.read(lambda c: read_replayed_usage(c, since=now - DAY, now=now, tz=UTC))
        if is_clean:
            file.note_clean_end()
        file.close()
        return sum(row.requests for row in rows), sum(row.requests for row in rows if row.is_margin)

    return make


def test_the_busiest_tenth_of_a_second_counts():
    """Of the last 10 s; times in milliseconds, the latest first."""
    assert most_within([]) == 0
    assert most_within([5_000]) == 1
    assert most_within([5_000, 4_000, 3_950, 3_901, 3_900, 3_000]) == 3
    assert most_within([20_000, 9_000, 8_999, 8_998]) == 1


def test_after_a_clean_end_nothing_is_added(run):
    """Nothing can be missing."""
    run(ended(at=NOW - 5, ms=0), is_clean=True)
    assert run(is_clean=True) == (1, 0)


def test_after_an_unclean_end_the_last_window_counts_twice(run):
    """Three attempts ended within 0.1 s; an earlier one did not."""
    times = [NOW - 9, NOW - 5, NOW - 5.01, NOW - 5.02]
    run(*(ended(at=at, ms=0) for at in times), is_clean=False)
    assert run(is_clean=True) == (7, 3)


def test_a_margin_stays_over_later_starts_and_is_not_added_again(run):
    """It leaves a window as usage does, not with a restart."""
    run(ended(at=NOW - 5, ms=0), is_clean=False)
    for _ in range(3):
        assert run(is_clean=False) == (2, 1)
    assert run(is_clean=True) == (2, 1)
    assert run(is_clean=True, now=NOW + 2 * DAY) == (0, 0)
