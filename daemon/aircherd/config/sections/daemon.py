"""Read `[daemon]`: how the daemon itself runs."""

from typing import Any

from aircherd.config.model import Daemon
from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.section import Section
from aircherd.config.values import type_name

SECTION = Section("[daemon]", ("idle_exit", "max_memory"))

MIN_IDLE = 20
"""Seconds. systemd refuses to start a service more than a few times a minute."""
MAX_IDLE = 31_536_000
MIN_MEMORY = 64
"""Megabytes: the largest frame has 32, and its text is copied once into a provider's request."""
MAX_MEMORY = 1_048_576


def read_daemon(report: ProblemCollector, table: dict[str, object]) -> Daemon:
    """Return the section; an invalid entry keeps its default."""
    entries = dict(report.known_entries(SECTION, ("daemon",), table))
    found: dict[str, Any] = {}
    if "idle_exit" in entries:
        value = entries["idle_exit"]
        if value == 0:  # false, too
            found["idle_exit"] = None
        elif seconds := report.read(("daemon", "idle_exit"), value, _read_seconds):
            found["idle_exit"] = seconds
    if "max_memory" in entries and (
        size := report.read(("daemon", "max_memory"), entries["max_memory"], _read_megabytes)
    ):
        found["max_memory"] = size
    return Daemon(**found)


def _read_seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(
            f"must be a number of seconds, not {type_name(value)}", "write 3600, or false for never"
        )
    if not MIN_IDLE <= value <= MAX_IDLE:  # false for nan, too
        raise BadValue(f"must be from {MIN_IDLE} to {MAX_IDLE}", "write false for never")
    return float(value)


def _read_megabytes(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a number of megabytes, not {type_name(value)}", "write 256")
    if not MIN_MEMORY <= value <= MAX_MEMORY:
        raise BadValue(f"must be from {MIN_MEMORY} to {MAX_MEMORY} megabytes")
    return value
