"""A tool call whose arguments are still coming."""

from typing import Final

import msgspec

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class GrowingCall:
    """A call of a stream. Blocks follow each other here, and at some vendors calls alternate."""

    __slots__ = ("_pieces", "call_id", "index")

    def __init__(self, index: int, call_id: str) -> None:
        self.index = index
        self.call_id = call_id
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        """Take more of its arguments."""
        self._pieces.append(piece)

    def is_whole(self) -> bool:
        """Return whether its arguments are complete, as far as that can be known."""
        return is_object("".join(self._pieces))


def is_object(arguments: str) -> bool:
    """Return whether arguments are a JSON object."""
    if not arguments.rstrip().endswith("}"):
        return False
    try:
        _OBJECT.decode(arguments.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False
    return True
