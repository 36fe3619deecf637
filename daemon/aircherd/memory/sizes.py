"""What a decoded value takes in memory: an empty map takes one byte on the wire and 64 here."""

from sys import getsizeof

import msgspec

_SHARED = frozenset((type(None), bool, float, int))
"""Types whose values are small, or shared by all that use them."""


def size_of(value: object) -> int:
    """Return the bytes of a value from a frame: maps, lists, structs, text and numbers.

    Depth is bounded by the protocol. Text that occurs twice is counted twice.
    """
    kind = type(value)
    if kind is str or kind is bytes:
        return getsizeof(value)
    if kind in _SHARED:
        return 32
    if kind is dict:
        assert isinstance(value, dict)
        return getsizeof(value) + sum(map(size_of, value)) + sum(map(size_of, value.values()))
    if kind is list or kind is tuple:
        assert isinstance(value, list | tuple)
        return getsizeof(value) + sum(map(size_of, value))
    if isinstance(value, msgspec.Struct):
        fields = value.__struct_fields__
        return getsizeof(value) + sum(size_of(getattr(value, name)) for name in fields)
    return getsizeof(value)
