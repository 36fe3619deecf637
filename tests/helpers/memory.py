"""Measures peak memory, which does not depend on the machine's speed."""

import tracemalloc
from collections.abc import Callable


def allocated(*works: Callable[[], object]) -> int:
    """Run `works`; return the sum of the bytes by which each raised the peak memory."""
    total = 0
    tracemalloc.start()
    try:
        for work in works:
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            work()
            total += tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    return total
