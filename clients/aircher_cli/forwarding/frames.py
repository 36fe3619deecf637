"""The frames between the two ends, sans I/O.

    kind     1 byte
    channel  4 bytes, 0 for what belongs to no connection
    length   4 bytes
    payload

Before its first frame the end on HOST writes a greeting: a shell's start-up files may print
something, which is skipped. Kinds that are not known are ignored, so that later versions can add
some.
"""

import json
import struct
from enum import IntEnum
from typing import NamedTuple

GREETING = b"\n\x00aircher-forward 1\n"
MAX_SKIPPED = 65_536
"""Bytes before the greeting."""
MAX_PAYLOAD = 65_536
MAX_DATA = 32_768
"""Bytes of a connection in one frame: small, so that connections take turns."""

_HEADER = struct.Struct(">BII")


class Kind(IntEnum):
    """What a frame is."""

    OPEN = 1
    """A client has connected on HOST."""
    DATA = 2
    CREDIT = 3
    """So many further bytes may be sent to this end: 4 bytes."""
    CLOSE = 4
    """No more data comes, and none is read: a reason for people, often empty."""
    PING = 5
    PONG = 6
    MESSAGE = 7
    """A map in JSON, about the forward as a whole."""


class Frame(NamedTuple):
    """One frame."""

    kind: int
    channel: int
    payload: bytes


class FrameError(Exception):
    """The other end does not speak this protocol."""


class NoGreeting(FrameError):
    """The other end is not ours; `said` is how its output begins."""

    def __init__(self, said: bytes) -> None:
        super().__init__("the other end is not aircher")
        self.said = said


def encode(kind: Kind, channel: int = 0, payload: bytes = b"") -> bytes:
    """Return a frame as bytes."""
    return _HEADER.pack(kind, channel, len(payload)) + payload


def encode_message(message: dict[str, object]) -> bytes:
    """Return the frame with a map."""
    return encode(Kind.MESSAGE, 0, json.dumps(message).encode())


def decode_message(payload: bytes) -> dict[str, object]:
    """Return the map in a frame.

    Raises:
        FrameError: it is none.
    """
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        raise FrameError("a message is not JSON") from None
    if not isinstance(message, dict):
        raise FrameError("a message is not a map")
    return message


class Decoder:
    """Turns bytes into frames. With `is_greeted` false it waits for the greeting first."""

    def __init__(self, *, is_greeted: bool) -> None:
        self.is_greeted = is_greeted
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; return the frames that they complete.

        Raises:
            NoGreeting: too much came before the greeting.
            FrameError: a frame is larger than any may be.
        """
        self._rest += data
        if not self.is_greeted and not self._skip_to_greeting():
            return []
        found = []
        while (frame := self._next()) is not None:
            found.append(frame)
        return found

    @property
    def skipped(self) -> bytes:
        """What has come instead of a greeting."""
        return b"" if self.is_greeted else bytes(self._rest)

    def _skip_to_greeting(self) -> bool:
        at = self._rest.find(GREETING)
        if at >= 0:
            del self._rest[: at + len(GREETING)]
            self.is_greeted = True
        elif len(self._rest) > MAX_SKIPPED:
            raise NoGreeting(bytes(self._rest[:200]))
        return self.is_greeted

    def _next(self) -> Frame | None:
        rest = self._rest
        if len(rest) < _HEADER.size:
            return None
        kind, channel, length = _HEADER.unpack_from(rest)
        if length > MAX_PAYLOAD:
            raise FrameError(f"a frame has {length} bytes")
        end = _HEADER.size + length
        if len(rest) < end:
            return None
        payload = bytes(rest[_HEADER.size : end])
        del rest[:end]
        return Frame(kind, channel, payload)

    def __repr__(self) -> str:
        return f"<Decoder, {len(self._rest)} bytes wait>"
