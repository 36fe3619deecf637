r"""Incremental splitting of JSON values: bytes in, whole objects out. Objects are not parsed.

For bodies that are neither server-sent events nor one object per line: objects with or without
anything between them, pretty-printed ones, and the elements of a list. What stands between objects
is skipped. The work is linear in the bytes, however they are cut.
"""

import re
from typing import Final

from aircherd.providers.codec.ndjson import NdjsonError
from aircherd.providers.codec.sse import MAX_EVENT, SseEvent
from aircherd.providers.codec.value_count import TooManyValues, check_values

MAX_DEPTH: Final = 512
"""Lists and objects in each other; decoders take no more either."""

MAX_JOINED: Final = 2 * 1024 * 1024
"""Bytes of an event that is searched for several objects."""

_BETWEEN: Final = re.compile(rb"[^{]*+")
_INSIDE: Final = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_QUOTE: Final = ord('"')
_OPENING: Final = b"{["


class JsonSplitter:
    """Splits one body; a `Framing`."""

    __slots__ = ("_at", "_depth", "_in_string", "_limit", "_pending")

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self._limit = limit
        self._pending = bytearray()  # begins with the current object
        self._at = 0  # everything before it was scanned
        self._depth = 0
        self._in_string = False

    def feed(self, data: bytes) -> list[SseEvent]:
        """Return the objects that `data` completes.

        Raises:
            NdjsonError: what came before `data` already exceeds the limit without an end, is
                nested too deeply, or holds too many values.
        """
        if len(self._pending) > self._limit:
            raise NdjsonError(f"a value of more than {self._limit} bytes")
        self._pending += data
        buffer, begin, values = self._pending, 0, list[SseEvent]()
        while self._find_bracket():
            bracket = buffer[self._at]
            self._at += 1
            if bracket in _OPENING:
                if self._depth == 0:
                    begin = self._at - 1
                self._depth += 1
                if self._depth > MAX_DEPTH:
                    raise NdjsonError("values that are nested too deeply")
                continue
            self._depth -= 1
            if self._depth == 0:
                values.append((b"", _checked(bytes(buffer[begin : self._at]))))
                begin = self._at
        if self._depth == 0:
            begin = self._at
        del buffer[:begin]
        self._at -= begin
        return values

    @property
    def has_rest(self) -> bool:
        """Whether an object has begun and is not complete."""
        return self._depth > 0

    def close(self) -> list[SseEvent]:
        """Return the rest, if it is a part of an object."""
        rest = bytes(self._pending)
        self._pending.clear()
        self._at = self._depth = 0
        return [(b"", rest)] if rest else []

    def _find_bracket(self) -> bool:
        """Go to the next bracket that is not in a string; False at the end of what is there."""
        buffer, at = self._pending, self._at
        while True:
            if self._in_string:
                at = _end_of(_STRING, buffer, at)
                if at == len(buffer) or buffer[at] != _QUOTE:  # or half an escape
                    break
                self._in_string = False
                at += 1
            at = _end_of(_INSIDE if self._depth else _BETWEEN, buffer, at)
            if at == len(buffer) or buffer[at] != _QUOTE:
                break
            self._in_string = True
            at += 1
        self._at = at
        return at < len(buffer) and not self._in_string

    def __repr__(self) -> str:
        return f"<JsonSplitter {len(self._pending)} bytes pending>"


def _checked(value: bytes) -> bytes:
    try:
        check_values(value)
    except TooManyValues as error:
        raise NdjsonError(str(error)) from None
    return value


def _end_of(pattern: "re.Pattern[bytes]", buffer: bytearray, at: int) -> int:
    match = pattern.match(buffer, at)
    assert match is not None  # each may match nothing
    return match.end()


def values_in(data: bytes) -> list[bytes]:
    """Return the objects in `data`, the last one perhaps cut.

    None if they nest too deeply, or are too long to be searched at once.
    """
    if len(data) > MAX_JOINED:
        return []
    splitter = JsonSplitter(len(data))
    try:
        values = [*splitter.feed(data), *splitter.close()]
    except NdjsonError:
        return []
    return [value for _, value in values]
