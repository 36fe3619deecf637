"""Count the values of a frame from its bytes, before anything is made of them.

An empty map costs one byte on the wire and sixty in memory, so a limit for the bytes of a frame, or
for the length of one array, is none for what it takes to hold it. A frame has at most `MAX_VALUES`
values, and an array or map counts for what it claims to hold: a lie costs as much as the truth.

Only frames that come in more than one piece are counted. One piece has fewer bytes than a frame may
have values, and every value has at least one byte.
"""

MAX_VALUES = 250_000
"""Arrays, maps, map keys and plain values of one frame together."""

# By type byte: how long a value is that has no length of its own; 0 for all others. The type byte
# that does not exist counts as one, for the unpacker to complain about.
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

# By type byte: the bytes of its length, the values and the bytes for each of it, further bytes.
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
    """Counts one frame that comes in pieces; what follows it in the last piece is left alone."""

    __slots__ = ("_at", "_due", "_rest", "values")

    def __init__(self) -> None:
        self.values = 1  # those seen and those claimed, the frame itself being the first
        self._due = 1  # of them, those yet to come
        self._rest = b""  # a type byte whose length has not come whole
        self._at = 0  # where the next type byte is, from the beginning of `_rest` and what follows

    def take(self, data: bytes) -> bool:
        """Count the next bytes; tell whether the frame is still within its limit."""
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
        return True

    def __repr__(self) -> str:
        return f"<Tally of {self.values} values, {self._due} to come>"
