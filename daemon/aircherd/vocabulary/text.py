"""Text in the making: many small pieces, little memory, joined once.

A token's own string takes ten times its letters, so pieces are joined as soon as there are enough
of them; what was joined is not copied again.
"""

ENOUGH = 256


class GrowingText:
    """Pieces of text in order."""

    __slots__ = ("_blocks", "_pieces")

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        """Append a piece."""
        self._pieces.append(piece)
        if len(self._pieces) >= ENOUGH:
            self._blocks.append("".join(self._pieces))
            self._pieces.clear()

    def __str__(self) -> str:
        return "".join(self._blocks) + "".join(self._pieces)
