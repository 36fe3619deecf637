"""A buffer for text that arrives in many small pieces.

A short string takes ten times the memory of its characters. So pieces are joined into blocks, and
blocks are copied only once, at the end.
"""

JOIN_AT = 256


class TextBuffer:
    """Collects pieces of text in order; `str()` returns all of it."""

    __slots__ = ("_blocks", "_pieces")

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        """Append a piece."""
        self._pieces.append(piece)
        if len(self._pieces) >= JOIN_AT:
            self._blocks.append("".join(self._pieces))
            self._pieces.clear()

    def __str__(self) -> str:
        return "".join(self._blocks) + "".join(self._pieces)
