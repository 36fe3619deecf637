"""The contract of engines: what one promises to the machines of a fleet."""

import pytest

from aircherd.shared_state.base import Bucket, CounterReport, MachineReport, SharedState
from aircherd.shared_state.memory import MemoryEngine

DAY = Bucket(label="2026-11-30", start=0.0, end=1e12)


def report(sequence: int, *counters: CounterReport, machine: str = "one") -> MachineReport:
    return MachineReport(
        machine=machine,
        label=machine,
        sequence=sequence,
        limits="digest",
        zone="UTC",
        machines=1,
        lease_seconds=10.0,
        counters=counters,
    )


def counter(used: int, held: int, least: int = 0, most: int = 0) -> CounterReport:
    return CounterReport(
        name="limit",
        maximum=100,
        bucket=DAY,
        used={DAY.label: used},
        is_whole=True,
        held=held,
        least=least,
        most=most,
    )


@pytest.fixture
def engine() -> SharedState:
    return MemoryEngine(lambda: 1000.0)


async def test_what_is_granted_is_held(engine: SharedState) -> None:
    """Until the machine reports something else."""
    first = (await engine.sync(report(1, counter(10, 0, 1, 20)), 1.0)).counters[0]
    assert (first.used, first.held, first.granted) == (10, 20, 20)
    second = (await engine.sync(report(2, counter(15, 15)), 1.0)).counters[0]
    assert (second.used, second.held, second.granted) == (15, 15, 0)
