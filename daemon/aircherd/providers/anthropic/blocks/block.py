"""What all blocks have in common, and how much a reply may make us hold."""

from typing import Final

from aircherd.providers.codec.held import Held
from aircherd.vocabulary.reply import ReplyEvent

MAX_HELD: Final = 8_000_000
"""Characters of a reply that are held back until their block is complete."""
BLOCK_COST: Final = 1000
"""Characters that each block and each citation counts for."""
MAX_KIND: Final = 200

Out = list[ReplyEvent]


def new_held() -> Held:
    """Return the count of what the blocks of a reply make us hold."""
    return Held(MAX_HELD, "blocks of more than {limit} characters")


class Block:
    """An open block without anything to collect.

    `is_closed` says that what it gave out is a part of its own, whatever follows.
    """

    __slots__ = ("is_closed", "late")

    def __init__(self) -> None:
        self.is_closed = False
        self.late: list[ReplyEvent] = []
        """What is not of this kind of block, to be given out when it stops."""

    def is_apart_from(self, before: "Block | None") -> bool:
        """Return whether the end of the block before it must be marked."""
        del before
        return False

    def begin(self, out: Out) -> None:
        """Add the content that it starts with; mostly none in a stream."""

    def stop(self, out: Out) -> None:
        """Add what was held back."""
        out += self.late
