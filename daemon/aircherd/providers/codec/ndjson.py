r"""Incremental decoding of newline-delimited JSON: bytes in, lines out. Lines are not parsed.

Lines end in \n or \r\n; empty ones are skipped. A last line without a line end counts when the body
is over.
"""

from aircherd.providers.codec.value_count import TooManyValues, check_values

MAX_LINE = 16 * 1024 * 1024
"""Bytes of an unfinished line: room for a picture, and memory stays bounded."""

Line = tuple[bytes, bytes]
"""b"" and the line without surrounding white space: the shape of an event of `sse`."""


class NdjsonError(ValueError):
    """The stream cannot be decoded any further: a line is too long, or holds too much."""


class NdjsonDecoder:
    """Decodes one stream."""

    __slots__ = ("_limit", "_pending")

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._pending = bytearray()  # grows in place and is scanned once: the work stays linear

    def feed(self, data: bytes) -> list[Line]:
        """Return the lines that `data` completes.

        Raises:
            NdjsonError: what came before `data` already exceeds the limit without an end, or holds
                too many values.
        """
        if len(self._pending) > self._limit:
            raise NdjsonError(f"a line of more than {self._limit} bytes")
        if b"\n" not in data:
            self._pending += data
            return []
        if self._pending:
            data = self._take_pending(data)
        *lines, rest = data.split(b"\n")
        self._pending += rest
        return _lines(lines)

    def close(self) -> list[Line]:
        """Return the line that the end of the body completes, if there is one.

        Raises:
            NdjsonError: it holds too many values.
        """
        return _lines([self._take_pending(b"")])

    def _take_pending(self, data: bytes) -> bytes:
        self._pending += data
        taken = bytes(self._pending)
        self._pending.clear()
        try:
            check_values(taken)
        except TooManyValues as error:
            raise NdjsonError(str(error)) from None
        return taken

    def __repr__(self) -> str:
        return f"<NdjsonDecoder {len(self._pending)} bytes pending>"


def _lines(raw: list[bytes]) -> list[Line]:
    return [(b"", stripped) for line in raw if (stripped := line.strip())]
