"""The fleet within a process: its own faults; the contract of all engines is in test_base."""

import pytest

from aircherd.shared_state.base import EngineAway, EngineRefused
from aircherd.shared_state.memory import MemoryEngine


async def test_engine_may_be_away() -> None:
    """And come back with all that it knew."""
    engine = MemoryEngine(lambda: 1000.0)
    engine.is_away = True
    with pytest.raises(EngineAway):
        await engine.rows([])
    engine.is_away = False
    assert await engine.rows([]) == []


async def test_engine_may_refuse() -> None:
    """With the message that the test has chosen."""
    engine = MemoryEngine(lambda: 1000.0)
    engine.refusal = "wrong password"
    with pytest.raises(EngineRefused, match="wrong password"):
        await engine.forget("one")
