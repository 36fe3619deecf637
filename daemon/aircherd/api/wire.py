"""Encodes results for clients; long lists a slice at a time."""

import struct
import time
from collections.abc import Iterable, Mapping

import msgspec
import trio

from aircher_wire import frames

SLICE_SECONDS = 0.002
"""How long a computation may hold the event loop: many of these fit into a ping's 50 ms."""

_encode = msgspec.msgpack.Encoder().encode


def to_wire(value: object) -> dict[str, object]:
    """Convert a struct to a map for the wire; fields that are None are left out."""
    built = msgspec.to_builtins(value)
    return {key: item for key, item in built.items() if item is not None}


class Slice:
    """Lets other tasks run now and then, for computations that take longer than a slice."""

    __slots__ = ("_end",)

    def __init__(self) -> None:
        self._end = time.perf_counter() + SLICE_SECONDS

    async def pause(self) -> None:
        """Let other tasks run if the slice is over."""
        if time.perf_counter() >= self._end:
            await trio.lowlevel.checkpoint()
            self._end = time.perf_counter() + SLICE_SECONDS

    @property
    def is_over(self) -> bool:
        """Whether it is time to `pause`."""
        return time.perf_counter() >= self._end


def encode(value: object) -> bytes:
    """Encode a part of a result; strings that are no valid UTF-8 are repaired."""
    if type(value) is msgspec.Raw:
        return bytes(value)
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return frames.encode_value(msgspec.to_builtins(value))


def encode_map(items: Mapping[str, object]) -> msgspec.Raw:
    """Encode a result some of whose values are encoded already."""
    pairs = [part for key, value in items.items() for part in (_encode(key), encode(value))]
    return msgspec.Raw(map_header(len(items)) + b"".join(pairs))


def with_fields(result: object, fields: Mapping[str, object]) -> msgspec.Raw:
    """Return a result, which may be encoded already, with more fields."""
    known = msgspec.msgpack.decode(encode(result), type=dict[str, msgspec.Raw])
    return encode_map({**known, **fields})


async def encode_rows(rows: Iterable[object]) -> msgspec.Raw:
    """Encode a list row by row, so that neither the event loop nor memory is full of it."""
    current, parts = Slice(), [b""]
    for row in rows:
        parts.append(encode(row))
        if current.is_over:
            await current.pause()
    parts[0] = array_header(len(parts) - 1)
    return msgspec.Raw(b"".join(parts))


def map_header(length: int) -> bytes:
    """Return the start of a map in msgpack; at most 65,535 pairs."""
    return bytes((0x80 | length,)) if length < 16 else struct.pack(">BH", 0xDE, length)


def array_header(length: int) -> bytes:
    """Return the start of an array in msgpack."""
    return bytes((0x90 | length,)) if length < 16 else struct.pack(">BI", 0xDD, length)
