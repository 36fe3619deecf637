"""Measures memory, which does not depend on the machine's speed."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path


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


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024
