r"""Incremental decoding of server-sent events: bytes in, (event name, data) out.

After the HTML standard, "Interpreting an event stream": lines end in \n, \r\n or \r; an empty line
ends an event; `:` begins a comment; several `data` lines are joined by \n; a byte-order mark before
an event is skipped. Four deviations: an event without its closing empty line counts when the body
ends (some servers leave it out), events without data are dropped, named or not, `error: ...`
(llama.cpp) is data of an event with that name, and field names may have spaces or NULs around them
and capital letters.
"""

from aircherd.providers.codec.value_count import TooManyValues, check_values

MAX_EVENT = 16 * 1024 * 1024
"""Bytes of an unfinished event: room for a picture, and memory stays bounded."""

SseEvent = tuple[bytes, bytes]
"""The event's name (b"" if none) and its data."""

_BOM = b"\xef\xbb\xbf"
_FIELDS = frozenset({b"data", b"event", b"error", b"id", b"retry", b""})
_SPACE = b" \t\0"


class SseError(ValueError):
    """The stream cannot be decoded any further: an event is too long, or holds too much."""


class SseDecoder:
    """Decodes one stream; fast for `data: ...` with an empty line, which vendors send."""

    __slots__ = ("_after_cr", "_limit", "_pending")

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self._limit = limit
        self._pending = bytearray()  # grows in place and is scanned once: the work stays linear
        self._after_cr = False

    def feed(self, data: bytes) -> list[SseEvent]:
        """Return the events that `data` completes.

        Raises:
            SseError: what came before `data` already exceeds the limit without an end, or holds
                too many values.
        """
        if len(self._pending) > self._limit:
            raise SseError(f"an event of more than {self._limit} bytes")
        if (
            not (self._pending or self._after_cr)
            and data.startswith(b"data: ")
            and data.endswith(b"\n\n")
            and data.count(b"\n") == 2
            and b"\r" not in data
        ):
            return [(b"", data[6:-2])]  # one event in one read, as from most vendors
        if self._after_cr or b"\r" in data:
            data = self._with_plain_ends(data)
        if b"\n\n" not in data and not (data[:1] == b"\n" and self._pending[-1:] == b"\n"):
            self._pending += data
            return []
        if self._pending:
            data = self._take_pending(data)
        *blocks, rest = data.split(b"\n\n")
        del data  # it may be large
        if rest:
            self._pending += rest
        return _events(blocks)

    def close(self) -> list[SseEvent]:
        """Return the event that the end of the body completes, if there is one.

        Raises:
            SseError: it holds too many values.
        """
        return _events([self._take_pending(b"")])

    def _take_pending(self, data: bytes) -> bytes:
        self._pending += data
        taken = bytes(self._pending)
        self._pending.clear()
        try:
            check_values(taken)
        except TooManyValues as error:
            raise SseError(str(error)) from None
        return taken

    def _with_plain_ends(self, data: bytes) -> bytes:
        # A \r ends a line at once; a \n that follows belongs to it, also in the next read.
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
            if not data:
                return data
        if data:
            self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def __repr__(self) -> str:
        return f"<SseDecoder {len(self._pending)} bytes pending>"


def _events(blocks: list[bytes]) -> list[SseEvent]:
    events = []
    for block in blocks:
        if block.startswith(b"data: ") and b"\n" not in block:
            events.append((b"", block[6:]))
        elif block and (event := _event(block)):
            events.append(event)
    return events


def _event(block: bytes) -> SseEvent | None:
    name = b""
    data: list[bytes] = []
    for line in block.removeprefix(_BOM).split(b"\n"):
        field, _, value = line.partition(b":")
        if field not in _FIELDS:
            field = field.strip(_SPACE).lower()
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ")
        elif field == b"error":
            name = field
            data.append(value.removeprefix(b" "))
    return (name, b"\n".join(data)) if data else None
