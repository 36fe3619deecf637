"""The queue of frames for one client, bounded in bytes.

Most frames are never queued: if the queue is empty, the kernel accepts them at once (`send_now`)
and the writer task is not woken.

The bound is in bytes, not in time: a pager or a stopped process may sleep for an hour. Chats wait
for room; events check `is_full` and are dropped. For a client that is far behind, the text deltas
of a chat are merged instead of queued one by one: a delta's frame is ten times its text, and a
late reader does not need the timing.
"""

from collections import deque
from collections.abc import Callable, Sequence

import trio

from aircherd.chat.caller import Delta
from aircherd.ipc.deltas import DeltaWriter
from aircherd.vocabulary.reply import Ending, TextDelta
from aircherd.vocabulary.text import TextBuffer

BUFFER_LIMIT = 8 * 1024 * 1024
"""Bytes that may wait for one client."""
MERGE_ABOVE = 64 * 1024
"""Queued bytes above which text is merged; clients that read are rarely that far behind."""


class MergedText:
    """Queued text of one chat, to be sent as one delta with the number of its first piece."""

    __slots__ = ("seq", "text", "writer")

    def __init__(self, writer: DeltaWriter) -> None:
        self.writer = writer
        self.seq = writer.next_seq()
        self.text = TextBuffer()

    def encode(self) -> bytes:
        """Return the frame; nothing may be added afterwards."""
        return self.writer.encode_text(self.seq, str(self.text))


class Outbox:
    """The queue of frames for one client. Only the `wait_` methods and `take` are async.

    `send_now` sends what it can without waiting, and returns the number of bytes.
    """

    def __init__(self, send_now: Callable[[bytes], int] = lambda _: 0) -> None:
        self._send_now = send_now
        self.size = 0
        self._waiting: deque[bytes | MergedText] = deque()
        # The last queued text of each chat, while more can be added to it.
        self._growing: dict[DeltaWriter, MergedText] = {}
        self._taken = 0
        self._filled = trio.lowlevel.ParkingLot()
        self._emptied = trio.lowlevel.ParkingLot()

    @property
    def is_full(self) -> bool:
        """Whether the client is too far behind to be sent more."""
        return self.size >= BUFFER_LIMIT

    def put(self, data: bytes) -> None:
        """Add a frame without waiting, even if the queue is full."""
        if not self.size and not (data := data[self._send_now(data) :]):
            return
        self._waiting.append(data)
        self.size += len(data)
        self._filled.unpark_all()

    def put_deltas(self, writer: DeltaWriter, deltas: Sequence[Delta]) -> None:
        """Add the deltas of one read; text is merged if the client is far behind."""
        if self.size < MERGE_ABOVE:
            self._growing.pop(writer, None)
            if data := writer.encode(deltas):
                self.put(data)
            return
        for delta in deltas:
            if type(delta) is TextDelta:
                self._merge(writer, delta.text)
            elif type(delta) is not Ending:
                self._growing.pop(writer, None)
                self.put(writer.encode((delta,)))

    def _merge(self, writer: DeltaWriter, text: str) -> None:
        entry = self._growing.get(writer)
        if entry is None:
            entry = self._growing[writer] = MergedText(writer)
            self._waiting.append(entry)
            self._filled.unpark_all()
        entry.text.add(text)
        self.size += len(text) if text.isascii() else len(text.encode(errors="replace"))

    async def wait_for_room(self) -> None:
        """Wait while the client is too far behind. The chat's own deadline applies."""
        while self.is_full:
            await self._emptied.park()

    async def take(self) -> bytes:
        """Wait for frames and return all of them. No deadline: clients may be idle for days."""
        while not self._waiting:
            await self._filled.park()
        self._taken = self.size
        self._growing.clear()
        data = b"".join(
            entry if isinstance(entry, bytes) else entry.encode() for entry in self._waiting
        )
        self._waiting.clear()
        return data

    def note_written(self) -> None:
        """Record that the frames from `take` were sent."""
        self.size -= self._taken
        self._taken = 0
        self._emptied.unpark_all()

    async def wait_empty(self) -> None:
        """Wait until all frames were sent. The caller sets the deadline."""
        while self.size:
            await self._emptied.park()

    def __repr__(self) -> str:
        return f"<Outbox {self.size} bytes waiting>"
