"""Counting the values of a frame."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_wire import tally
from aircher_wire.tally import MAX_VALUES, Tally

MANY = 70_000
VALUES = st.recursive(
    st.none() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20),
    max_leaves=20,
)


def pack(value: object, **options: bool) -> bytes:
    packed: bytes = msgpack.packb(value, **options)
    return packed


def count(value: object) -> int:
    if isinstance(value, dict):
        return 1 + sum(count(key) + count(inner) for key, inner in value.items())
    return 1 + sum(map(count, value)) if isinstance(value, list) else 1


def shown(values: int, due: int = 0) -> str:
    return f"<Tally of {values} values, {due} to come>"


@given(VALUES, st.data())
def test_every_value_is_counted_once(value: object, data: st.DataObject) -> None:
    """However the frame is split, and whatever follows it."""
    packed = pack(value)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(packed)), max_size=6)))
    found = Tally()
    for start, end in zip([0, *cuts], [*cuts, len(packed)], strict=True):
        assert found.take(packed[start:end])
    assert repr(found) == shown(count(value))
    assert found.take(b"\xdd\xff\xff\xff\xff")
    assert repr(found) == shown(count(value))


@pytest.mark.parametrize(
    "value",
    [
        *(0, 127, 128, 2**8, 2**16, 2**32, -1, -33, -(2**8), -(2**16), -(2**32)),
        *(None, True, False, 1.5, msgpack.Timestamp(2**34, 1)),
        *("x" * size for size in (0, 31, 32, 255, 256, MANY)),
        *(b"x" * size for size in (0, 255, 256, MANY)),
        *(msgpack.ExtType(1, b"x" * size) for size in (0, 1, 2, 4, 8, 16, 17, 256, MANY)),
        *([1] * size for size in (15, 16, MANY)),
        *({str(key): key for key in range(size)} for size in (15, 16, MANY)),
    ],
    ids=lambda value: f"{type(value).__name__} {pack(value)[0]:#x}",
)
def test_the_size_of_every_type_is_known(value: object) -> None:
    """The value after it is found."""
    found = Tally()
    assert found.take(pack([value, [1, 2, 3], "end"])) is (found.values <= MAX_VALUES)
    assert repr(found) == shown(count(value) + 6)


def test_the_size_of_a_single_float_is_known() -> None:
    """The packer uses them only on request."""
    found = Tally()
    assert found.take(pack([1.5, "end"], use_single_float=True))
    assert repr(found) == shown(3)


def test_a_claimed_length_counts_at_once() -> None:
    """An array that is too long is refused at its header, before its items arrive."""
    found = Tally()
    assert found.take(b"\x92\xdd" + (MAX_VALUES - 3).to_bytes(4, "big"))
    assert repr(found) == shown(MAX_VALUES, MAX_VALUES - 2)
    assert not Tally().take(b"\x92\xdd" + (MAX_VALUES - 2).to_bytes(4, "big"))


def test_a_map_counts_its_keys_too() -> None:
    """A map reaches the limit at half the number of entries."""
    assert Tally().take(b"\xdf" + ((MAX_VALUES - 1) // 2).to_bytes(4, "big"))
    assert not Tally().take(b"\xdf" + (MAX_VALUES // 2).to_bytes(4, "big"))


def test_the_table_has_an_entry_for_every_type() -> None:
    """A size, a length field, or it is a short map or array."""
    without = {code for code in range(256) if not tally._SIZES[code]}
    assert len(tally._SIZES) == 256
    assert without == {*range(0x80, 0xA0), *tally._LENGTHS}
