"""Attempts as bytes for the spare file, and back as entries of the ledger.

    record    the attempts of one append: which run of the daemon, and what is added to its ids

A run whose ledger could not be opened does not know its ids yet; its attempts get the next free
ones at the next start.
"""

from collections.abc import Iterable
from operator import attrgetter

import msgspec

from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.vocabulary.reply import Usage
from aircherd.vocabulary.usage import CostSource, Settled, Started


class _Ended(msgspec.Struct, array_like=True):
    outcome: str
    ms: int
    first_ms: int | None
    cost_nano: int | None
    cost_source: CostSource | None
    tokens_estimated: bool
    cost_estimated: bool
    usage: tuple[int, ...] | None


class _Attempt(msgspec.Struct, array_like=True):
    id: int
    at: float
    provider: str
    model: str
    key: str | None
    client: str
    project: str | None
    input_estimate: int
    output_estimate: int
    cost_estimate_nano: int | None
    ended: _Ended | None


class Record(msgspec.Struct, array_like=True):
    """One append. `offset` is added to its ids, None if the run has not opened its ledger."""

    run: int
    offset: int | None
    attempts: list[_Attempt]


_STARTED = attrgetter(*_Attempt.__struct_fields__[:-1])
_SETTLED = attrgetter(*_Ended.__struct_fields__[:-1])
_USAGE = attrgetter(*Usage.__struct_fields__)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode_record(run: int, offset: int | None, entries: Iterable[LedgerEntry]) -> bytes:
    """Return the bytes of a record."""
    return _encoder.encode((run, offset, list(map(_cells, entries))))


def decode_record(data: bytes) -> Record | None:
    """Return the record, None if the bytes are not one."""
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError:
        return None


def entries_of(records: Iterable[Record], highest_id: int) -> list[LedgerEntry]:
    """Return each attempt once, as it was last, its id the number of its row.

    Attempts without known numbers come after `highest_id`.
    """
    records = list(records)
    offsets = {each.run: each.offset for each in records if each.offset is not None}
    latest: dict[tuple[int, int], _Attempt] = {}
    for record in records:
        for attempt in record.attempts:
            known = latest.get((record.run, attempt.id))
            if known is None or known.ended is None:
                latest[record.run, attempt.id] = attempt
    numbered = [attempt.id + offsets[run] for run, attempt in _known(latest, offsets)]
    following = max([highest_id, *numbered]) + 1
    entries = []
    for (run, number), attempt in latest.items():
        if run in offsets:
            entries.append(_entry(attempt, number + offsets[run]))
        else:
            entries.append(_entry(attempt, following))
            following += 1
    return entries


def _known(
    latest: dict[tuple[int, int], _Attempt], offsets: dict[int, int]
) -> list[tuple[int, _Attempt]]:
    return [(run, attempt) for (run, _), attempt in latest.items() if run in offsets]


def _cells(entry: LedgerEntry) -> tuple[object, ...]:
    """Return the fields of an `_Attempt`, by few steps of the interpreter: many at a time wait."""
    settled = entry.settled
    if settled is None:
        return (*_STARTED(entry.started), None)
    usage = settled.usage
    return (*_STARTED(entry.started), (*_SETTLED(settled), usage and _USAGE(usage)))


def _entry(attempt: _Attempt, number: int) -> LedgerEntry:
    cells = msgspec.structs.asdict(attempt)
    ended = cells.pop("ended")
    cells.pop("id")
    return LedgerEntry(
        number, Started(**cells, id=number), None if ended is None else _settled(ended)
    )


def _settled(ended: _Ended) -> Settled:
    fields = msgspec.structs.asdict(ended)
    usage = fields.pop("usage")
    known = None if usage is None else Usage(*usage[: len(Usage.__struct_fields__)])
    return Settled(**fields, usage=known)
