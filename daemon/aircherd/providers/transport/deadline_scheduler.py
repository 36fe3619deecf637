"""Deadlines of waiting reads, kept by one task for all: no cancel scope for each wait.

A cancel scope with a deadline costs more than the read that it bounds, and almost no deadline is
ever reached. So a wait only records its deadline. The task sleeps until the earliest deadline that
was recorded when it last looked, then interrupts what is late. Waits that ended in the meantime are
gone; waits that began since end later. The task ends when nothing waits.
"""

import math
from typing import Protocol

import trio


class Waiting(Protocol):
    """A wait that can be interrupted."""

    def interrupt(self) -> None:
        """End the wait at once."""


class DeadlineScheduler:
    """Interrupts waits that last too long: never early, and at once when it is time.

    `TcpStream` does what `watch` and `forget` do without calling them: it puts itself into
    `deadlines`, calls `wake` if its deadline is before `wakes_at`, and takes itself out in the end.
    """

    __slots__ = ("_is_running", "_sleep", "deadlines", "wakes_at")

    def __init__(self) -> None:
        self.deadlines: dict[Waiting, float] = {}
        self.wakes_at = math.inf
        self._sleep: trio.CancelScope | None = None
        self._is_running = False

    def wake(self, deadline: float) -> None:
        """Look at `deadline` at the latest."""
        self.wakes_at = deadline
        if not self._is_running:
            self._is_running = True
            trio.lowlevel.spawn_system_task(self._run)
        elif self._sleep is not None:
            self._sleep.deadline = deadline

    def watch(self, waiting: Waiting, until: float) -> None:
        """Interrupt `waiting` at `until`, on trio's clock, unless it is forgotten before."""
        self.deadlines[waiting] = until
        if until < self.wakes_at:
            self.wake(until)

    def forget(self, waiting: Waiting) -> bool:
        """Watch no longer; return whether it was too late, and the wait was interrupted."""
        return self.deadlines.pop(waiting, None) is None

    async def _run(self) -> None:
        try:
            while self.deadlines:
                self.wakes_at = min(self.deadlines.values())
                with trio.CancelScope(deadline=self.wakes_at) as self._sleep:
                    await trio.sleep_forever()
                self._interrupt_late()
        finally:
            self.wakes_at = math.inf
            self._is_running, self._sleep = False, None

    def _interrupt_late(self) -> None:
        now = trio.current_time()
        for waiting in [each for each, until in self.deadlines.items() if until <= now]:
            del self.deadlines[waiting]
            waiting.interrupt()

    def __repr__(self) -> str:
        return f"<DeadlineScheduler of {len(self.deadlines)} waits>"


_of_this_run: trio.lowlevel.RunVar[DeadlineScheduler] = trio.lowlevel.RunVar("deadline_scheduler")


def deadline_scheduler() -> DeadlineScheduler:
    """Return the scheduler of this trio run."""
    try:
        return _of_this_run.get()
    except LookupError:
        scheduler = DeadlineScheduler()
        _of_this_run.set(scheduler)
        return scheduler
