"""The client of a request: its name, its scope, and the function that sends deltas to it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from aircherd.access.peer import Peer
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.verbatim import VerbatimDelta, VerbatimHead

Delta = ReplyEvent | VerbatimHead | VerbatimDelta
"""The last two are for HTTP clients."""
Send = Callable[[Sequence[Delta]], Awaitable[None]]
"""Sends the events of one read to the client; waits while the client is far behind."""


class RequestScope(Protocol):
    """Ends a request at its deadline or by cancellation, like a `trio.CancelScope`."""

    deadline: float
    """On trio's clock. It may be set after the request has begun."""


async def discard(_deltas: Sequence[Delta]) -> None:
    """Drop the deltas of a request that does not stream."""


class Caller(msgspec.Struct, frozen=True):
    """The client's name, the project it works in, and its process.

    `folder` is where it works: an absolute path, if that is not the project. It is not stored.
    """

    client: str
    project: str | None = None
    peer: Peer | None = None
    folder: str | None = None
