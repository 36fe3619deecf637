"""Brings what an earlier run left in the spare file into the ledger, once it is open."""

import sqlite3
from collections.abc import Callable, Sequence

import structlog

from aircherd.usage.ledger import schema
from aircherd.usage.ledger.rows import RowInserter
from aircherd.usage.ledger.safety import margin
from aircherd.usage.ledger.safety.records import Record, entries_of
from aircherd.usage.time_buckets import milliseconds

log = structlog.get_logger()


def _do_nothing() -> None:
    """Stand in for `forget`."""


class EarlierRun:
    """The records of earlier runs, and how many attempts they lost; `forget` releases them."""

    def __init__(
        self,
        records: Sequence[Record] = (),
        lost: int = 0,
        lost_at: float = 0.0,
        forget: Callable[[], None] = _do_nothing,
    ) -> None:
        self.records = records
        self.lost = lost
        self._lost_at = lost_at
        self.forget = forget

    def restore(
        self, connection: sqlite3.Connection, inserter: RowInserter, highest: int, now: float
    ) -> None:
        """Insert the attempts and record the loss, in a transaction, before any is unknown.

        After an unclean end, limits count a margin.
        """
        entries = entries_of(self.records, highest)
        inserter.insert(connection, entries, 0)
        if self.lost:
            connection.execute(schema.RECORD_LOSS, (milliseconds(min(self._lost_at, now)),))
        added = margin.add_margin(connection, now) if margin.was_unclean(connection) else 0
        if entries or self.lost or added:
            log.info(
                "ledger_restored", attempts=len(entries), lost=self.lost, margin_attempts=added
            )

    def __repr__(self) -> str:
        return f"<EarlierRun of {len(self.records)} records>"
