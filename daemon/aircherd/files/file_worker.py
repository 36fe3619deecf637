"""Work on files, one piece after another, that nobody has to wait for longer than he wants.

A disk may not answer for ever: a network that went away, a FUSE that stopped. A thread that waits
for it cannot be interrupted, so it is left behind, and the next piece of work on the same lane
begins only when it has ended: what was given up never overtakes what came after it.
"""

import errno
import threading
from collections.abc import Callable
from typing import TypeVar

import trio

T = TypeVar("T")

Check = Callable[[], None]
"""Raises `Abandoned` when nobody waits any more: call it before what cannot be taken back."""


class Abandoned(Exception):
    """Nobody waits for this work any more, and it must not change anything."""


class DiskTimeout(TimeoutError):
    """The work was not done in time; it may hang, or wait behind work that hangs.

    `may_change`: it was past its `Check`, so what it changes may be changed already, or still be;
    else it never is.
    """

    def __init__(self, seconds: float, *, may_change: bool) -> None:
        told = f"the disk has not answered for {seconds:g} s"
        told += "; the file may still be changed" if may_change else ""
        super().__init__(errno.ETIMEDOUT, told)
        self.may_change = may_change


class FileWorker:
    """Carries out one piece of work at a time, in the order in which it was asked for."""

    def __init__(self) -> None:
        # A thread that was left behind keeps its place until it ends.
        self._one = trio.CapacityLimiter(1)

    async def do(self, work: Callable[[Check], T], seconds: float) -> T:
        """Return what `work` returns; it is called in a thread, with a `Check`.

        A cancelled caller, too, goes on at once. What has not begun by then never does.

        Raises:
            DiskTimeout: it is not done after `seconds`.
        """
        errand = _Errand()
        try:
            with trio.move_on_after(seconds):
                return await trio.to_thread.run_sync(
                    work, errand.check, abandon_on_cancel=True, limiter=self._one
                )
        finally:
            errand.give_up()
        raise DiskTimeout(seconds, may_change=errand.is_past)

    def __repr__(self) -> str:
        return f"<Lane {'busy' if self._one.borrowed_tokens else 'free'}>"


class _Errand:
    """Whether somebody waits: told by the loop, asked by the thread.

    `is_past`: the thread was told so, and went on to what cannot be taken back.
    """

    def __init__(self) -> None:
        self._is_wanted = True
        self.is_past = False
        # Asking and going on are one step: who gave up has to know whether it was before or after.
        self._one = threading.Lock()

    def check(self) -> None:
        with self._one:
            if not self._is_wanted:
                raise Abandoned
            self.is_past = True

    def give_up(self) -> None:
        with self._one:
            self._is_wanted = False
