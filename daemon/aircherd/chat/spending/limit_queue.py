"""Requests that wait for room under a limit: until a call in progress has ended.

A call reserves what it may use at most, and uses less. So a limit that is full of reservations is
not reached yet, and a request that finds no other provider waits for its turn, in order.
"""

from collections.abc import Callable, Iterable

import trio

from aircher_wire import codes
from aircherd.routing.candidate import Step
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.availability import Limited

MAX_SECONDS = 30.0
"""How long a request waits at most, unless its `wait` is longer."""


class LimitQueue:
    """Waiting requests, by the description of the limit that they wait for."""

    def __init__(self) -> None:
        self._lots: dict[str, trio.lowlevel.ParkingLot] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._lots

    async def wait(self, limit: str, seconds: float) -> bool:
        """Wait for a turn under `limit`; return False after `seconds`.

        A request that had its turn calls `wake_next` with the same limit as soon as it has taken
        its room or given up: there may be room for the next one as well. It does not if it waits
        again: then a call in progress wakes the next one.
        """
        lot = self._lots.setdefault(limit, trio.lowlevel.ParkingLot())
        has_turn = False
        try:
            with trio.move_on_after(seconds):
                await lot.park()
                has_turn = True
        finally:
            if not lot:
                self._lots.pop(limit, None)
        return has_turn

    def wake_next(self, limit: str) -> None:
        """Give the first request that waits for this limit its turn."""
        lot = self._lots.get(limit)
        if lot is not None:
            lot.unpark()

    def wake_all(self) -> None:
        """Give every request its turn: the limits have changed."""
        for lot in list(self._lots.values()):
            lot.unpark_all()

    def __repr__(self) -> str:
        return f"<LimitQueue of {sum(len(lot) for lot in self._lots.values())}>"


def first_pending(
    steps: Iterable[Step], room_for: Callable[[str, str | None, str], Limited | None]
) -> tuple[Skipped, str] | None:
    """Return the first step that has room when a call in progress ends, and its limit.

    `room_for` returns the limit that a call of this provider, key and model would exceed.
    """
    for step in steps:
        if isinstance(step, Skipped) and step.reason == codes.LIMIT_REACHED and step.model:
            found = room_for(step.provider, step.key, step.model)
            if found is not None and found.is_pending and found.status is not None:
                return step, found.status.limit
    return None
