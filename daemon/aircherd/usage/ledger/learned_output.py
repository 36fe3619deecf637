"""Reads from the ledger how long answers have been, once it can be read; nobody waits for it."""

import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.ledger import Ledger
from aircherd.usage.output_estimator import OutputEstimator

PAUSE = 10.0


async def recall_usual(ledger: Ledger, usual: OutputEstimator) -> None:
    """Tell `usual` what was learned before the start; while that cannot be read, try again."""
    while True:
        try:
            usual.recall(await ledger.learned())
        except LedgerUnavailable:  # which the ledger's state says, and its log
            await trio.sleep(PAUSE)
        else:
            return
