"""Counts the values of a frame from its bytes, before it is unpacked.

An empty map takes one byte on the wire and sixty in memory, so neither a limit on the bytes of a
frame nor one on the length of an array bounds the memory for it. A frame has at most `MAX_VALUES`
values. An array or map counts with the length it claims, whether or not the items follow.

Only frames that arrive in more than one piece are counted: a single piece has fewer bytes than
`MAX_VALUES`, and every value has at least one byte.
"""

MAX_VALUES = 250_000
"""The number of arrays, maps, map keys and plain values in one frame."""

# Type byte -> the size of a value without a length field; 0 for all others. The invalid type byte
# counts as one byte; the unpacker refuses it.
_SIZES = bytes(
    [1] * 0x80  # small integers
    + [0] * 0x20  # short maps and arrays
    + list(range(1, 0x21))  # short text
    + [1, 1, 1, 1]  # nil, none, false, true
    + [0] * 6  # bin, ext
    + [5, 9, 2, 3, 5, 9, 2, 3, 5, 9]  # floats, integers
    + [3, 4, 6, 10, 18]  # ext of a fixed length
    + [0] * 7  # text, arrays, maps
    + [1] * 0x20  # small negative integers
)

# Type byte -> the size of its length field, values per unit of length, bytes per unit, extra bytes.
_LENGTHS = {
    0xC4: (1, 0, 1, 0),
    0xC5: (2, 0, 1, 0),
    0xC6: (4, 0, 1, 0),
    0xC7: (1, 0, 1, 1),
    0xC8: (2, 0, 1, 1),
    0xC9: (4, 0, 1, 1),
    0xD9: (1, 0, 1, 0),
    0xDA: (2, 0, 1, 0),
    0xDB: (4, 0, 1, 0),
    0xDC: (2, 1, 0, 0),
    0xDD: (4, 1, 0, 0),
    0xDE: (2, 2, 0, 0),
    0xDF: (4, 2, 0, 0),
}


class Tally:
    """Counts the values of one frame that arrives in pieces; bytes after the frame are ignored."""

    __slots__ = ("_at", "_due", "_rest", "left", "values")

    def __init__(self) -> None:
        self.values = 1  # seen and claimed values, including the frame itself
        self.left = 0  # bytes of the last piece that are behind the end of the frame
        self._due = 1  # those that have not arrived yet
        self._rest = b""  # a type byte with an incomplete length field
        self._at = 0  # the offset of the next type byte in `_rest` plus the next piece

    def take(self, data: bytes) -> bool:
        """Count the next piece; return whether the frame is still within the limit."""
        if self._rest:
            data = self._rest + data
        at, due, size = self._at, self._due, len(data)
        while due and at < size:
            code = data[at]
            step = _SIZES[code]
            if step:
                at += step
                due -= 1
                continue
            if code < 0xA0:
                children = (code & 15) * (2 if code < 0x90 else 1)
                at += 1
            else:
                width, children, weight, more = _LENGTHS[code]
                if at + 1 + width > size:
                    break
                length = int.from_bytes(data[at + 1 : at + 1 + width], "big")
                children *= length
                at += 1 + width + weight * length + more
            due += children - 1
            self.values += children
            if self.values > MAX_VALUES:
                return False
        self._rest = data[at:] if due else b""
        self._at = max(at - size, 0)
        self._due = due
        self.left = 0 if due else max(size - at, 0)
        return True

    @property
    def is_complete(self) -> bool:
        """Whether the last byte of the frame has been taken."""
        return not (self._due or self._at)

    def __repr__(self) -> str:
        return f"<Tally of {self.values} values, {self._due} to come>"
