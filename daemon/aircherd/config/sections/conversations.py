"""Read `[conversations]`: whether clients keep what is said, and for how long.

The daemon keeps no conversation. It tells its clients, in the answer to `hello`.
"""

from typing import Any

from aircherd.config.model import Conversations
from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.section import Section
from aircherd.config.values import type_name

SECTION = Section("[conversations]", ("keep", "keep_days"))

MAX_KEEP_DAYS = 36_500


def read_conversations(report: ProblemCollector, table: dict[str, object]) -> Conversations:
    """Return the section; an invalid entry keeps its default."""
    found: dict[str, Any] = {}
    for name, value in report.known_entries(SECTION, ("conversations",), table):
        path = ("conversations", name)
        if name == "keep":
            keep = report.read(path, value, _read_flag)
            if keep is not None:
                found["keep"] = keep
        elif value is False:
            found["keep_days"] = None
        elif days := report.read(path, value, _read_days):
            found["keep_days"] = days
    return Conversations(**found)


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValue(f"must be true or false, not {type_name(value)}")
    return value


def _read_days(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(
            f"must be a whole number of days, not {type_name(value)}",
            "write 90, or false for no end",
        )
    if not 1 <= value <= MAX_KEEP_DAYS:
        raise BadValue(
            f"must be from 1 to {MAX_KEEP_DAYS}",
            "write keep = false to keep nothing, or keep_days = false for no end",
        )
    return value
