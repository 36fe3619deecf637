"""Encoding of results for clients."""

from types import SimpleNamespace

import msgspec
import pytest
import trio
from msgspec.msgpack import decode

from aircherd.api.wire import (
    SLICE_SECONDS,
    Slice,
    encode,
    encode_map,
    encode_rows,
    to_wire,
    with_fields,
)


def test_none_is_left_out():
    """A field without a value is absent rather than null."""
    assert to_wire({"a": 1, "b": None}) == {"a": 1}


def test_encoded_parts_make_a_whole():
    """A map some of whose values are encoded already; headers of every length."""
    raw = msgspec.Raw(msgspec.msgpack.encode([1, 2]))
    assert decode(encode_map({"a": raw, "b": "x"})) == {"a": [1, 2], "b": "x"}
    assert bytes(encode(raw)) == bytes(raw)


def test_an_encoded_result_takes_more_fields():
    """Its own stay as they are."""
    encoded = encode_map({"a": [1, {"b": 2}]})
    assert decode(with_fields(encoded, {"c": 3})) == {"a": [1, {"b": 2}], "c": 3}
    assert decode(encoded) == {"a": [1, {"b": 2}]}


@pytest.mark.parametrize("length", [0, 15, 16, 70_000])
async def test_rows_are_encoded_as_a_list(length):
    """One by one."""
    rows = [{"n": number} for number in range(length)]
    assert decode(await encode_rows(iter(rows))) == rows


def test_invalid_utf8_is_replaced():
    """As in other responses: the text of a surrogate has no bytes."""
    assert decode(encode({"a": "x\ud800"})) == {"a": "x?"}


async def test_other_tasks_run_while_rows_are_encoded():
    """A list of ten thousand takes many slices."""
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tick)
        await encode_rows({str(key): key for key in range(50)} for _ in range(10_000))
        nursery.cancel_scope.cancel()
    assert ticks > 3


async def test_a_slice_ends_by_time(monkeypatch):
    """Without a checkpoint before."""
    now = 1.0
    monkeypatch.setattr("aircherd.api.wire.time", SimpleNamespace(perf_counter=lambda: now))
    current = Slice()
    assert not current.is_over
    now += SLICE_SECONDS
    assert current.is_over
    await current.pause()
    assert not current.is_over
