"""The block of a stream that is being written: its place in the list, and the bytes around deltas.

Blocks follow each other: each one is stopped before the next begins, and their indexes count up.
"""

from typing import Final, Literal

from aircherd.http_api.dialects.common.writing import json_bytes

Kind = Literal["text", "thinking", "call"]

_START: Final = (
    b"event: content_block_start\n"
    b'data: {"type":"content_block_start","index":%d,"content_block":%b}\n\n'
)
_DELTA: Final = (
    b"event: content_block_delta\n"
    b'data: {"type":"content_block_delta","index":%d,"delta":{"type":"%b","%b":'
)
_DELTA_END: Final = b"}}\n\n"
_STOP: Final = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n'

_DELTAS: Final[dict[Kind, tuple[bytes, bytes]]] = {
    "text": (b"text_delta", b"text"),
    "thinking": (b"thinking_delta", b"thinking"),
    "call": (b"input_json_delta", b"partial_json"),
}


class OpenBlock:
    """Writes the blocks of one reply, one after the other."""

    __slots__ = ("_delta", "_index", "kind")

    def __init__(self) -> None:
        self.kind: Kind | None = None
        self._index = -1
        self._delta = b""

    def start(self, kind: Kind, block: object) -> bytes:
        """Return what begins the next block; the one before it was stopped."""
        self.kind = kind
        self._index += 1
        self._delta = _DELTA % (self._index, *_DELTAS[kind])
        return _START % (self._index, json_bytes(block))

    def add(self, text: str) -> bytes:
        """Return what adds to the block."""
        return self._delta + json_bytes(text) + _DELTA_END

    def add_other(self, kind: bytes, field: bytes, value: object) -> bytes:
        """Return what adds a signature or a citation to the block."""
        return _DELTA % (self._index, kind, field) + json_bytes(value) + _DELTA_END

    def stop(self) -> bytes:
        """Return what ends the block."""
        self.kind = None
        return _STOP % self._index

    def whole(self, block: object) -> bytes:
        """Return a block that comes in one piece; the one before it was stopped."""
        self._index += 1
        return _START % (self._index, json_bytes(block)) + _STOP % self._index
