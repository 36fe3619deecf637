"""What was learned of answers before the start, from a ledger that may be ill."""

import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.learned_output import PAUSE, recall_usual
from aircherd.usage.output_estimator import Learned, OutputEstimator
from helpers.ledger import open_at_noon, settled, started


class IllLedger:
    """Cannot be read `times` times."""

    def __init__(self, times: int) -> None:
        self.times = times

    async def learned(self) -> list[Learned]:
        await trio.lowlevel.checkpoint()
        self.times -= 1
        if self.times >= 0:
            raise LedgerUnavailable("another program has it open")
        return [Learned("work", "large", 15, 0.0)]


async def test_after_a_restart_it_is_known_how_long_answers_are(tmp_path):
    """From the file, over the ledger's own thread."""
    for _ in range(2):
        async with open_at_noon(tmp_path / "ledger.db") as ledger:
            usual = OutputEstimator()
            await recall_usual(ledger, usual)
            for _ in range(20):
                ledger.settle(ledger.begin(started()), settled())
    assert usual.of("work", "large") == round((512 + 20 * 40) / 21)


async def test_a_ledger_that_cannot_be_read_is_asked_again(autojump_clock):
    """Until it can."""
    usual = OutputEstimator()
    await recall_usual(IllLedger(3), usual)
    assert (trio.current_time(), usual.of("work", "large")) == (3 * PAUSE, 32)
