"""File operations in a thread, one after another, each with a timeout.

A disk may never answer: a network share that went away, a FUSE process that stopped. The thread
that waits for it cannot be interrupted, so it is abandoned, and the next operation of the same
worker starts only when that thread has ended. An abandoned operation therefore never overtakes a
later one.
"""

import errno
import threading
from collections.abc import Callable
from typing import TypeVar

import trio

T = TypeVar("T")

Check = Callable[[], None]
"""Raises `Abandoned` if the caller stopped waiting: call it before an irreversible step."""


class Abandoned(Exception):
    """The caller stopped waiting for this operation, so it must not change anything."""


class DiskTimeout(TimeoutError):
    """The operation timed out; it hangs, or waits for another one that hangs.

    `may_change`: it had passed its `Check`, so its change was made or may still be made. If False,
    it changes nothing.
    """

    def __init__(self, seconds: float, *, may_change: bool) -> None:
        message = f"the disk has not answered for {seconds:g} s"
        message += "; the file may still be changed" if may_change else ""
        super().__init__(errno.ETIMEDOUT, message)
        self.may_change = may_change


class FileWorker:
    """Runs one operation at a time, in the order of the calls."""

    def __init__(self) -> None:
        # An abandoned thread holds its token until it ends.
        self._limiter = trio.CapacityLimiter(1)

    async def do(self, work: Callable[[Check], T], seconds: float) -> T:
        """Call `work` with a `Check` in a thread and return its result.

        If the caller is cancelled, it returns at once. An operation that has not started by then
        never starts.

        Raises:
            DiskTimeout: the operation is not done after `seconds`.
        """
        operation = _Operation()
        try:
            with trio.move_on_after(seconds):
                return await trio.to_thread.run_sync(
                    work, operation.check, abandon_on_cancel=True, limiter=self._limiter
                )
        finally:
            operation.abandon()
        raise DiskTimeout(seconds, may_change=operation.has_passed_check)

    def __repr__(self) -> str:
        return f"<FileWorker {'busy' if self._limiter.borrowed_tokens else 'idle'}>"


class _Operation:
    """Shared by the event loop, which may abandon the operation, and the thread that runs it."""

    def __init__(self) -> None:
        self._is_abandoned = False
        self.has_passed_check = False
        # Makes check-and-proceed one step: the loop must know which of the two came first.
        self._lock = threading.Lock()

    def check(self) -> None:
        with self._lock:
            if self._is_abandoned:
                raise Abandoned
            self.has_passed_check = True

    def abandon(self) -> None:
        with self._lock:
            self._is_abandoned = True
