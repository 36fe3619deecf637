"""Many connections over one pair of pipes, sans I/O: bytes in, events out.

Each connection has a window in each direction: one whose reader is slow stops itself, and neither
the others nor our memory.
"""

import struct
from typing import NamedTuple

from aircher_cli.forwarding.frames import (
    GREETING,
    MAX_DATA,
    Decoder,
    FrameError,
    Kind,
    decode_message,
    encode,
    encode_message,
)

WINDOW = 256 * 1024
"""Bytes of a connection that may be on the way to its reader."""
GRANT = WINDOW // 4
"""Bytes that the reader has taken until more are allowed."""
MAX_CHANNELS = 256
"""Connections at a time. An end on a hostile machine could take all memory and descriptors here."""
MAX_WAITING = 2 * 1024 * 1024
"""Bytes to be written; beyond them, an end that asks without reading gets no answer."""
MAX_REASON = 1000
"""Characters of why a connection was closed."""

_COUNT = struct.Struct(">I")


class Opened(NamedTuple):
    """A client has connected at the other end."""

    number: int


class Received(NamedTuple):
    """Bytes of a connection."""

    number: int
    data: bytes


class Credited(NamedTuple):
    """More may be sent."""

    number: int


class Closed(NamedTuple):
    """The connection has ended at the other end; the reason is empty if it just ended."""

    number: int
    reason: str


class Message(NamedTuple):
    """A map about the forward as a whole."""

    message: dict[str, object]


MuxEvent = Opened | Received | Credited | Closed | Message


class _Channel:
    """One connection: what may still be sent, and what was taken but is not allowed again yet."""

    __slots__ = ("credit", "taken", "unread")

    def __init__(self) -> None:
        self.credit = WINDOW
        self.taken = 0
        self.unread = 0


class Mux:
    """One end. What is to be written to the other one is in `out`; the caller removes it there.

    The end that `opens` connections is the one on HOST, and it greets.
    """

    def __init__(self, *, opens: bool) -> None:
        self.out = bytearray(GREETING if opens else b"")
        self._opens = opens
        self._decoder = Decoder(is_greeted=opens)
        self._channels: dict[int, _Channel] = {}
        self._last = 0

    @property
    def is_greeted(self) -> bool:
        """Whether the other end has begun to speak."""
        return self._decoder.is_greeted

    @property
    def skipped(self) -> bytes:
        """What has come instead of a greeting."""
        return self._decoder.skipped

    # ---------------------------------------------------------- to the other end

    def open(self) -> int:
        """Open a connection and return its number."""
        self._last += 1
        self._channels[self._last] = _Channel()
        self.out += encode(Kind.OPEN, self._last)
        return self._last

    def credit(self, number: int) -> int:
        """Return how many bytes of a connection may be sent now; 0 if it has ended."""
        channel = self._channels.get(number)
        return min(channel.credit, MAX_DATA) if channel else 0

    def send(self, number: int, data: bytes) -> None:
        """Send bytes of a connection, not more than its `credit`."""
        channel = self._channels[number]
        assert len(data) <= channel.credit, "more than the other end can take"
        channel.credit -= len(data)
        self.out += encode(Kind.DATA, number, data)

    def take(self, number: int, size: int) -> None:
        """Note that the reader has taken bytes, so that as many may come again."""
        channel = self._channels.get(number)
        if channel is None:
            return
        channel.unread -= size
        channel.taken += size
        if channel.taken >= GRANT:
            self.out += encode(Kind.CREDIT, number, _COUNT.pack(channel.taken))
            channel.taken = 0

    def close(self, number: int, reason: str = "") -> None:
        """End a connection. Idempotent."""
        if self._channels.pop(number, None) is not None:
            self.out += encode(Kind.CLOSE, number, reason[:MAX_REASON].encode())

    def announce(self, **message: object) -> None:
        """Send a map about the forward as a whole."""
        self.out += encode_message(message)

    def ping(self) -> None:
        """Ask the other end whether it is there."""
        self.out += encode(Kind.PING)

    # ---------------------------------------------------------- from the other end

    def feed(self, data: bytes) -> list[MuxEvent]:
        """Take bytes from the other end; return what they say.

        Raises:
            FrameError: the other end breaks the protocol.
        """
        found: list[MuxEvent] = []
        for kind, number, payload in self._decoder.feed(data):
            event = self._event(kind, number, payload)
            if event is not None:
                found.append(event)
        return found

    def _event(self, kind: int, number: int, payload: bytes) -> MuxEvent | None:
        if kind == Kind.PING:
            self.out += encode(Kind.PONG) if len(self.out) < MAX_WAITING else b""
        elif kind == Kind.MESSAGE:
            return Message(decode_message(payload))
        elif kind == Kind.OPEN:
            return self._note_opened(number)
        elif (channel := self._channels.get(number)) is not None:
            return self._event_of(channel, kind, number, payload)
        # What is left is about a connection that has just ended here, or of a later version.
        return None

    def _note_opened(self, number: int) -> Opened:
        if self._opens or number in self._channels:
            raise FrameError(f"connection {number} cannot be opened")
        if len(self._channels) >= MAX_CHANNELS:
            raise FrameError(f"more than {MAX_CHANNELS} connections")
        self._channels[number] = _Channel()
        return Opened(number)

    def _event_of(
        self, channel: _Channel, kind: int, number: int, payload: bytes
    ) -> MuxEvent | None:
        if kind == Kind.DATA:
            channel.unread += len(payload)
            if channel.unread + channel.taken > WINDOW:
                raise FrameError(f"connection {number} sent more than it may")
            return Received(number, payload)
        if kind == Kind.CREDIT:
            if len(payload) != _COUNT.size:
                raise FrameError("a credit has 4 bytes")
            channel.credit += _COUNT.unpack(payload)[0]
            return Credited(number)
        if kind == Kind.CLOSE:
            del self._channels[number]
            return Closed(number, payload.decode(errors="replace"))
        return None

    def __repr__(self) -> str:
        return f"<Mux of {len(self._channels)} connections, {len(self.out)} bytes to send>"
