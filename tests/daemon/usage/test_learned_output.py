"""Restoring output estimates, from a ledger that may be unreadable."""

from datetime import UTC

import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.learned_output import (
    MAX_REPLIES,
    RETRY_SECONDS,
    read_learned_output,
    restore_estimates,
)
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.output_estimator import LearnedOutput, OutputEstimator
from aircherd.vocabulary.reply import Usage
from helpers.ledger.attempts import NOW, open_at_noon, settled, started


class FailingLedger:
    """Cannot be read `times` times."""

    def __init__(self, times: int) -> None:
        self.times = times

    async def read(self, _work: object) -> list[LearnedOutput]:
        await trio.lowlevel.checkpoint()
        self.times -= 1
        if self.times >= 0:
            raise LedgerUnavailable("another program has it open")
        return [LearnedOutput("work", "large", 15, 0.0)]


async def test_estimates_are_restored_after_a_restart(tmp_path):
    """From the file, in the ledger's thread."""
    for _ in range(2):
        async with open_at_noon(tmp_path / "ledger.db") as ledger:
            estimator = OutputEstimator()
            await restore_estimates(ledger, estimator)
            for _ in range(20):
                ledger.settle(ledger.begin(started()), settled())
    assert estimator.estimate("work", "large") == round((512 + 20 * 40) / 21)


async def test_an_unreadable_ledger_is_retried(autojump_clock):
    """Until it can be read."""
    estimator = OutputEstimator()
    await restore_estimates(FailingLedger(3), estimator)
    assert (trio.current_time(), estimator.estimate("work", "large")) == (3 * RETRY_SECONDS, 32)


def test_only_reported_lengths_are_learned(tmp_path):
    """Not estimates and not failures; separately for each model."""
    results = [
        settled(usage=Usage(80, 10)),
        settled(usage=Usage(80, 30)),
        settled(usage=Usage(80, 9000), tokens_estimated=True),
        settled("truncated", usage=Usage(80, 9000)),
        settled(usage=None),
    ]
    file = LedgerDatabase(tmp_path / "ledger.db", clock=lambda: NOW, tz=UTC)
    entries = [LedgerEntry(number, started(), end) for number, end in enumerate(results, 1)]
    small = LedgerEntry(6, started(model="small"), settled(usage=Usage(80, 7)))
    file.write([*entries, small, LedgerEntry(7, started(), None)], first_id=1)
    learned = file.read(read_learned_output)
    file.close()
    assert sorted(learned) == [("work", "large", 2, 20.0), ("work", "small", 1, 7.0)]


def test_only_the_last_replies_are_learned(tmp_path):
    """A large ledger is not read completely."""
    file = LedgerDatabase(tmp_path / "ledger.db", clock=lambda: NOW, tz=UTC)
    assert file.read(read_learned_output) == []
    lengths = [9000] * 100 + [3] * MAX_REPLIES
    ends = (settled(usage=Usage(80, length)) for length in lengths)
    entries = [LedgerEntry(number, started(), end) for number, end in enumerate(ends, 1)]
    file.write(entries, first_id=1)
    learned = file.read(read_learned_output)
    file.close()
    assert learned == [("work", "large", MAX_REPLIES, 3.0)]
