"""An engine of which a test can let time pass, and lose what it has."""

import time
from typing import Protocol

import trio

from aircherd.shared_state.base import (
    CounterReport,
    CounterView,
    FleetView,
    SharedState,
)
from aircherd.shared_state.memory import MemoryEngine
from helpers.engines import Engine
from helpers.engines.using import report


class Rig(Protocol):
    """An engine, and a namespace of it that no other test uses."""

    engine: SharedState

    async def pass_time(self, seconds: float) -> None:
        """Let so much of the engine's time pass; a real engine's passes as slowly as ours."""

    def flush(self) -> None:
        """Let the engine lose everything."""

    def evict(self, counter: str) -> None:
        """Let it lose one counter, as an engine does that is full."""


class MemoryRig:
    """The engine in memory, with a clock of its own."""

    def __init__(self) -> None:
        self.now = time.time()
        self.memory = MemoryEngine(lambda: self.now)
        self.engine: SharedState = self.memory

    async def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def flush(self) -> None:
        self.memory.flush()

    def evict(self, counter: str) -> None:
        self.memory.evict(counter)


class RealRig:
    """A namespace of an engine that runs."""

    def __init__(self, running: Engine, engine: SharedState, namespace: str) -> None:
        self.engine = engine
        self._running = running
        self._start = f"{{{namespace}}}:"

    async def pass_time(self, seconds: float) -> None:
        await trio.sleep(seconds)

    def flush(self) -> None:
        keys = self._running.command("KEYS", f"{self._start}*")
        assert isinstance(keys, list)
        if keys:
            self._running.command("DEL", *keys)

    def evict(self, counter: str) -> None:
        self._running.command("DEL", f"{self._start}c:{counter}")


async def sync(
    rig: Rig, machine: str, sequence: int, *counters: CounterReport, **more: object
) -> FleetView:
    """Report for a machine, and return the answer."""
    made = report(machine, sequence, *counters, **more)  # type: ignore[arg-type]
    return await rig.engine.sync(made, seconds=5)


async def ask(
    rig: Rig, machine: str, sequence: int, asked: CounterReport, **more: object
) -> CounterView:
    """Report one counter for a machine, and return its state."""
    return (await sync(rig, machine, sequence, asked, **more)).counters[0]
