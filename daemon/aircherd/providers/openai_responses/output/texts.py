"""What of an item's text was streamed already.

Servers send the same text up to four times: in pieces, at the end of a part, at the end of its
item, and at the end of the reply; and each of these may be missing. So each is compared with what
came before, and only what is new is passed on. Where a repetition differs from what was streamed,
as by white space at its ends, what was streamed stands: it cannot be taken back.
"""

from typing import Final

from aircherd.errors import fail
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.text import TextBuffer

MAX_PARTS: Final = 10_000
"""Of one item."""

Key = tuple[str, object]
"""What identifies a part within its item: its kind, and its index if the server sends one."""

Place = tuple[str, object]
"""The kind of a text, and the index of its part as the server sent it."""


class StreamedText:
    """A text of which pieces were passed on."""

    __slots__ = ("_buffer", "_joined", "length")

    def __init__(self) -> None:
        self.length = 0
        self._buffer = TextBuffer()
        self._joined: str | None = ""

    def add(self, piece: str) -> None:
        """Add a piece that is passed on."""
        self.length += len(piece)
        self._buffer.add(piece)
        self._joined = None

    def __str__(self) -> str:
        if self._joined is None:
            self._joined = str(self._buffer)
        return self._joined

    def rest_of(self, whole: str) -> str:
        """Return what of the whole text was not passed on yet, "" if the two differ."""
        if len(whole) <= self.length:
            return ""
        return whole[self.length :] if whole.startswith(str(self)) else ""

    def differs_from(self, whole: str) -> bool:
        """Return whether neither of the two is the beginning of the other."""
        if len(whole) >= self.length:
            return not whole.startswith(str(self))
        return not str(self).startswith(whole)


class StreamedPart(StreamedText):
    """A part of an item, such as a paragraph of thinking.

    `ended_by` are the types of the events that repeated it whole.
    """

    __slots__ = ("ended_by", "key")

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.key = key
        self.ended_by: set[str] = set()


class StreamedParts:
    """The parts of one item, in the order in which they appeared; `between` separates them."""

    __slots__ = ("_between", "_by_key", "_joined", "_joined_length", "parts")

    def __init__(self, between: str = "") -> None:
        self.parts: list[StreamedPart] = []
        self._between = between
        self._joined, self._joined_length = "", 0
        self._by_key: dict[Key, StreamedPart] = {}

    def for_piece(self, key: Key) -> StreamedPart:
        """Return the part that a piece belongs to."""
        return self._find(key, "") or self.begin(key)

    def for_whole(self, key: Key, event: str, text: str) -> StreamedPart:
        """Return the part that is repeated whole by an event of this type."""
        part = self._find(key, event)
        # Some servers number all parts 0.
        if part is None or (event in part.ended_by and part.differs_from(text)):
            part = self.begin(key)
        part.ended_by.add(event)
        return part

    def _find(self, key: Key, event: str) -> StreamedPart | None:
        kind, index = key
        if index is not None and key in self._by_key:
            return self._by_key[key]
        last = self.parts[-1] if self.parts else None
        if last is None or last.key[0] != kind:
            return None
        # Some events have an index, others of the same server do not.
        if index is not None and last.key[1] is not None:
            return None
        is_over = event in last.ended_by if event else bool(last.ended_by)
        return None if is_over else last

    def begin(self, key: Key) -> StreamedPart:
        """Begin a part.

        Raises:
            ProviderFailed: PROTOCOL: there are too many of them.
        """
        if len(self.parts) >= MAX_PARTS:
            fail(FailureClass.PROTOCOL, f"sent an item with more than {MAX_PARTS} parts")
        part = self._by_key[key] = StreamedPart(key)
        self.parts.append(part)
        return part

    def __str__(self) -> str:
        # Servers may repeat what they sent again and again, so it is joined only once.
        length = sum(part.length for part in self.parts)
        if length != self._joined_length:
            self._joined = self._between.join(str(part) for part in self.parts if part.length)
            self._joined_length = length
        return self._joined

    def rest_of(self, whole: str) -> str:
        """Return what of the whole text was not passed on yet, "" if the two differ."""
        streamed = str(self)
        return whole[len(streamed) :] if whole.startswith(streamed) else ""


def key_of(kind: object, index: object) -> Key:
    """Return what identifies a part, by what the server sent."""
    return str(kind), index if type(index) is int else None
