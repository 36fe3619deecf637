"""An attempt as a row of the ledger: pure.

Whatever a clock, a client or a provider says becomes a row that can be written: one that could not
would stand before all others for ever.
"""

from datetime import tzinfo

import msgspec

from aircherd.usage.ledger import schema
from aircherd.usage.time_buckets import local_hour, milliseconds
from aircherd.vocabulary.reply import Usage
from aircherd.vocabulary.usage import Settled, Started

MAX_NAME = 200
"""Characters of a name that are kept."""
MOST = 10**15
"""The largest count or amount of one attempt: sums of them fit an integer of 64 bits."""

Cell = int | str | None


class LedgerEntry(msgspec.Struct, frozen=True):
    """What is to be written of an attempt; `settled` is None while it is under way.

    An attempt may end while it is being written: an entry stays as it was when it was taken.
    """

    id: int
    started: Started
    settled: Settled | None


def party_of(started: Started) -> tuple[str | None, ...]:
    """Return who was asked by whom, as it was said: provider, model, key, client, project."""
    return (started.provider, started.model, started.key, started.client, started.project)


def name(text: str | None) -> str:
    """Return a name as it is kept: no longer than need be, and text that any file can hold."""
    kept = (text or "")[:MAX_NAME].replace("\0", "")
    return kept.encode("utf-8", "replace").decode()


def row(entry: LedgerEntry, *, row_id: int, party: int, tz: tzinfo | None) -> list[Cell]:
    """Return the cells, in the order of `schema.COLUMNS`."""
    started = entry.started
    head = [row_id, milliseconds(started.at), local_hour(started.at, tz), party]
    return [*head, *(_begun(started) if entry.settled is None else _ended(entry.settled))]


def _begun(started: Started) -> list[Cell]:
    tokens = [_count(started.input_estimate), _count(started.output_estimate), None, None, None]
    cost = _count(started.cost_estimate_nano)
    return ["started", None, None, *tokens, cost, None, _mark(tokens=True, cost=cost is not None)]


def _ended(settled: Settled) -> list[Cell]:
    outcome = name(settled.outcome)
    if outcome == "started":
        outcome = "unknown"  # it would count as under way until the next start
    return [
        outcome,
        _count(settled.ms),
        _count(settled.first_ms),
        *_tokens(settled.usage),
        _count(settled.cost_nano),
        settled.cost_source,
        _mark(tokens=settled.tokens_estimated, cost=settled.cost_estimated),
    ]


def _mark(*, tokens: bool, cost: bool) -> int:
    return schema.TOKENS * tokens | schema.COST * cost


def _tokens(usage: Usage | None) -> list[Cell]:
    if usage is None:
        return [None] * 5
    return [
        _count(usage.input_tokens),
        _count(usage.output_tokens),
        _count(usage.cached_tokens),
        _count(usage.cache_write_tokens),
        _count(usage.reasoning_tokens),
    ]


def _count(number: int | None) -> int | None:
    if number is None or 0 <= number <= MOST:
        return number
    return 0 if number < 0 else MOST
