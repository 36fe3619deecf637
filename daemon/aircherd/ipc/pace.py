"""Sends the deltas of a chat at a pace that the client asked for in its `hello`.

An editor draws some thirty times a second. From a provider that streams thousands of pieces a
second it would only get work and garbage, so pieces that come between two sends go out as one.

The first deltas go out at once, and so do those after a pause. News that people wait for, such as
an attempt, takes along what has come before it.
"""

import math
from collections.abc import Iterable, Sequence

import trio
from msgspec.structs import replace

from aircherd.chat.caller import Delta
from aircherd.ipc.deltas import DeltaWriter
from aircherd.ipc.outbox import Outbox
from aircherd.vocabulary.reply import ReasoningDelta, TextDelta, ToolCallDelta, UsageDelta

AT_ONCE_ABOVE = 64 * 1024
"""Characters that are kept at most; deltas that reach it are sent at once."""

_KEPT = (TextDelta, ReasoningDelta, ToolCallDelta, UsageDelta)
"""The deltas that may wait, because many of them come."""


class PacedDeltas:
    """The deltas of one chat. `run` sends what waits, until the chat calls `close` at its end."""

    def __init__(self, writer: DeltaWriter, outbox: Outbox, seconds: float) -> None:
        self._scope = trio.CancelScope()
        self._writer = writer
        self._outbox = outbox
        self._seconds = seconds
        self._next_at = -math.inf
        self._kept: list[Delta] = []
        self._size = 0
        self._arrived = trio.Event()

    async def send(self, deltas: Sequence[Delta]) -> None:
        """Send `deltas` now or later; wait while the client is far behind."""
        self._keep(deltas)
        is_due = trio.current_time() >= self._next_at or self._size > AT_ONCE_ABOVE
        if is_due or not all(isinstance(delta, _KEPT) for delta in deltas):
            self.flush()
        else:
            self._arrived.set()
        if self._outbox.is_behind:
            del deltas
            await self._outbox.wait_for_room()

    def flush(self) -> None:
        """Send what waits."""
        if self._kept:
            kept, self._kept, self._size = self._kept, [], 0
            self._next_at = trio.current_time() + self._seconds
            self._outbox.put_deltas(self._writer, tuple(joined(kept)))

    def close(self) -> None:
        """Send what waits, and end `run`."""
        self.flush()
        self._scope.cancel()

    async def run(self) -> None:
        """Send what waits when it is time."""
        with self._scope:
            while True:
                await self._arrived.wait()
                self._arrived = trio.Event()
                await trio.sleep_until(self._next_at)
                self.flush()

    def _keep(self, deltas: Sequence[Delta]) -> None:
        self._kept += deltas
        for delta in deltas:
            if isinstance(delta, (TextDelta, ReasoningDelta)):
                self._size += len(delta.text)
            elif isinstance(delta, ToolCallDelta):
                self._size += len(delta.arguments)


def joined(deltas: Iterable[Delta]) -> Iterable[Delta]:
    """Join what continues its neighbour. The counts so far come once, behind what they count."""
    run: list[Delta] = []
    usage: UsageDelta | None = None
    for delta in deltas:
        if isinstance(delta, UsageDelta):
            usage = delta
            continue
        if run and not _continues(run[-1], delta):
            yield _as_one(run)
            run = []
        if usage is not None and not isinstance(delta, _KEPT):
            yield usage
            usage = None
        run.append(delta)
    if run:
        yield _as_one(run)
    if usage is not None:
        yield usage


def _continues(first: Delta, second: Delta) -> bool:
    """Return whether `second` is more of the same as `first`."""
    if isinstance(first, TextDelta) and isinstance(second, TextDelta):
        return first.refusal == second.refusal
    if isinstance(first, ToolCallDelta) and isinstance(second, ToolCallDelta):
        begins = second.call_id is not None or second.name is not None
        return first.index == second.index and not begins
    return isinstance(first, ReasoningDelta) and isinstance(second, ReasoningDelta)


def _as_one(run: Sequence[Delta]) -> Delta:
    """Return one delta for several of a kind. Signatures are in the result, not in deltas."""
    first = run[0]
    if len(run) == 1:
        return first
    if isinstance(first, ToolCallDelta):
        arguments = "".join(each.arguments for each in run if isinstance(each, ToolCallDelta))
        return replace(first, arguments=arguments)
    assert isinstance(first, TextDelta | ReasoningDelta)
    text = "".join(each.text for each in run if isinstance(each, TextDelta | ReasoningDelta))
    return replace(first, text=text)
