"""Read `[daemon]`: how the daemon itself runs."""

from aircherd.config.model import Daemon
from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.section import Section
from aircherd.config.values import type_name

SECTION = Section("[daemon]", ("idle_exit",))

MIN_IDLE = 20
"""Seconds. systemd refuses to start a service more than a few times a minute."""
MAX_IDLE = 31_536_000


def read_daemon(report: ProblemCollector, table: dict[str, object]) -> Daemon:
    """Return the section; an invalid entry keeps its default."""
    entries = dict(report.known_entries(SECTION, ("daemon",), table))
    if "idle_exit" not in entries:
        return Daemon()
    value = entries["idle_exit"]
    if value == 0:  # false, too
        return Daemon(idle_exit=None)
    seconds = report.read(("daemon", "idle_exit"), value, _read_seconds)
    return Daemon() if seconds is None else Daemon(idle_exit=seconds)


def _read_seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(
            f"must be a number of seconds, not {type_name(value)}", "write 3600, or false for never"
        )
    if not MIN_IDLE <= value <= MAX_IDLE:  # false for nan, too
        raise BadValue(f"must be from {MIN_IDLE} to {MAX_IDLE}", "write false for never")
    return float(value)
