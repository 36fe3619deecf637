"""The deadlines of waiting reads, kept by one task for all: no cancel scope for each wait.

A scope with a deadline costs more than the read that it bounds, and almost no deadline is ever met.
So a wait only writes down until when it may last. The task sleeps until the earliest moment that
was written down when it last looked, then interrupts who is late; those that ended in the meantime
are gone, and those that came since end later. It ends by itself when nobody waits.
"""

from typing import Protocol

import trio


class Waiting(Protocol):
    """Who waits, and can be interrupted."""

    def interrupt(self) -> None:
        """End the wait at once."""


class DeadlineScheduler:
    """Interrupts waits that last too long: never early, and at once when it is time."""

    def __init__(self) -> None:
        self._waits: dict[Waiting, float] = {}
        self._nap: trio.CancelScope | None = None  # while the task sleeps
        self._is_running = False

    def watch(self, waiting: Waiting, until: float) -> None:
        """Interrupt `waiting` at `until` on trio's clock, unless it is `forgotten` before."""
        self._waits[waiting] = until
        if not self._is_running:
            self._is_running = True
            trio.lowlevel.spawn_system_task(self._keep)
        elif self._nap is not None and until < self._nap.deadline:
            self._nap.deadline = until

    def forget(self, waiting: Waiting) -> bool:
        """Watch no longer; return whether it was too late, and the wait interrupted."""
        return self._waits.pop(waiting, None) is None

    @property
    def count(self) -> int:
        """How many waits are watched."""
        return len(self._waits)

    async def _keep(self) -> None:
        try:
            while self._waits:
                with trio.CancelScope(deadline=min(self._waits.values())) as self._nap:
                    await trio.sleep_forever()
                self._interrupt_late()
        finally:
            self._is_running, self._nap = False, None

    def _interrupt_late(self) -> None:
        now = trio.current_time()
        for waiting in [each for each, until in self._waits.items() if until <= now]:
            del self._waits[waiting]
            waiting.interrupt()

    def __repr__(self) -> str:
        return f"<DeadlineScheduler of {len(self._waits)} waits>"


_of_this_run: trio.lowlevel.RunVar[DeadlineScheduler] = trio.lowlevel.RunVar("wait_keeper")


def deadline_scheduler() -> DeadlineScheduler:
    """Return the keeper of this run of trio."""
    try:
        return _of_this_run.get()
    except LookupError:
        keeper = DeadlineScheduler()
        _of_this_run.set(keeper)
        return keeper
