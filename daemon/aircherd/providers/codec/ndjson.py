r"""Newline-delimited JSON, incrementally: bytes in, lines out. What is in a line is not looked at.

Lines end in \n or \r\n; empty ones are passed over. A last line without its end still counts when
the body is over.
"""

MAX_LINE = 8 * 1024 * 1024
"""Bytes an unfinished line may have: no server comes near, and memory stays bounded."""

Line = tuple[bytes, bytes]
"""A name, which no line has (b""), and the line without white space around: as events of `sse`."""


class NdjsonError(ValueError):
    """The stream cannot be decoded any further: a line grew beyond the limit."""


class NdjsonDecoder:
    """Decodes one stream."""

    __slots__ = ("_limit", "_pending")

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._pending = bytearray()  # grows in place and is looked at once: the work stays linear

    def feed(self, data: bytes) -> list[Line]:
        """Return the lines that `data` completes.

        Raises:
            NdjsonError: what came before `data` already exceeds the limit without an end.
        """
        if len(self._pending) > self._limit:
            raise NdjsonError(f"a line of more than {self._limit} bytes")
        if b"\n" not in data:
            self._pending += data
            return []
        if self._pending:
            data = bytes(self._pending + data)
            self._pending.clear()
        *lines, rest = data.split(b"\n")
        self._pending += rest
        return _told(lines)

    def close(self) -> list[Line]:
        """Return the line that the end of the body completes, if there is one."""
        rest = bytes(self._pending)
        self._pending.clear()
        return _told([rest])

    def __repr__(self) -> str:
        return f"<NdjsonDecoder {len(self._pending)} bytes pending>"


def _told(lines: list[bytes]) -> list[Line]:
    return [(b"", told) for line in lines if (told := line.strip())]
