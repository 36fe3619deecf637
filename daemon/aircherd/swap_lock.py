"""Keeps keys from being swapped out to a disk: the pages of memory that hold them are locked.

The limit of locked memory (`ulimit -l`, 8 MB on most systems) does not allow the whole daemon, so
only the objects that hold a key for longer are locked: the key itself, the prepared head of a
request, and what `redaction` looks for. Buffers of a request that is being sent are not.

Hibernation writes all memory to the disk, locked or not.
"""

import ctypes
import os
import resource
import sys
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

_PAGE = resource.getpagesize()
_SWAPS = Path("/proc/swaps")

SwapState = Literal["no swap", "locked", "partly locked", "not locked"]


class SwapReport(msgspec.Struct, frozen=True):
    """Whether keys can be swapped out. `reason` says why they are not locked, None if they are."""

    state: SwapState
    locked_bytes: int
    reason: str | None = None


class SwapLock:
    """The locked pages of this process; there is one, `SWAP_LOCK`.

    Pages stay locked until the process ends: Python reuses them, so they are few.
    """

    def __init__(self) -> None:
        self._pages: set[int] = set()
        self._failed = 0
        self._reason: str | None = None

    def keep(self, *values: str | bytes) -> None:
        """Lock the memory of objects that hold a key. A failure is only noted for the report."""
        for value in values:
            begin = id(value)
            end = begin + sys.getsizeof(value)
            for page in range(begin // _PAGE, (end - 1) // _PAGE + 1):
                if page not in self._pages:
                    self._lock(page)

    def _lock(self, page: int) -> None:
        libc = _libc()
        if libc.mlock(ctypes.c_void_p(page * _PAGE), ctypes.c_size_t(_PAGE)) == 0:
            self._pages.add(page)
        else:
            self._failed += 1
            self._reason = os.strerror(ctypes.get_errno())

    def report(self) -> SwapReport:
        """Return whether keys can be swapped out now."""
        size = len(self._pages) * _PAGE
        if _has_no_swap():
            return SwapReport("no swap", size)
        if not self._failed:
            return SwapReport("locked", size)
        state: SwapState = "partly locked" if self._pages else "not locked"
        return SwapReport(state, size, self._reason)

    def __repr__(self) -> str:
        return f"<SwapLock of {len(self._pages)} pages, {self._failed} failed>"


SWAP_LOCK = SwapLock()


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _has_no_swap() -> bool:
    """Return whether the system has no swap; False if that is unknown."""
    try:
        return len(_SWAPS.read_text().splitlines()) <= 1
    except OSError:
        return False
