"""What tests of an engine ask and report."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aircherd.config.model import Shared
from aircherd.config.sections.shared.engine_url import read_engine_url
from aircherd.shared_state.base import Bucket, CounterReport, DayUse, MachineReport
from helpers.engines.server import Engine

HOUR = Bucket(length=3600, step=10)


def settings(engine: Engine | str, **more: Any) -> Shared:
    """Return the `[shared]` of an engine, or of its address; with TLS, of our own authority."""
    if isinstance(engine, str):
        return Shared(address=read_engine_url(engine), **more)
    if engine.has_tls:
        more = {"ca_file": str(engine.ca_file), **more}
    return Shared(address=read_engine_url(engine.url), **more)


def password(text: str) -> Callable[[], Awaitable[str]]:
    """Return what reads a password."""

    async def read() -> str:
        return text

    return read


def day(label: str = "today") -> Bucket:
    """Return a window that has begun and goes on for a while."""
    now = int(time.time())
    return Bucket(label=label, start=now - 1000, end=now + 10_000)


def counter(
    bucket: Bucket = HOUR,
    used: Mapping[str, int] | None = None,
    held: int = 0,
    *,
    name: str = "requests",
    maximum: int = 100,
    is_whole: bool = True,
    least: int = 0,
    most: int = 0,
    rest: int | None = None,
) -> CounterReport:
    return CounterReport(
        name=name,
        maximum=maximum,
        bucket=bucket,
        used=used or {},
        is_whole=is_whole,
        held=held,
        least=least,
        most=most,
        rest=rest,
    )


def report(
    machine: str,
    sequence: int,
    *counters: CounterReport,
    limits: str = "same",
    zone: str = "UTC",
    machines: int = 0,
    lease_seconds: float = 10.0,
    days: Mapping[str, DayUse] | None = None,
) -> MachineReport:
    """Return a report of a machine whose label is its id."""
    return MachineReport(
        machine=machine,
        label=machine,
        sequence=sequence,
        limits=limits,
        zone=zone,
        machines=machines,
        lease_seconds=lease_seconds,
        counters=counters,
        days=days or {},
    )
