"""Who asks, and how he is told what happens."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from aircherd.vocabulary.attempt import AttemptDelta
from aircherd.vocabulary.reply import ReplyEvent

Delta = ReplyEvent | AttemptDelta
Send = Callable[[Sequence[Delta]], Awaitable[None]]
"""Takes the events of one read to the client; waits while the client is far behind."""


async def discard(_deltas: Sequence[Delta]) -> None:
    """Take what streams of a request that asked for its result only."""


class Caller(msgspec.Struct, frozen=True):
    """Who asks: the client's name, and the project it sent."""

    client: str
    project: str | None = None
