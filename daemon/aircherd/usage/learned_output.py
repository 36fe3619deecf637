"""Restores the output estimates from the ledger after a start. Nothing waits for it."""

import sqlite3

import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.ledger import Ledger
from aircherd.usage.output_estimator import LearnedOutput, OutputEstimator

RETRY_SECONDS = 10.0
MAX_REPLIES = 2000
MAX_ATTEMPTS = 10_000
"""At most so many rows are read, however few of them are replies."""

_LEARNED = (
    "SELECT provider, model, count(*), avg(output_tokens) FROM ("
    "SELECT party, output_tokens FROM attempts "
    "WHERE id > (SELECT max(id) FROM attempts) - ? "
    "AND outcome = 'ok' AND output_tokens IS NOT NULL AND estimated & 1 = 0 "
    "ORDER BY id DESC LIMIT ?) "
    "JOIN parties ON parties.id = party GROUP BY provider, model"
)


async def restore_estimates(ledger: Ledger, estimator: OutputEstimator) -> None:
    """Restore `estimator` from the ledger; retry while the ledger cannot be read."""
    while True:
        try:
            estimator.restore(await ledger.read(read_learned_output))
        except LedgerUnavailable:  # reported by the ledger's state and log
            await trio.sleep(RETRY_SECONDS)
        else:
            return


def read_learned_output(connection: sqlite3.Connection) -> list[LearnedOutput]:
    """Return the reported, not estimated, output of the last replies, by model."""
    rows = connection.execute(_LEARNED, (MAX_ATTEMPTS, MAX_REPLIES))
    return [LearnedOutput(*row) for row in rows]
