"""Read `[usage]`: how long the ledger keeps single attempts."""

from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.section import Section
from aircherd.config.values import type_name

SECTION = Section("[usage]", ("keep_days",))

MIN_KEEP_DAYS = 32
"""A month's limits are counted from attempts, so attempts are kept for at least a month."""
MAX_KEEP_DAYS = 36_500


def read_keep_days(report: ProblemCollector, table: dict[str, object]) -> int | None:
    """Return for how many days the ledger keeps attempts, None to keep them forever."""
    entries = dict(report.known_entries(SECTION, ("usage",), table))
    if "keep_days" not in entries:
        return None
    return report.read(("usage", "keep_days"), entries["keep_days"], _read_days)


def _read_days(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number of days, not {type_name(value)}", "write 400")
    if not MIN_KEEP_DAYS <= value <= MAX_KEEP_DAYS:
        raise BadValue(
            f"must be from {MIN_KEEP_DAYS} to {MAX_KEEP_DAYS}", "limits need a whole month"
        )
    return value
