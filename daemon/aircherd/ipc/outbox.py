"""The queue of frames for one client, bounded in bytes.

Most frames are never queued: if the queue is empty, the kernel accepts them at once (`send_now`)
and the writer task is not woken.

The bound is in bytes, not in time: a pager or a stopped process may sleep for an hour. It is
`QUEUE_LIMIT`, less while the daemon's memory is short, and includes the replies that are being read
for the client: their text is in both. Chats wait for room; events check `is_full` and are dropped.
For a client that is far behind, the text deltas of a chat are merged instead of queued one by one:
a delta's frame is ten times its text, and a late reader does not need the timing.
"""

from collections import deque
from collections.abc import Callable, Sequence
from sys import getsizeof

import trio

from aircherd.chat.caller import Delta
from aircherd.ipc.deltas import DeltaWriter
from aircherd.memory.budget import SMALL, MemoryShare
from aircherd.vocabulary.reply import Ending, TextDelta
from aircherd.vocabulary.text import TextBuffer

MERGE_ABOVE = 64 * 1024
"""Queued bytes above which text is merged; clients that read are rarely that far behind. Below it
the queue is never full, however short memory is."""
TAKE_SIZE = 256 * 1024
"""Bytes that are written at once: they are joined, and free only once all are written."""
_FRAME_COST = 48
"""Bytes for each queued frame beside its own."""


class MergedText:
    """Queued text of one chat, to be sent as one delta with the number of its first piece."""

    __slots__ = ("_unjoined", "seq", "size", "text", "writer")

    def __init__(self, writer: DeltaWriter) -> None:
        self.writer = writer
        self.seq = writer.next_seq()
        self.text = TextBuffer()
        self.size = 0
        self._unjoined = 0

    def add(self, text: str) -> int:
        """Add a piece; return by how much `size` grew, the bytes of the text in memory."""
        before, joined = self.size, self.text.joined
        self.text.add(text)
        if change := self.text.joined - joined:
            self.size += change - self._unjoined
            self._unjoined = 0
        else:
            size = len(text) if text.isascii() else getsizeof(text)
            self.size += size
            self._unjoined += size
        return self.size - before

    def encode(self) -> bytes:
        """Return the frame; nothing may be added afterwards."""
        return self.writer.encode_text(self.seq, str(self.text))


class Outbox:
    """The queue of frames for one client. Only the `wait_` methods and `take` are async.

    `send_now` sends what it can without waiting, and returns the number of bytes. The queue is
    counted in `share`.
    """

    def __init__(self, share: MemoryShare, send_now: Callable[[bytes], int] = lambda _: 0) -> None:
        self._share = share
        self._send_now = send_now
        self.size = 0
        self.is_behind = False
        """Whether so much is queued that `is_full` has to be asked."""
        self._counted = 0  # in `share`
        self._waiting: deque[bytes | MergedText] = deque()
        # The last queued text of each chat, while more can be added to it.
        self._growing: dict[DeltaWriter, MergedText] = {}
        self._taken = 0
        self._filled = trio.lowlevel.ParkingLot()
        self._emptied = trio.lowlevel.ParkingLot()

    @property
    def is_full(self) -> bool:
        """Whether the client is too far behind to be sent more."""
        return self.is_behind and not self._share.may_queue

    def put(self, data: bytes) -> None:
        """Add a frame without waiting, even if the queue is full."""
        if not self.size and not (data := data[self._send_now(data) :]):
            return
        self._waiting.append(data)
        self._resize(len(data))
        self._filled.unpark_all()

    def _resize(self, change: int) -> None:
        """Note by how much the queue grew, and count it unless it is small."""
        self.size += change
        self.is_behind = self.size >= MERGE_ABOVE
        cost = self.size + _FRAME_COST * len(self._waiting)
        if cost > SMALL or self._counted:
            cost = cost if cost > SMALL else 0
            self._share.hold(cost - self._counted)
            self._counted = cost

    def put_deltas(self, writer: DeltaWriter, deltas: Sequence[Delta]) -> None:
        """Add the deltas of one read; text is merged if the client is far behind."""
        if not self.is_behind:
            self._growing.pop(writer, None)
            if data := writer.encode(deltas):
                self.put(data)
            return
        for delta in deltas:
            if type(delta) is TextDelta and not writer.signs:
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
        self._resize(entry.add(text))

    async def wait_for_room(self) -> None:
        """Wait while the client is too far behind. The chat's own deadline applies."""
        while self.is_full:
            await self._emptied.park()

    async def take(self) -> bytes:
        """Wait for frames and return the next ones. No deadline: clients may be idle for days."""
        while not self._waiting:
            await self._filled.park()
        data: list[bytes] = []
        while self._waiting and self._taken < TAKE_SIZE:
            entry = self._waiting.popleft()
            if isinstance(entry, MergedText):
                if self._growing.get(entry.writer) is entry:
                    del self._growing[entry.writer]
                self._taken += entry.size
                data.append(entry.encode())
            else:
                self._taken += len(entry)
                data.append(entry)
        return b"".join(data)

    def note_written(self) -> None:
        """Record that the frames from `take` were sent."""
        taken, self._taken = self._taken, 0
        self._resize(-taken)
        self._emptied.unpark_all()

    async def wait_empty(self) -> None:
        """Wait until all frames were sent. The caller sets the deadline."""
        while self.size:
            await self._emptied.park()

    def __repr__(self) -> str:
        return f"<Outbox {self.size} bytes waiting>"
