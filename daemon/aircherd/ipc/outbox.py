"""What waits to be written to one client: frames in order, counted in bytes.

Most frames never wait: when nothing else does, the kernel takes them at once (`send_now`), and no
writer need be woken.

The bound is in bytes, not in time: a pager or a stopped process may sleep for an hour. Those who
can wait (chats) wait for room; those who cannot (events) look at `is_full` and drop. Once a client
is well behind, the text of one chat is gathered instead of queued delta by delta: a delta's frame
is ten times its text, and who reads late wants the text, not the rhythm.
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
"""Bytes from which on text is gathered: a client that reads is never that far behind for long."""


class MergedText:
    """Text of one chat that waits, as one delta in the making. Its number is the first one's."""

    __slots__ = ("seq", "text", "writer")

    def __init__(self, writer: DeltaWriter) -> None:
        self.writer = writer
        self.seq = writer.next_seq()
        self.text = TextBuffer()

    def encode(self) -> bytes:
        """Return it as a frame; nothing is added to it afterwards."""
        return self.writer.encode_text(self.seq, str(self.text))


class Outbox:
    """One client's queue of frames. Everything but the waits is synchronous.

    `send_now` sends what can leave without waiting, and returns how many bytes have left.
    """

    def __init__(self, send_now: Callable[[bytes], int] = lambda _: 0) -> None:
        self._send_now = send_now
        self.size = 0
        self._waiting: deque[bytes | MergedText] = deque()
        # The last entry of each chat, as long as it may still grow.
        self._growing: dict[DeltaWriter, MergedText] = {}
        self._taken = 0
        self._filled = trio.lowlevel.ParkingLot()
        self._emptied = trio.lowlevel.ParkingLot()

    @property
    def is_full(self) -> bool:
        """Whether the client is too far behind to be told more."""
        return self.size >= BUFFER_LIMIT

    def put(self, data: bytes) -> None:
        """Add a frame without waiting; answers are always added, whatever the size."""
        if not self.size and not (data := data[self._send_now(data) :]):
            return
        self._waiting.append(data)
        self.size += len(data)
        self._filled.unpark_all()

    def put_deltas(self, writer: DeltaWriter, deltas: Sequence[Delta]) -> None:
        """Add the deltas of one read; see the module's docstring for what becomes of their text."""
        if self.size < MERGE_ABOVE:
            self._growing.pop(writer, None)
            if data := writer.encode(deltas):
                self.put(data)
            return
        for delta in deltas:
            if type(delta) is TextDelta:
                self._gather(writer, delta.text)
            elif type(delta) is not Ending:
                self._growing.pop(writer, None)
                self.put(writer.encode((delta,)))

    def _gather(self, writer: DeltaWriter, text: str) -> None:
        entry = self._growing.get(writer)
        if entry is None:
            entry = self._growing[writer] = MergedText(writer)
            self._waiting.append(entry)
            self._filled.unpark_all()
        entry.text.add(text)
        self.size += len(text) if text.isascii() else len(text.encode(errors="replace"))

    async def wait_for_room(self) -> None:
        """Wait while the client is too far behind. No deadline here: the chat's own one holds."""
        while self.is_full:
            await self._emptied.park()

    async def take(self) -> bytes:
        """Wait for frames and return all there are. No deadline: a quiet client is a normal one."""
        while not self._waiting:
            await self._filled.park()
        self._taken = self.size
        self._growing.clear()
        data = b"".join(
            entry if isinstance(entry, bytes) else entry.encode() for entry in self._waiting
        )
        self._waiting.clear()
        return data

    def written(self) -> None:
        """Say that what was taken has left."""
        self.size -= self._taken
        self._taken = 0
        self._emptied.unpark_all()

    async def wait_empty(self) -> None:
        """Wait until everything has left. The caller sets the deadline."""
        while self.size:
            await self._emptied.park()

    def __repr__(self) -> str:
        return f"<Outbox {self.size} bytes waiting>"
