"""The body of a request: counted in its client's share while it arrives, and decompressed."""

import trio

from aircherd.errors import Busy
from aircherd.http_api.server.bounds import MAX_BODY
from aircherd.http_api.server.refusal import Refusal
from aircherd.memory.budget import SMALL, STALE_SECONDS, IncomingFrame, MemoryShare
from aircherd.memory.request_memory import RequestMemory
from aircherd.providers.transport.compression.codings import (
    Decompressor,
    Undecodable,
    codings_of,
)

KNOWN_CODINGS = frozenset({"gzip", "deflate", "br", "zstd"})
_MEGABYTES = MAX_BODY // (1024 * 1024)


class IncomingBody(IncomingFrame):
    """A body that arrives, or has. What it holds is in `memory`, unless it is small.

    While it is incomplete it may be dropped for others that need the room.
    """

    __slots__ = ("_data", "_more", "_refusal", "is_complete", "memory")

    def __init__(self, share: MemoryShare) -> None:
        super().__init__(share)
        self.memory = RequestMemory(share)
        self.is_complete = False
        self._data = b""
        self._more: bytearray | None = None
        self._refusal: Refusal | None = None

    @property
    def size(self) -> int:
        """The bytes that have arrived."""
        return len(self._data) if self._more is None else len(self._more)

    def add(self, data: bytes) -> None:
        """Add a piece.

        Raises:
            Refusal: it is too large, there is no room, or it was dropped.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._more is not None:
            # One buffer, however small the pieces are.
            self._more += data
        elif self._data:
            self._more = bytearray(self._data)
            self._more += data
            self._data = b""
        else:
            self._data = data
        size = self.size
        if size > MAX_BODY:
            self.close()
            raise too_large()
        if size > SMALL:
            self._count(size)

    def _count(self, size: int) -> None:
        is_first = not self.memory.size
        try:
            self.memory.grow(size - self.memory.size)
        except Busy as error:
            self.close()
            raise busy(error.message) from None
        if is_first:
            self.share.budget.note_incoming(self)

    def note_complete(self) -> None:
        """Note that all of it is there: it is not dropped any more."""
        self.is_complete = True
        if self.memory.size:
            self.share.budget.forget_incoming(self)

    def forget(self) -> None:
        """Drop it for others; the next piece tells the client."""
        self._refusal = busy(
            f"the body was still incomplete after {STALE_SECONDS:g} s, and its memory was needed "
            "by others: send it at once"
        )
        self.close()

    def take(self) -> bytes:
        """Return all of it, once."""
        data = self._data if self._more is None else bytes(self._more)
        self._data, self._more = b"", None
        return data

    def close(self) -> None:
        """Drop it, and give back what it holds."""
        self._data, self._more = b"", None
        if self.memory.size:
            self.share.budget.forget_incoming(self)
            self.memory.release()

    def __repr__(self) -> str:
        return f"<IncomingBody {self.size} bytes>"


def too_large() -> Refusal:
    """Return the refusal of a body that is too large."""
    return Refusal(413, f"the body has more than {_MEGABYTES} MiB", kind="too_large", closes=True)


def busy(message: str) -> Refusal:
    """Return the refusal of a body for which there is no memory."""
    return Refusal(
        503, message, kind="overloaded", code="busy", may_retry=True, retry_after=1.0, closes=True
    )


def check_coding(value: str) -> list[str]:
    """Return the codings that a Content-Encoding names.

    Raises:
        Refusal: one of them is unknown here.
    """
    codings = codings_of(value)
    for name in codings:
        if name not in KNOWN_CODINGS:
            known = ", ".join(sorted(KNOWN_CODINGS))
            raise Refusal(
                415,
                f"content-encoding: {name!r} is not known; {known} are",
                headers=(("accept-encoding", known),),
            )
    return codings


async def decompress(data: bytes, codings: list[str], memory: RequestMemory) -> bytes:
    """Return what a body is, decompressed piece by piece, with `memory` for what it grows to.

    Raises:
        Refusal: it is broken, or becomes too large.
    """
    found = bytearray()
    try:
        decompressor = Decompressor(codings)
        decompressor.feed(data)
        decompressor.end()
        while (piece := decompressor.read()) is not None:
            found += piece
            if len(found) > MAX_BODY:
                raise too_large()
            if len(found) > max(memory.size, SMALL):
                memory.grow(max(len(piece), len(found) - memory.size))
            await trio.lowlevel.checkpoint()
    except Undecodable:
        raise Refusal(
            400, f"the body is not what content-encoding says: {', '.join(codings)}"
        ) from None
    except Busy as error:
        raise busy(error.message) from None
    return bytes(found)
