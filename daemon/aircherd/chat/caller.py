"""The client of a request, and how it learns what happens."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from aircherd.vocabulary.attempt import AttemptDelta
from aircherd.vocabulary.reply import ReplyEvent

Delta = ReplyEvent | AttemptDelta
Send = Callable[[Sequence[Delta]], Awaitable[None]]
"""Takes the events of one read to the client; waits while the client is far behind."""


class RequestScope(Protocol):
    """What ends a request: its deadline, or a cancellation. A `trio.CancelScope` is one."""

    deadline: float
    """On trio's clock. It may be set once the request has begun."""


async def discard(_deltas: Sequence[Delta]) -> None:
    """Drop the deltas of a request that asked for its result only."""


class Caller(msgspec.Struct, frozen=True):
    """The client's name, and the project it works in."""

    client: str
    project: str | None = None
