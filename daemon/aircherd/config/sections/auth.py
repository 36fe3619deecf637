"""Read `[auth]`: how the daemon handles keys."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from aircherd.config.model import Auth
from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.section import Section
from aircherd.config.values import read_choice, read_path, type_name

Cipher = Literal["systemd-creds", "age"]
SECTION = Section("[auth]", ("lifetime", "encrypt_with", "age_identity"))

CIPHERS: tuple[Cipher, ...] = ("systemd-creds", "age")

DURATION = r"[1-9][0-9]{0,5}(s|min|h|d)"
"""A time as it is written: a whole number and its unit."""

MAX_DAYS = 365

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_EXAMPLE = 'write "8h", "30min" or "7d"'


def read_auth(report: ProblemCollector, table: dict[str, object], folder: Path) -> Auth:
    """Return the section; an invalid entry keeps its default.

    A relative `age_identity` starts at `folder`. It need not exist: it may be on a token.
    """
    readers: dict[str, Callable[[object], object]] = {
        "lifetime": lambda value: None if value is False else read_duration(value),
        "encrypt_with": _read_cipher,
        "age_identity": lambda value: read_path(value, folder),
    }
    values: dict[str, Any] = {
        name: report.read(("auth", name), value, readers[name])
        for name, value in report.known_entries(SECTION, ("auth",), table)
    }
    return Auth(**values)


def _read_cipher(value: object) -> str:
    return "" if value is False else read_choice(value, CIPHERS)


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
