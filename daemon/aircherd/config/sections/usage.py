"""Read `[usage]`: how long the ledger keeps attempts, what its failure means, when days begin."""

from collections.abc import Callable
from typing import Any, NamedTuple, get_args

from aircherd.config.model import OnFailure
from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.section import Section
from aircherd.config.values import read_choice, read_text, type_name
from aircherd.process.time_zone import zone_file

SECTION = Section("[usage]", ("keep_days", "on_failure", "time_zone"))

MIN_KEEP_DAYS = 32
"""A month's limits are counted from attempts, so attempts are kept for at least a month."""
MAX_KEEP_DAYS = 36_500


class UsageSection(NamedTuple):
    """`keep_days` is for how many days the ledger keeps attempts, None to keep them forever.

    `time_zone` is the one in which days begin, None for that of the machine.
    """

    keep_days: int | None = None
    on_failure: OnFailure = "serve"
    time_zone: str | None = None


def read_usage(report: ProblemCollector, table: dict[str, object]) -> UsageSection:
    """Return the section; an invalid entry keeps its default."""
    entries: dict[str, Any] = {}
    for name, value in report.known_entries(SECTION, ("usage",), table):
        found = report.read(("usage", name), value, _READERS[name])
        if found is not None:
            entries[name] = found
    return UsageSection(**entries)


def _read_on_failure(value: object) -> str:
    return read_choice(value, get_args(OnFailure))


def _read_days(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number of days, not {type_name(value)}", "write 400")
    if not MIN_KEEP_DAYS <= value <= MAX_KEEP_DAYS:
        raise BadValue(
            f"must be from {MIN_KEEP_DAYS} to {MAX_KEEP_DAYS}", "limits need a whole month"
        )
    return value


def _read_zone(value: object) -> str:
    name = read_text(value)
    if zone_file(name) is None:
        raise BadValue(
            "is not a time zone that this machine knows",
            "write a name such as Europe/Berlin; 'timedatectl list-timezones' lists them all",
        )
    return name


_READERS: dict[str, Callable[[object], object]] = {
    "keep_days": _read_days,
    "on_failure": _read_on_failure,
    "time_zone": _read_zone,
}
