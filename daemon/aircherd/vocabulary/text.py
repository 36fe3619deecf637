"""A buffer for text that arrives in many small pieces.

A short string takes ten times the memory of its characters. So pieces are joined into blocks, and
blocks are copied only once, at the end.
"""

from sys import getsizeof

JOIN_AT = 256


class TextBuffer:
    """Collects pieces of text in order; `str()` returns all of it."""

    __slots__ = ("_blocks", "_pieces", "joined")

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._pieces: list[str] = []
        self.joined = 0
        """Bytes of the blocks in memory: one wide character makes a whole block wide."""

    def add(self, piece: str) -> None:
        """Append a piece."""
        self._pieces.append(piece)
        if len(self._pieces) >= JOIN_AT:
            block = "".join(self._pieces)
            self._blocks.append(block)
            self._pieces.clear()
            self.joined += getsizeof(block)

    def size_in_memory(self) -> int:
        """Return the bytes that the text takes now."""
        return self.joined + sum(map(getsizeof, self._pieces))

    def __str__(self) -> str:
        return "".join(self._blocks) + "".join(self._pieces)
