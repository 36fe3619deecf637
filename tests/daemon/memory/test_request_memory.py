"""What a request holds is given back at its end."""

import pytest

from aircherd.errors import Busy
from aircherd.memory.budget import MemoryBudget
from aircherd.memory.request_memory import RequestMemory, uncounted


def test_everything_is_given_back_at_once() -> None:
    """What it took itself, and what was counted for it before."""
    budget = MemoryBudget()
    share = budget.open_share()
    memory = RequestMemory(share)
    share.take(100)
    memory.adopt(100)
    memory.grow(50)
    memory.shrink(20)
    assert (memory.size, budget.used) == (130, 130)
    memory.release()
    memory.release()
    assert (memory.size, budget.used) == (0, 0)


def test_a_refusal_leaves_it_as_it_was() -> None:
    """What was not taken need not be given back."""
    memory = RequestMemory(MemoryBudget(1000).open_share())
    memory.grow(300)
    with pytest.raises(Busy):
        memory.grow(10_000)
    assert memory.size == 300


def test_uncounted_memory_is_never_refused() -> None:
    """No client made the request."""
    uncounted().grow(10**15)
