"""Read `[auth]`: how the daemon handles keys."""

import re

from aircherd.config.model import Auth
from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.section import Section
from aircherd.config.values import type_name

SECTION = Section("[auth]", ("lifetime",))

DURATION = r"[1-9][0-9]{0,5}(s|min|h|d)"
"""A time as it is written: a whole number and its unit."""

MAX_DAYS = 365

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_EXAMPLE = 'write "8h", "30min" or "7d"'


def read_auth(report: ProblemCollector, table: dict[str, object]) -> Auth:
    """Return the section; an invalid entry keeps its default."""
    entries = dict(report.known_entries(SECTION, ("auth",), table))
    if entries.get("lifetime", False) is False:
        return Auth()
    return Auth(lifetime=report.read(("auth", "lifetime"), entries["lifetime"], read_duration))


def read_duration(value: object) -> float:
    """Read a time with its unit, in seconds.

    Raises:
        BadValue: it is something else, or longer than a year.
    """
    if not isinstance(value, str):
        raise BadValue(f"must be a time with its unit, not {type_name(value)}", _EXAMPLE)
    found = re.fullmatch(DURATION, value)
    if found is None:
        raise BadValue("is not a time with its unit", _EXAMPLE)
    seconds = float(int(value.removesuffix(found[1])) * _UNITS[found[1]])
    if seconds > MAX_DAYS * 86_400:
        raise BadValue("is longer than a year", _EXAMPLE)
    return seconds


def duration_text(seconds: float) -> str:
    """Return a time as it is written in the file, with the largest unit that fits."""
    unit = next(name for name, size in reversed(_UNITS.items()) if seconds % size == 0)
    return f"{seconds / _UNITS[unit]:g}{unit}"
