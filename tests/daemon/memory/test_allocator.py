"""Memory is given back after a peak, and nothing wakes up while little is used."""

import sys
from pathlib import Path

import pytest
import trio

from aircherd.memory.allocator import MUCH, ROUNDS, MemoryReturn, fix_mapping, trim
from aircherd.memory.budget import MemoryBudget


async def test_it_is_given_back_a_few_times_after_a_peak(monkeypatch):
    """Then it sleeps until the next one."""
    monkeypatch.setattr("aircherd.memory.allocator.CHECK_SECONDS", 0.01)
    budget = MemoryBudget()
    share = budget.open_share()
    times, done = [], [trio.Event()]

    def note():
        times.append(budget.used)
        if len(times) == ROUNDS:
            done[0].set()

    returning = MemoryReturn(budget, lambda: trio.from_thread.run_sync(note))
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(returning.run)
            for _ in range(2):
                share.hold(2 * MUCH)
                await trio.sleep(0.1)
                assert times == []
                share.give_back(2 * MUCH)
                await done[0].wait()
                await trio.sleep(0.1)
                assert times == [0] * ROUNDS
                times.clear()
                done[0] = trio.Event()
            nursery.cancel_scope.cancel()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc and glibc are of Linux")
def test_large_blocks_are_returned_when_they_are_freed():
    """After a block of 32 MB was freed, glibc would keep smaller ones in its heap."""

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    fix_mapping()
    assert len(b"x" * 33_000_000) == 33_000_000  # freed at once
    before = resident()
    kept = [bytes([number]) * 1_000_000 for number in range(50)]
    pin = b"y" * 5000  # at the top of a heap it would keep everything below
    peak = resident()
    kept.clear()
    trim()
    assert resident() < peak - 40_000_000 or peak - before < 10_000_000
    assert pin
