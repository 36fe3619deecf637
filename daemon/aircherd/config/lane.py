"""Work on files, one piece after another, that nobody has to wait for longer than he wants.

A disk may not answer for ever: a network that went away, a FUSE that stopped. A thread that waits
for it cannot be interrupted, so it is left behind, and the next piece of work on the same lane
begins only when it has ended: what was given up never overtakes what came after it.
"""

import errno
from collections.abc import Callable
from typing import TypeVar

import trio

T = TypeVar("T")

Check = Callable[[], None]
"""Raises `Abandoned` when nobody waits any more: call it before what cannot be taken back."""


class Abandoned(Exception):
    """Nobody waits for this work any more, and it must not change anything."""


class DiskSilent(TimeoutError):
    """The work was not done in time; it may hang, or wait behind work that hangs."""

    def __init__(self, seconds: float) -> None:
        super().__init__(errno.ETIMEDOUT, f"the disk has not answered for {seconds:g} s")


class Lane:
    """Carries out one piece of work at a time, in the order in which it was asked for."""

    def __init__(self) -> None:
        # A thread that was left behind keeps its place until it ends.
        self._one = trio.CapacityLimiter(1)

    async def do(self, work: Callable[[Check], T], seconds: float) -> T:
        """Return what `work` returns; it is called in a thread, with a `Check`.

        A cancelled caller, too, goes on at once. What has not begun by then never does.

        Raises:
            DiskSilent: it is not done after `seconds`.
        """
        errand = _Errand()
        try:
            with trio.move_on_after(seconds):
                return await trio.to_thread.run_sync(
                    work, errand.check, abandon_on_cancel=True, limiter=self._one
                )
        finally:
            errand.is_wanted = False
        raise DiskSilent(seconds)

    def __repr__(self) -> str:
        return f"<Lane {'busy' if self._one.borrowed_tokens else 'free'}>"


class _Errand:
    """Whether somebody waits: told by the loop, asked by the thread."""

    def __init__(self) -> None:
        self.is_wanted = True

    def check(self) -> None:
        if not self.is_wanted:
            raise Abandoned
