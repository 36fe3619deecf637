"""An attempt as a row of the ledger: pure.

Whatever a clock, a client or a provider says becomes a row that can be written: one that could not
would stand before all others for ever.
"""

from collections.abc import Iterable
from functools import lru_cache

import msgspec
from msgspec.structs import astuple

from aircherd.usage.ledger import schema
from aircherd.usage.time_buckets import milliseconds
from aircherd.vocabulary.usage import Settled, Started

MAX_NAME = 200
"""Characters of a name that are kept."""
MOST = 10**15
"""The largest count or amount of one attempt: sums of them fit an integer of 64 bits."""

Cell = int | str | None

_NO_TOKENS = (None,) * 5


class LedgerEntry(msgspec.Struct, frozen=True):
    """What is to be written of an attempt; `settled` is None while it is under way.

    An attempt may end while it is being written: an entry stays as it was when it was taken.
    """

    id: int
    started: Started
    settled: Settled | None


def name(text: str | None) -> str:
    """Return a name as it is kept: no longer than need be, and text that any file can hold."""
    kept = (text or "")[:MAX_NAME].replace("\0", "")
    return kept.encode("utf-8", "replace").decode()


def row(entry: LedgerEntry, *, row_id: int, party: int, hour: int) -> list[Cell]:
    """Return the cells, in the order of `schema.COLUMNS`; `hour` is the local one of its time."""
    started, settled = entry.started, entry.settled
    head = [row_id, milliseconds(started.at), hour, party]
    return head + (_begun(started) if settled is None else _ended(settled))


def _begun(started: Started) -> list[Cell]:
    tokens = [_count(started.input_estimate), _count(started.output_estimate), None, None, None]
    cost = _count(started.cost_estimate_nano)
    estimated = schema.TOKENS if cost is None else schema.TOKENS | schema.COST
    return ["started", None, None, *tokens, cost, None, estimated]


def _ended(settled: Settled) -> list[Cell]:
    outcome, ms, first_ms, usage, cost, source, *estimated = astuple(settled)
    tokens = _NO_TOKENS if usage is None else astuple(usage)
    numbers: Iterable[int | None] = (ms, first_ms, *tokens, cost)
    if min(filter(None, numbers), default=0) < 0 or max(filter(None, numbers), default=0) > MOST:
        numbers = map(_count, numbers)
    bits = schema.TOKENS * estimated[0] | schema.COST * estimated[1]
    return [_outcome(outcome), *numbers, source, bits]


@lru_cache(200)
def _outcome(text: str) -> str:
    outcome = name(text)
    # "started" would count as under way until the next start.
    return "unknown" if outcome == "started" else outcome


def _count(number: int | None) -> int | None:
    if number is None or 0 <= number <= MOST:
        return number
    return 0 if number < 0 else MOST
