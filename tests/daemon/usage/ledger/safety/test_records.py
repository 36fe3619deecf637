"""Attempts as bytes, and back."""

import msgspec

from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.safety import records
from aircherd.usage.ledger.safety.records import decode_record, encode_record, entries_of
from aircherd.vocabulary.usage import Settled, Started
from helpers.ledger.attempts import settled, started


def entry(number, **ended):
    return LedgerEntry(number, started(id=number), settled(**ended) if ended else None)


def cells(entries):
    """What a row is made of, without the objects."""
    return [
        (each.id, msgspec.structs.asdict(each.started) | {"id": 0}, each.settled)
        for each in entries
    ]


def restored(*saved, highest=0):
    return entries_of([decode_record(record) for record in saved], highest)


def test_an_attempt_comes_back_as_it_was():
    """In progress and ended, with and without counts."""
    entries = [entry(1), entry(2, ms=7), entry(3, usage=None, cost_nano=None)]
    assert cells(restored(encode_record(9, 0, entries))) == cells(entries)


def test_each_attempt_comes_back_once_as_it_ended():
    """In whatever order its states were saved."""
    first, last = encode_record(9, 4, [entry(1)]), encode_record(9, 4, [entry(1, ms=7)])
    for saved in ((first, last), (last, first)):
        (found,) = restored(*saved)
        assert (found.id, found.settled.ms) == (5, 7)


def test_a_run_that_never_opened_its_ledger_gets_the_next_numbers():
    """The two runs have the same ids, and are different attempts."""
    saved = [encode_record(run, None, [entry(1, ms=run)]) for run in (7, 8)]
    found = restored(*saved, highest=40)
    assert [(each.id, each.settled.ms) for each in found] == [(41, 7), (42, 8)]


def test_an_offset_that_is_known_later_counts_for_the_whole_run():
    """The ledger could be opened after a while."""
    saved = [encode_record(7, None, [entry(1, ms=1)]), encode_record(7, 10, [])]
    assert [each.id for each in restored(*saved, highest=40)] == [11]


def test_bytes_that_are_no_record_are_none():
    """They would have passed the checksum: another version wrote them."""
    assert decode_record(b"\x93\x01\x02") is None


def test_a_record_has_every_field_of_an_attempt():
    """What is on the disk does not change with them by itself."""
    attempt, ended = records._Attempt.__struct_fields__, records._Ended.__struct_fields__
    ours = {"ended"} ^ {"settled", "is_queued"}
    assert set(attempt) ^ set(Started.__struct_fields__) == ours
    assert set(ended) == set(Settled.__struct_fields__)


def test_counts_that_a_later_version_knows_are_left_out():
    """The others are used."""
    data = msgspec.msgpack.decode(encode_record(9, 0, [entry(1, ms=7)]))
    data[2][0][-1][-1] += [5, 6]
    (found,) = restored(msgspec.msgpack.encode(data))
    assert found.settled == settled(ms=7)
