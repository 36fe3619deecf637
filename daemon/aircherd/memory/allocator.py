"""Gives freed memory back to the system.

glibc keeps what is freed for later. It has two reasons to give it back late: a block that was
mapped and is freed raises the size from which blocks are mapped, up to 32 MB, so later ones come
from the heap; and the heap only shrinks at its top. So the size is fixed, and after a peak the
heap is trimmed, in a thread, at most once in a few seconds. Other C libraries are left alone.

With a fixed size, glibc also gives back the top of the heap whenever 128 KB of it are free, and
asks for it again with the next read. So it keeps a little.
"""

import ctypes
import gc
import sys
from collections.abc import Callable

import trio

from aircherd.memory.budget import MEGABYTE, MemoryBudget

MAP_FROM = 256 * 1024
"""Bytes from which a block is mapped, and unmapped as soon as it is freed."""
KEEP = 4 * MEGABYTE
"""Bytes that are kept at the top of the heap."""
CHECK_SECONDS = 2.0
MUCH = 8 * MEGABYTE
"""Bytes of the budget that were in use and are free again, after which memory is given back."""
ROUNDS = 3
"""How often: buffers of requests that end a little later, and garbage, are freed after the peak."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def fix_mapping() -> None:
    """Have large blocks mapped, so that freeing one gives it back at once."""
    if mallopt := _libc("mallopt"):
        mallopt(_M_MMAP_THRESHOLD, MAP_FROM)
        mallopt(_M_TRIM_THRESHOLD, KEEP)


def trim() -> None:
    """Give back all free memory of the heap."""
    if malloc_trim := _libc("malloc_trim"):
        malloc_trim(0)


def _libc(name: str) -> Callable[..., int] | None:
    """Return a function of glibc, None on other systems."""
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), name, None)


class MemoryReturn:
    """Gives memory back after much of the budget was used and is free again."""

    def __init__(self, budget: MemoryBudget, give_back: Callable[[], None] = trim) -> None:
        self._budget = budget
        self._give_back = give_back

    async def run(self) -> None:
        """Sleep while little is used; never returns."""
        while True:
            much_used = trio.Event()
            self._budget.notify_above(MUCH, much_used.set)
            await much_used.wait()
            await self._run_until_little_is_used()

    async def _run_until_little_is_used(self) -> None:
        peak, rounds = self._budget.used, 0
        while rounds or self._budget.used >= MUCH:
            await trio.sleep(CHECK_SECONDS)
            used = self._budget.used
            if peak - used >= MUCH:
                peak, rounds = used, ROUNDS
            peak = max(peak, used)
            if rounds:
                rounds -= 1
                if not rounds:
                    gc.collect()  # the tasks and errors of requests that were cancelled
                await trio.to_thread.run_sync(self._give_back)

    def __repr__(self) -> str:
        return f"<MemoryReturn for {self._budget!r}>"
